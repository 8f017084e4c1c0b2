"""A change on its way into a collection, as a project's own code sees it: values instead of JSON texts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder

from djng.state.merge import Change, Kind
from djng.state.reading import decode


class Author(NamedTuple):
    """Who makes a change, known since the socket was opened."""

    #: A user, or an ``AnonymousUser``.
    user: Any
    #: None for who has no session.
    session_key: str | None
    #: By what name browsers know the socket's client; it is the same as long as a page lives.
    client: str
    #: The IP address of the request, ``REMOTE_ADDR``.
    address: str


class Edit:
    """What is about to be changed; ``set``, ``delete``, ``length`` and ``push`` may be altered until it is.

    In an array the names are indexes in decimal digits; what is set comes first, then the length, to which the array is
    cut, then what is pushed.
    """

    def __init__(self, change: Change, before: Any) -> None:
        #: ``'object'`` or ``'array'``.
        self.kind: Kind = change.kind
        #: The collection as it is, a dict or a list.
        self.before = before
        #: The new values by name.
        self.set: dict[str, Any] = {name: decode(text) for name, text in change.set.items()}
        #: Names of properties that are to be no more.
        self.delete: list[str] = [*change.delete]
        #: How many items are left of an array, those pushed apart; None where it is not cut.
        self.length = change.length
        #: Items for the end of an array.
        self.push: list[Any] = [decode(text) for text in change.push]
        self._texts = change.set
        self._pushed = change.push

    @property
    def after(self) -> Any:
        """What the collection becomes, a dict or a list."""
        if self.kind == 'object':
            kept = self.before if isinstance(self.before, dict) else {}
            return {**{name: value for name, value in kept.items() if name not in self.delete}, **self.set}
        items = [*self.before] if isinstance(self.before, list) else []
        for name, value in self.set.items():
            items.extend([None] * (int(name) + 1 - len(items)))
            items[int(name)] = value
        return [*(items if self.length is None else items[: self.length]), *self.push]

    def change(self) -> Change:
        """Return it as JSON texts, those of the author where the values are still the author's."""
        texts = {name: _kept(self._texts.get(name), value) for name, value in self.set.items()}
        known = dict(enumerate(self._pushed))
        push = tuple(_kept(known.get(index), item) for index, item in enumerate(self.push))
        gone = tuple(name for name in dict.fromkeys(self.delete) if name not in texts)
        return Change(self.kind, texts, gone, self.length, push)


def text_of(value: Any) -> str:
    """Return ``value`` as JSON, as Django writes it, but for decimals, which become numbers.

    Raises :exc:`TypeError` or :exc:`ValueError` for what JSON has no word for.
    """
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, allow_nan=False, separators=(',', ':'))


def _kept(text: str | None, value: Any) -> str:
    new = text_of(value)
    return text if text is not None and text_of(decode(text)) == new else new
