"""What the declarations of a facility come to for one request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from djng.facilities.facility import Facility


def seen_of(facility: Facility, request: Any) -> dict[str, Any] | None:
    """Return what others at ``facility`` see of who asks; None for nobody, and where no list is kept."""
    seen = facility.presence
    if callable(seen):
        seen = seen(request)
    elif seen:
        seen = {'name': request.user.get_username()}
    if seen is None or seen is False:
        return None
    if not isinstance(seen, dict):
        raise TypeError(f'presence returns a dict or None, not {seen!r}')
    return seen


def names_of(declared: Any, request: Any, what: str) -> frozenset[str] | None:
    """Return what a facility's ``readable`` or ``writable``, called ``what``, is for ``request``; None for all."""
    names: Iterable[str] | None = declared(request) if callable(declared) else declared
    if isinstance(names, (str, bytes)):
        raise TypeError(f'{what} is an iterable of names, not {names!r}')
    return None if names is None else frozenset(names)
