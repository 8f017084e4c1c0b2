"""A simulated browser that is bound to an array, as a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any

from djng.test.binding import Binding


class ListBinding(Binding[list[Any]], MutableSequence[Any]):
    """A browser that is bound to an array."""

    _kind = list

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        with self.edit() as scope:
            scope[index] = value

    def __delitem__(self, index: Any) -> None:
        with self.edit() as scope:
            del scope[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __len__(self) -> int:
        return len(self.scope())

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, ListBinding) else other)

    __hash__ = None  # type: ignore[assignment]

    def insert(self, index: int, value: Any) -> None:
        """Put ``value`` before what is at ``index``."""
        with self.edit() as scope:
            scope.insert(index, value)

    def append(self, value: Any) -> None:
        """Put ``value`` at the end, behind what others may have put there meanwhile."""
        self.extend([value])

    def extend(self, values: Iterable[Any]) -> None:
        """Put ``values`` at the end, in one digest."""
        with self.edit() as scope:
            scope.extend(values)

    def clear(self) -> None:
        """Take out all items, in one digest."""
        with self.edit() as scope:
            scope.clear()
