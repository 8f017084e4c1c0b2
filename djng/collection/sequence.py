"""A collection that is an array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any

from asgiref.sync import sync_to_async

from djng.collection.base import Live
from djng.collection.channel import ATTEMPTS
from djng.collection.editing import EditedList
from djng.collection.values import array_of, encode
from djng.state.merge import Change


class ListCollection(Live[EditedList], MutableSequence[Any]):
    """An array in all browsers, as a list: each access reads or changes what all of them see.

    What is appended goes to the end, whoever else appends at the same time. What is done to an index is done to the
    item that is there at that moment.
    """

    _kind = list
    _edited = EditedList

    def _items(self) -> list[Any]:
        items: list[Any] = self.snapshot().value
        return items

    def __getitem__(self, index: Any) -> Any:
        return self._items()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.transact(lambda state: state.__setitem__(index, value), ATTEMPTS)

    def __delitem__(self, index: Any) -> None:
        self.transact(lambda state: state.__delitem__(index), ATTEMPTS)

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __reversed__(self) -> Iterator[Any]:
        return iter(self._items()[::-1])

    def __eq__(self, other: object) -> bool:
        return self._items() == (other._items() if isinstance(other, ListCollection) else other)

    __hash__ = None  # type: ignore[assignment]

    def index(self, value: Any, *bounds: int) -> int:
        """Return the index of the first item that equals ``value``; raises :exc:`ValueError` if none does."""
        return self._items().index(value, *bounds)

    def append(self, value: Any) -> None:
        """Put ``value`` at the end, behind what others append before it."""
        self.extend([value])

    def extend(self, values: Iterable[Any]) -> None:
        """Put ``values`` at the end, as one change, beside each other; raises :exc:`TypeError` for what is no JSON."""
        change = Change('array', {}, push=tuple(map(encode, values)))
        if change.push:
            self._channel.write(lambda: self._channel.submit(change))

    def replace(self, items: Iterable[Any]) -> None:
        """Let there be these items and no others, as one change."""
        change = array_of(items)
        self._channel.write(lambda: self._channel.submit(change))

    def clear(self) -> None:
        """Take out all items."""
        self.replace([])

    # What looks before it writes, all at one moment.

    def insert(self, index: int, value: Any) -> None:
        """Put ``value`` before what is at ``index``."""
        self.transact(lambda state: state.insert(index, value), ATTEMPTS)

    def pop(self, index: int = -1) -> Any:
        """Take out an item and return it; raises :exc:`IndexError` if there is none."""
        return self.transact(lambda state: state.pop(index), ATTEMPTS)

    def remove(self, value: Any) -> None:
        """Take out the first item that equals ``value``; raises :exc:`ValueError` if none does."""
        self.transact(lambda state: state.remove(value), ATTEMPTS)

    def reverse(self) -> None:
        """Turn the items round."""
        self.transact(lambda state: state.reverse(), ATTEMPTS)

    # For async code.

    async def aappend(self, value: Any) -> None:
        """Do what :meth:`append` does."""
        await self.aextend([value])

    async def aextend(self, values: Iterable[Any]) -> None:
        """Do what :meth:`extend` does."""
        await sync_to_async(self.extend)(values)

    async def areplace(self, items: Iterable[Any]) -> None:
        """Do what :meth:`replace` does."""
        await sync_to_async(self.replace)(items)

    async def aclear(self) -> None:
        """Take out all items."""
        await sync_to_async(self.clear)()

    async def apop(self, index: int = -1) -> Any:
        """Do what :meth:`pop` does."""
        return await sync_to_async(self.pop)(index)
