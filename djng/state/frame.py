"""What a text that came over a socket says: read without decoding the values, which stay as their author wrote them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeAlias

from djng.state.merge import MOST_ITEMS, Change, Kind
from djng.state.reading import SPACE, NotJSON, array_items, decode, object_members

#: The largest number of a change; above, JavaScript cannot count in ones.
MOST_CHANGES = 2**53 - 1
#: The property in which a frame speaks about the data.
ABOUT = '$$djng'

_INDEX = re.compile(r'0|[1-9][0-9]{0,5}')


Inserts: TypeAlias = 'tuple[tuple[int, tuple[str, ...]], ...]'


class Invalid(ValueError):
    """A frame that is refused before anybody else hears of it.

    ``s`` is the number of the change, None where it cannot be told; ``errors`` are the reasons by the property's name,
    ``''`` for the change as a whole.
    """

    def __init__(self, message: str, s: int | None = None, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.s = s
        self.errors = errors or {'': [message]}


class Frame(NamedTuple):
    """What a bound socket says."""

    #: None only where ``sync`` is all it says.
    change: Change | None
    #: The number of the change; None for a seed.
    s: int | None
    #: Whether it counts only for what is missing: True, or the position that it is of.
    seed: bool | tuple[int, int]
    #: Whether all snapshots are asked for again.
    sync: bool
    #: The one label that a seed is for, None for all that its author may write to; or that an array's indexes are of.
    label: str | None = None
    #: Whether the change may have been said before.
    again: bool = False


def parse_frame(text: str) -> Frame:
    """Return what a bound socket says by ``text``; raises :exc:`Invalid` for what is refused.

    Text that is no JSON object raises :exc:`djng.state.reading.NotJSON`.
    """
    errors: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    found: list[str] = []
    for name, value, error in object_members(text):
        if name == ABOUT:
            found.append(value)
        elif not name.startswith('$$'):
            texts[name] = value
            if error:
                errors[name] = [error]
    if len(found) != 1:
        raise Invalid(f'A frame has one {ABOUT}.')
    about, push, insert = _about(found[0], errors)
    s, seed, sync = about.get('s'), about.get('seed') == 1, about.get('sync') == 1
    if sync and s is None and not seed:
        return Frame(None, None, False, True)
    if s is not None or not seed:
        if type(s) is not int or not 0 < s <= MOST_CHANGES:
            raise Invalid('The number s of a change is a positive integer.')
        if seed:
            raise Invalid('A seed has no number.', s)
    position = about.get('e'), about.get('v')
    is_known = all(type(number) is int and 0 <= number <= MOST_CHANGES for number in position)
    change = _change(texts, about, push, errors)
    if change is not None and change.kind == 'array' and not seed:
        change = change._replace(insert=insert, at=position if is_known else None)  # type: ignore[arg-type]
    if errors:
        raise Invalid('The change is refused.', s, errors)
    is_of_one = isinstance(about.get('c'), str) and (seed or (change is not None and change.at is not None))
    label = about['c'] if is_of_one else None
    return Frame(change, s, position if seed and is_known else seed, sync, label, about.get('again') == 1)  # type: ignore[arg-type]


def parse_plain(text: str) -> Change | None:
    """Return what a plain socket's text changes: an object sets its properties, an array is all items there are.

    None for anything else: no JSON, a number that is not finite, nested too deep, too many items.
    """
    opener = text.lstrip(SPACE)[:1]
    try:
        if opener == '{':
            members = [*object_members(text)]
            if not any(error for _, _, error in members):
                return Change('object', {name: value for name, value, _ in members if not name.startswith('$$')})
        elif opener == '[':
            items = [*array_items(text)]
            if len(items) <= MOST_ITEMS and not any(error for _, error in items):
                texts = {str(index): value for index, (value, _) in enumerate(items)}
                return Change('array', texts, length=len(items))
    except NotJSON:
        pass
    return None


def _about(text: str, errors: dict[str, list[str]]) -> tuple[dict[str, Any], tuple[str, ...], Inserts]:
    """Return what ``$$djng`` says, decoded, and apart from it the JSON texts of the items to push and to put in."""
    if not text.startswith('{'):
        raise Invalid(f'{ABOUT} is an object.')
    about: dict[str, Any] = {}
    push: tuple[str, ...] = ()
    insert: Inserts = ()
    for name, value, error in object_members(text):
        if name == 'push':
            if not value.startswith('['):
                errors.setdefault('', []).append('What is pushed is an array.')
                continue
            push = _items(value, errors)
            about['push'] = True
        elif name == 'ins':
            try:
                insert = tuple(_insert(pair, errors) for pair in _items(value, errors))
            except (NotJSON, ValueError):
                errors.setdefault('', []).append('What is put in is an array of pairs: an index, and items.')
            about['ins'] = True
        elif error:
            errors.setdefault('', []).append(error)
        else:
            about[name] = decode(value)
    return about, push, insert


def _items(text: str, errors: dict[str, list[str]]) -> tuple[str, ...]:
    items = [*array_items(text)]
    for _, wrong in items:
        if wrong and wrong not in errors.get('', ()):
            errors.setdefault('', []).append(wrong)
    return tuple(item for item, _ in items)


def _insert(pair: str, errors: dict[str, list[str]]) -> tuple[int, tuple[str, ...]]:
    index, items = _items(pair, errors)
    if not _INDEX.fullmatch(index):
        raise ValueError(index)
    return int(index), _items(items, errors)


def _change(
    texts: dict[str, str], about: dict[str, Any], push: tuple[str, ...], errors: dict[str, list[str]]
) -> Change | None:
    general = errors.setdefault('', [])
    kind: Kind = 'array' if about.get('list') == 1 or 'n' in about or 'push' in about else 'object'
    delete, length = about.get('del', []), about.get('n')
    name_type = int if kind == 'array' else str
    if not isinstance(delete, list) or not all(type(name) is name_type for name in delete):
        general.append(f'What is deleted is an array of {"indexes" if kind == "array" else "names"}.')
        delete = []
    if kind == 'array':
        if length is not None and ('del' in about or 'ins' in about):
            general.append('An array is cut to a length, or items are taken out and put in, but not both at once.')
        if length is not None and (type(length) is not int or not 0 <= length <= MOST_ITEMS):
            general.append(f'The length n of an array is at most {MOST_ITEMS:,}.')
            length = None
        for name in texts:
            if not _INDEX.fullmatch(name) or int(name) >= MOST_ITEMS:
                errors.setdefault(name, []).append(f'An index of an array is a number below {MOST_ITEMS:,}.')
    if not general:
        del errors['']
    if errors:
        return None
    if kind == 'array':
        kept = {name: text for name, text in texts.items() if length is None or int(name) < length}
        gone = dict.fromkeys(str(index) for index in delete if 0 <= index < MOST_ITEMS and str(index) not in kept)
        return Change('array', kept, tuple(gone), length, push)
    gone = dict.fromkeys(name for name in delete if not name.startswith('$$'))
    return Change('object', {name: text for name, text in texts.items() if name not in gone}, tuple(gone))
