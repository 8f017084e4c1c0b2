"""A simulated browser that is bound to an object, as a dict."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from djng.state.reading import decode
from djng.test.binding import Binding


class DictBinding(Binding[dict[str, Any]], MutableMapping[str, Any]):
    """A browser that is bound to an object: what is set is typed there, what is read is shown."""

    _kind = dict

    def __getitem__(self, name: str) -> Any:
        with self.lock:
            return decode(self.scope()[name])

    def __setitem__(self, name: str, value: Any) -> None:
        with self.edit() as scope:
            scope[name] = value

    def __delitem__(self, name: str) -> None:
        with self.edit() as scope:
            del scope[name]

    def __iter__(self) -> Iterator[str]:
        with self.lock:
            return iter([*self.scope()])

    def __len__(self) -> int:
        return len(self.scope())

    def update(self, properties: Any = (), /, **more: Any) -> None:
        """Set several properties, in one digest."""
        with self.edit() as scope:
            scope.update(properties, **more)

    def clear(self) -> None:
        """Delete all properties, in one digest."""
        with self.edit() as scope:
            scope.clear()
