"""The collections that browsers are bound to, for Django code: read as they are now, and changed for all of them."""

from __future__ import annotations

from typing import Any, overload

from djng.collection.base import Snapshot
from djng.collection.channel import Channel, Conflict
from djng.collection.mapping import DictCollection
from djng.collection.sequence import ListCollection
from djng.redis_store import SELF

__all__ = ['SELF', 'Collection', 'Conflict', 'DictCollection', 'ListCollection', 'Snapshot']


@overload
def Collection(
    facility: str, *, kind: type[dict[Any, Any]] = ..., using: str | None = ..., **audience: Any
) -> DictCollection: ...
@overload
def Collection(facility: str, *, kind: type[list[Any]], using: str | None = ..., **audience: Any) -> ListCollection: ...
def Collection(facility: str, *, kind: Any = dict, using: str | None = None, **audience: Any) -> Any:
    """Return the collection of ``facility`` for one audience; nothing is read or made yet.

    The audience is ``broadcast=True``, or one of ``users``, ``groups`` or ``sessions``: a name, an object, or
    ``SELF`` for that of ``request``. Raises :exc:`ValueError` unless this is exactly one channel. ``kind`` says
    whether it is an object, or an array: then ``list``. Writing waits for the transactions of the database ``using``.
    """
    classes: dict[Any, type[DictCollection] | type[ListCollection]] = {dict: DictCollection, list: ListCollection}
    if kind not in classes:
        raise ValueError(f'a collection is a dict or a list, not {kind!r}')
    return classes[kind](Channel.of(facility, using, **audience))
