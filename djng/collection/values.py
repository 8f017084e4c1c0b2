"""What Python's values are in a collection, whose values are JSON texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from djng.state.frame import parse_plain
from djng.state.merge import Change, Collection, apply
from djng.state.reading import MOST_DEPTH, array_items, object_members
from djng.state.steps import Kept


def encode(value: Any) -> str:
    """Return ``value`` as JSON; raises :exc:`TypeError` or :exc:`ValueError` for what JSON or a browser has no word."""
    text = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    if text.count('[') + text.count('{') > MOST_DEPTH:
        for _, error in array_items(f'[{text}]'):
            if error:
                raise ValueError(error)
    return text


def check_name(name: Any) -> str:
    """Return ``name``; raises for what cannot be the name of a property."""
    if not isinstance(name, str):
        raise TypeError(f'the name of a property is a str, not {name!r}')
    if name.startswith('$$'):
        raise ValueError(f'names that begin with $$ are those of AngularJS and djng: {name!r}')
    return name


def change_of(properties: Mapping[str, Any], delete: Iterable[str] = ()) -> Change:
    """Return the change that sets ``properties``, and deletes others."""
    texts = {check_name(name): encode(value) for name, value in properties.items()}
    return Change('object', texts, tuple(delete))


def array_of(items: Iterable[Any]) -> Change:
    """Return the change after which ``items`` are all there are."""
    texts = {str(index): encode(item) for index, item in enumerate(items)}
    return Change('array', texts, length=len(texts))


def texts_of(kept: Kept) -> Collection:
    """Return the JSON texts of what is kept, by name or by index; what is no collection yet, as if it were one."""
    text = _text_of(kept)
    if kept.e == 0:
        change = parse_plain(text)
        return apply({}, change) if change else {}
    if kept.kind == 'array':
        return [item for item, _ in array_items(text)]
    return {name: value for name, value, _ in object_members(text)} if text else {}


def value_of(kept: Kept) -> Any:
    """Return what is kept as a dict or a list."""
    if kept.e == 0:
        texts = texts_of(kept)
        if isinstance(texts, list):
            return [json.loads(item) for item in texts]
        return {name: json.loads(value) for name, value in texts.items()}
    return json.loads(_text_of(kept) or '{}')


def _text_of(kept: Kept) -> str:
    # Only what is no collection may be no UTF-8.
    return (kept.text or b'').decode('utf-8', 'replace' if kept.e == 0 else 'strict')
