"""Frames, taken apart and put together without decoding any value: numbers keep their digits, strings their escapes."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from djng.state.frame import ABOUT
from djng.state.merge import Change, Collection, dump, name_text
from djng.state.reading import array_items, decode, object_members


class Frame(NamedTuple):
    """What a bound socket hears: the properties at the top level, and what the server says about them."""

    values: dict[str, str]
    about: dict[str, Any]
    #: What an array holds, in its snapshot.
    items: list[str]


def parse(text: str) -> Frame:
    """Take a frame apart; raises :exc:`djng.state.reading.NotJSON` where it is no JSON object."""
    values = members(text)
    about = values.pop(ABOUT, '{}')
    return Frame(values, decode(about), elements(members(about).get('items', '[]')))


def encode(change: Change, **about: Any) -> str:
    """Return the frame that tells ``change``, with what is said ``about`` it."""
    if change.length is not None:
        about.setdefault('n', change.length)
    told = {name: json.dumps(value) for name, value in about.items()}
    if change.delete:
        told['del'] = dump([name_text(name) for name in change.delete])
    if change.push:
        told['push'] = dump(list(change.push))
    if change.kind == 'array' and not {'push', 'n'} & {*told}:
        told['list'] = '1'
    return dump({**change.set, ABOUT: dump(told)})


def encode_snapshot(collection: Collection | None, **about: Any) -> str:
    """Return the frame that tells the whole of a collection, None for one that has never held anything."""
    told = {name: json.dumps(value) for name, value in about.items()}
    if isinstance(collection, list):
        return dump({ABOUT: dump({**told, 'n': str(len(collection)), 'items': dump(collection)})})
    return dump({**(collection or {}), ABOUT: dump(told)})


def members(text: str) -> dict[str, str]:
    """Return the JSON texts of an object's values by their names."""
    return {name: value for name, value, _ in object_members(text)}


def elements(text: str) -> list[str]:
    """Return the JSON texts of an array's items."""
    return [item for item, _ in array_items(text)]


def read(text: str) -> Collection:
    """Return the JSON texts of a collection."""
    return elements(text) if text.lstrip().startswith('[') else members(text)
