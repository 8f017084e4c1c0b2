"""What a block edits: a copy that knows what was read of it, and so what its changes were made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, MutableSequence
from typing import Any

from djng.collection.items import difference
from djng.collection.values import check_name, encode
from djng.state.merge import Change, Collection
from djng.state.reading import decode


class EditedDict(MutableMapping[str, Any]):
    """A copy of an object: looks like a dict, and values that are changed inside count as changed."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._values: dict[str, Any] = {}
        self._deleted: set[str] = set()
        # What was read, and how each value would be written had it not been changed.
        self._written: dict[str, str] = {}
        self._read: set[str] = set()
        self._is_listed = False

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            if name in self._deleted:
                raise KeyError(name)
            self._read.add(name)
            self._values[name] = decode(self._texts[name])
            self._written[name] = encode(self._values[name])
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[check_name(name)] = value
        self._deleted.discard(name)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        del self._values[name]
        self._written.pop(name, None)
        self._deleted.add(name)

    def __iter__(self) -> Iterator[str]:
        self._is_listed = True
        return iter([name for name in {**self._texts, **self._values} if name not in self._deleted])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return repr(dict(self))

    def change(self) -> Change | None:
        """Return what has become different, None if nothing has."""
        texts = {name: encode(value) for name, value in self._values.items()}
        changed = {name: text for name, text in texts.items() if self._written.get(name) != text}
        delete = tuple(sorted(self._deleted & self._texts.keys()))
        return Change('object', changed, delete) if changed or delete else None

    def expected(self) -> dict[str, str | None]:
        """Return the properties that were read: the JSON text of each, None for one that there was not."""
        return {name: self._texts.get(name) for name in self._read}

    @property
    def expects_position(self) -> bool:
        """Whether it was read which properties there are."""
        return self._is_listed

    def is_same(self, texts: Collection) -> bool:
        """Whether all that was read is the same in ``texts``."""
        if not isinstance(texts, dict) or (self._is_listed and texts.keys() != self._texts.keys()):
            return False
        return all(texts.get(name) == text for name, text in self.expected().items())


class EditedList(MutableSequence[Any]):
    """A copy of an array: looks like a list; who only appends to it has read nothing."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._pushed: list[Any] = []
        self._items: list[Any] | None = None
        self._written: list[str] = []

    def _all(self) -> list[Any]:
        if self._items is None:
            self._items = [decode(text) for text in self._texts]
            self._written = [encode(item) for item in self._items]
            self._items += self._pushed
        return self._items

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._all()[index] = value

    def __delitem__(self, index: Any) -> None:
        del self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, EditedList) else other)

    __hash__ = None  # type: ignore[assignment]

    def insert(self, index: int, value: Any) -> None:
        """Put ``value`` before what is at ``index``."""
        self._all().insert(index, value)

    def append(self, value: Any) -> None:
        """Put ``value`` at the end, wherever that will be."""
        (self._pushed if self._items is None else self._items).append(value)

    def extend(self, values: Iterable[Any]) -> None:
        """Put ``values`` at the end."""
        for value in list(values):
            self.append(value)

    def clear(self) -> None:
        """Take out all items."""
        self._all().clear()

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """Put the items in order, as :meth:`list.sort` does."""
        self._all().sort(key=key, reverse=reverse)

    def change(self) -> Change | None:
        """Return what has become different, None if nothing has."""
        if self._items is None:
            return Change('array', {}, push=tuple(map(encode, self._pushed))) if self._pushed else None
        return difference(self._written, [encode(item) for item in self._items])

    def expected(self) -> Mapping[str, str | None]:
        """Return nothing: indexes are no names, what is at them moves."""
        return {}

    @property
    def expects_position(self) -> bool:
        """Whether anything was read."""
        return self._items is not None

    def is_same(self, texts: Collection) -> bool:
        """Whether all that was read is the same in ``texts``."""
        return self._items is None or (texts or []) == self._texts
