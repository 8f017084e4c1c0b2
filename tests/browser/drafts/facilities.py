"""What the demo has no page for."""

from __future__ import annotations

from demo.facilities import TourFacility
from djng import facilities


@facilities.register('tour-<int:pk>-draft', 'saved-tour-<int:pk>-draft')
class DraftFacility(TourFacility):
    """A tour whose draft may be wrong."""

    draft = True
