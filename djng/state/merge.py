"""What a collection becomes when a change is laid over it; pure, on JSON texts.

A *collection* is a dict of names, or a list, and holds each value as the JSON text that its author wrote: a decoded
number may come back as another one. ``tests/state/vectors.json`` shows what the rules come to; the client's
``difference.js`` is held to the same file.
"""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal['object', 'array']
Collection: TypeAlias = 'dict[str, str] | list[str]'

#: Items that an array may hold.
MOST_ITEMS = 100_000


class Mismatch(ValueError):
    """A change of an object met an array that has items, or the other way round."""


class Change(NamedTuple):
    """Properties set and properties deleted, as one unit.

    In an array the names are indexes, and the parts are applied in this order: ``set``, where an index at or behind
    the end makes the array longer; ``length``, to which it is cut or grown; ``push``. What lies between is null.
    """

    kind: Kind
    #: The new JSON text of each property by its name, or by its index in decimal digits.
    set: dict[str, str]
    #: Names that are no more, in objects only; none of them is in ``set``.
    delete: tuple[str, ...] = ()
    #: How many items there are then, in arrays only.
    length: int | None = None
    #: JSON texts of items for the end, in arrays only.
    push: tuple[str, ...] = ()


def kind_of(collection: Collection) -> Kind:
    """Return what ``collection`` is."""
    return 'array' if isinstance(collection, list) else 'object'


def name_text(name: str) -> str:
    """Return ``name`` as JSON text, the same as JavaScript's ``JSON.stringify`` gives; its identity in Redis.

    Only lone surrogates are escaped, which UTF-8 cannot carry, and what JSON itself demands.
    """
    return encode_basestring(name).encode('utf-8', 'backslashreplace').decode()


def dump(collection: Collection) -> str:
    """Return ``collection`` as JSON."""
    if isinstance(collection, list):
        return f'[{",".join(collection)}]'
    return f'{{{",".join(f"{name_text(name)}:{text}" for name, text in collection.items())}}}'


def apply(collection: Collection, change: Change) -> Collection:
    """Return what ``collection`` becomes; it is left as it is itself.

    An empty collection takes the kind of the change; one that holds something raises :exc:`Mismatch`.
    """
    if kind_of(collection) != change.kind:
        if collection:
            raise Mismatch(f'this is an {kind_of(collection)}')
        collection = [] if change.kind == 'array' else {}
    if isinstance(collection, list):
        items = [*collection]
        for name, text in change.set.items():
            _resize(items, max(len(items), int(name) + 1))
            items[int(name)] = text
        if change.length is not None:
            _resize(items, change.length)
        return [*items, *change.push]
    changed = {**collection, **change.set}
    for name in change.delete:
        changed.pop(name, None)
    return changed


def compose(first: Change, then: Change, length: int | None = None) -> Change:
    """Return one change for two: where the kinds differ the later is all that counts.

    A pushed item has an index only where it is known how many items are before it. ``length`` says how many the array
    has that ``first`` is meant for; with it, setting or cutting what ``first`` has pushed edits the push, so that the
    item still goes to the end if others have appended meanwhile. Where this is needed and not known, it raises
    :exc:`ValueError`.
    """
    if first.kind != then.kind:
        return then
    if first.kind == 'object':
        gone = dict.fromkeys((*first.delete, *then.delete))
        for name in then.set:
            gone.pop(name, None)
        kept = {name: text for name, text in first.set.items() if name not in then.delete}
        return Change('object', {**kept, **then.set}, tuple(gone))
    if not then.set and then.length is None:
        return first._replace(push=first.push + then.push)
    texts = {int(name): text for name, text in first.set.items()}
    # How many items there are once `first` is applied, its pushes apart.
    before = first.length
    if before is None and length is not None:
        before = max(length, *(index + 1 for index in texts), 0)
    if before is None:
        if first.push:
            raise ValueError('how long the array is decides which item this is')
        texts |= {int(name): text for name, text in then.set.items()}
        return _array(texts, then.length, then.push)
    floating = [*first.push]
    for name, text in then.set.items():
        if int(name) < before:
            texts[int(name)] = text
        else:
            _resize(floating, max(len(floating), int(name) - before + 1))
            floating[int(name) - before] = text
    cut = first.length
    if then.length is not None:
        _resize(floating, max(0, then.length - before))
        cut = then.length if then.length < before else cut
    return _array(texts, cut, (*floating, *then.push))


def _array(texts: dict[int, str], length: int | None, push: tuple[str, ...]) -> Change:
    fits = {str(index): text for index, text in texts.items() if length is None or index < length}
    return Change('array', fits, length=length, push=push)


def _resize(items: list[str], length: int) -> None:
    del items[length:]
    items.extend(['null'] * (length - len(items)))
