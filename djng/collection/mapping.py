"""A collection that is an object."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from typing import Any, cast

from asgiref.sync import sync_to_async

from djng.collection.base import Live
from djng.collection.channel import ATTEMPTS, Conflict, pause
from djng.collection.editing import EditedDict
from djng.collection.values import change_of, check_name, encode
from djng.state.merge import Change
from djng.state.reading import decode

_NOTHING = object()


class DictCollection(Live[EditedDict], MutableMapping[str, Any]):
    """An object in all browsers, as a dict: each access reads or changes what all of them see.

    Who reads more than one property takes a :meth:`~djng.collection.base.Live.snapshot`, and who sets more than one
    uses :meth:`update`.
    """

    _kind = dict
    _edited = EditedDict

    def _properties(self) -> dict[str, Any]:
        properties: dict[str, Any] = self.snapshot().value
        return properties

    def __getitem__(self, name: str) -> Any:
        return self._properties()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        if not self._channel.waits() and name not in self:
            raise KeyError(name)
        change = Change('object', {}, (check_name(name),))
        self._channel.write(lambda: self._channel.submit(change))

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties())

    def __len__(self) -> int:
        return len(self._properties())

    def keys(self) -> KeysView[str]:
        """Return the names of one moment."""
        return self._properties().keys()

    def values(self) -> ValuesView[Any]:
        """Return the values of one moment."""
        return self._properties().values()

    def items(self) -> ItemsView[str, Any]:
        """Return names and values of one moment."""
        return self._properties().items()

    def update(self, properties: Any = (), /, **more: Any) -> None:
        """Set these properties, as one change; others stay.

        Raises :exc:`TypeError` or :exc:`ValueError` for names that are no strings or begin with ``$$``, and for values
        that JSON has no word for.
        """
        change = change_of(dict(properties, **more))
        if change.set:
            self._channel.write(lambda: self._channel.submit(change))

    def replace(self, properties: Mapping[str, Any]) -> None:
        """Let there be these properties and no others, as one change.

        Raises :exc:`~djng.collection.Conflict` if others never rest.
        """
        texts = change_of(properties).set
        self._channel.write(lambda: self._replace(texts))

    def clear(self) -> None:
        """Delete all properties."""
        self.replace({})

    def increment(self, name: str, by: int | float = 1) -> Any:
        """Add ``by`` to a number, 0 if there is none, so that nobody's addition is lost; return the sum.

        Within a transaction it is added at the commit, and None is returned. Raises :exc:`TypeError` where the value is
        no number.
        """
        check_name(name)
        return self._channel.write(lambda: self._increment(name, by))

    # What looks before it writes, all at one moment.

    def pop(self, name: str, default: Any = _NOTHING) -> Any:
        """Delete a property and return its value; if there is none, ``default``, or raise :exc:`KeyError`."""
        arguments: Any = (name,) if default is _NOTHING else (name, default)
        return self.transact(lambda state: state.pop(*arguments), ATTEMPTS)

    def popitem(self) -> tuple[str, Any]:
        """Delete a property and return its name and value; raises :exc:`KeyError` if there is none."""
        return self.transact(lambda state: state.popitem(), ATTEMPTS)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return the value of a property, which is set to ``default`` if there is none."""
        return self.transact(lambda state: state.setdefault(name, default), ATTEMPTS)

    def _replace(self, texts: dict[str, str]) -> None:
        for attempt in range(ATTEMPTS):
            kept, before = self._read()
            known = cast('dict[str, str]', before)
            changed = {name: text for name, text in texts.items() if known.get(name) != text}
            change = Change('object', changed, tuple(known.keys() - texts.keys()))
            if not (changed or change.delete) or not self._channel.submit(change, position=(kept.e, kept.v)):
                return
            pause(attempt)
        raise Conflict(f'{self.channel} is changed all the time')

    def _increment(self, name: str, by: int | float) -> Any:
        text: str | None = None
        for attempt in range(ATTEMPTS):
            number = 0 if text is None else decode(text)
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise TypeError(f'{name} is no number but {number!r}')
            change = Change('object', {name: encode(number + by)})
            found = self._channel.submit(change, expect={name: text})
            if not found:
                return number + by
            if attempt:
                pause(attempt)
            [text] = found.texts
        raise Conflict(f'{name} in {self.channel} is changed all the time')

    # For async code.

    async def aget(self, name: str, default: Any = None) -> Any:
        """Return the value of a property, or ``default``."""
        return (await sync_to_async(self._properties)()).get(name, default)

    async def aset(self, name: str, value: Any) -> None:
        """Set a property; raises what :meth:`update` raises."""
        await self.aupdate({name: value})

    async def adelete(self, name: str) -> None:
        """Delete a property; raises :exc:`KeyError` if there is none."""
        await sync_to_async(self.__delitem__)(name)

    async def aupdate(self, properties: Any = (), /, **more: Any) -> None:
        """Do what :meth:`update` does."""
        await sync_to_async(self.update)(properties, **more)

    async def areplace(self, properties: Mapping[str, Any]) -> None:
        """Do what :meth:`replace` does."""
        await sync_to_async(self.replace)(properties)

    async def aclear(self) -> None:
        """Delete all properties."""
        await sync_to_async(self.clear)()

    async def aincrement(self, name: str, by: int | float = 1) -> Any:
        """Do what :meth:`increment` does."""
        return await sync_to_async(self.increment)(name, by)

    async def apop(self, name: str, *default: Any) -> Any:
        """Do what :meth:`pop` does."""
        return await sync_to_async(self.pop)(name, *default)
