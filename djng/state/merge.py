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

    In an array the names are indexes, and the parts are applied in this order: ``set``, where an index behind the end
    makes the array longer, with null between; ``length``, to which the array is cut if it is longer; ``push``.
    """

    kind: Kind
    #: The new JSON text of each property by its name, or by its index in decimal digits.
    set: dict[str, str]
    #: Names that are no more, none of them in ``set``. In an array, indexes whose items are taken out.
    delete: tuple[str, ...] = ()
    #: How many items are left before those of ``push``, at the most; in arrays only.
    length: int | None = None
    #: JSON texts of items for the end, in arrays only.
    push: tuple[str, ...] = ()
    #: In arrays only, JSON texts of items to put in, and the index before which they go.
    insert: tuple[tuple[int, tuple[str, ...]], ...] = ()
    #: In arrays only, the position ``(e, v)`` of the collection that the indexes of ``set``, ``delete`` and ``insert``
    #: are of. What was taken out and put in since then is allowed for; a set item that is gone is put in anew.
    at: tuple[int, int] | None = None


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
            _put(items, int(name), text)
        return [*(items if change.length is None else items[: change.length]), *change.push]
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
    if length is None:
        if first.push or (first.length is not None and then.set):
            raise ValueError('how long the array is decides which item this is')
        lengths = [each for each in (first.length, then.length) if each is not None]
        return _array({**first.set, **then.set}, min(lengths, default=None), then.push)
    # How many items there are once `first` is applied, its pushes apart.
    before = max(length, *(int(name) + 1 for name in first.set), 0)
    if first.length is not None:
        before = min(before, first.length)
    texts, floating = {**first.set}, [*first.push]
    for name, text in then.set.items():
        if int(name) < before:
            texts[name] = text
        else:
            _put(floating, int(name) - before, text)
    cut = first.length
    if then.length is not None:
        del floating[max(0, then.length - before) :]
        cut = then.length if then.length < before else cut
        if length < then.length < before:
            # What is cut off has made it longer.
            texts.setdefault(str(then.length - 1), 'null')
    return _array(texts, cut, (*floating, *then.push))


def _array(texts: dict[str, str], length: int | None, push: tuple[str, ...]) -> Change:
    fits = {name: text for name, text in texts.items() if length is None or int(name) < length}
    return Change('array', fits, length=length, push=push)


def _put(items: list[str], index: int, text: str) -> None:
    items.extend(['null'] * (index + 1 - len(items)))
    items[index] = text
