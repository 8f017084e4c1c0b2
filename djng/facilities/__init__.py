"""Which facilities there are, who may hear them and who may write to them: declared in ``facilities.py`` of an app.

A class is registered for a pattern with Django's path converters::

    from djng import facilities

    @facilities.register('auction-<int:pk>')
    class AuctionFacility(facilities.Facility):
        def may_publish(self, request):
            return Auction.objects.filter(pk=self.kwargs['pk'], bidders=request.user.pk).exists()

As soon as a project has registered one, there are no others.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from djng.channels import presence_of
from djng.edit import Author, Edit
from djng.facilities.facility import Facility
from djng.facilities.registering import Registry, registry

if TYPE_CHECKING:
    from djng.modelform import ModelFormFacility

__all__ = [
    'Author',
    'Edit',
    'Facility',
    'ModelFormFacility',
    'Registry',
    'autodiscover',
    'get',
    'register',
    'registry',
    'revoke',
]

register = registry.register


def get(name: str) -> Facility:
    """Return the facility ``name``, for code that has no socket; raises :exc:`LookupError` where there is none."""
    facility = registry.find(name)
    if facility is None:
        raise LookupError(f'No facility is registered for {name!r}.')
    return facility


def autodiscover() -> None:
    """Import ``facilities.py`` of each installed app that has one; does so once."""
    autodiscover_modules('facilities')


def revoke(*names: str) -> None:
    """Have all sockets to the facilities ``names`` closed, so that their browsers' rights are decided anew.

    So are those to the lists of who is there. Inside a database transaction this is done when it is committed.
    """
    from djng import rights

    transaction.on_commit(partial(rights.tell, facilities=[*names, *map(presence_of, names)]))


def __getattr__(name: str) -> Any:
    # It needs collections, which need to know of facilities.
    if name == 'ModelFormFacility':
        from djng.modelform import ModelFormFacility

        return ModelFormFacility
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
