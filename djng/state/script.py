"""The script that carries out a step in Redis: its text, what it is told, and what its answer means."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from djng.state.frame import parse_plain
from djng.state.heard import heard
from djng.state.keys import keys_of
from djng.state.merge import MOST_ITEMS, Change, name_text
from djng.state.steps import (
    Acknowledged,
    Applied,
    Counted,
    Gone,
    Kept,
    NotTaken,
    Outcome,
    Refused,
    Relay,
    Relayed,
    Renew,
    Renewed,
    Snapshot,
    Step,
    Submit,
    Take,
    Told,
)

#: Seconds that a client may be away and is still known to have made a change before.
CLIENT_MEMORY = 86400

_PARTS = ['entries.lua', 'keeping.lua', 'change.lua', 'steps.lua']
#: One text for all steps, so that Redis knows all of them or none: none may overtake another that has to be loaded.
SCRIPT = '\n'.join(
    [
        f'local MOST_ITEMS, CLIENT_MEMORY = {MOST_ITEMS}, {CLIENT_MEMORY}',
        *(Path(__file__).with_name(part).read_text(encoding='utf-8') for part in _PARTS),
    ]
).encode()
SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()

#: Each byte as four characters of white space.
_SPACES = [bytes(b' \t\n\r'[byte >> shift & 3] for shift in (6, 4, 2, 0)) for byte in range(256)]


def call(step: Step, expire: int, grace: int) -> list[Any]:
    """Return what comes after the name or the text of the script: the number of keys, these, and the arguments.

    ``expire`` and ``grace`` are seconds: how long a plain text is kept, and how long a collection at the least.
    """
    name, arguments, author = _TELLING[type(step)](step, expire)
    return _call(step, name, arguments, max(expire, grace), author)


def call_found(step: Step, text: bytes, ttl: int) -> list[Any]:
    """Return the same for taking in ``text``, which was found to be foreign when ``step`` was run."""
    return _call(step, 'found', [digest_of(text), *_change(plain_change(text))], ttl)


def plain_change(text: bytes) -> Change | None:
    """Return what ``text`` changes, None for nothing, be it no UTF-8 even."""
    try:
        return parse_plain(text.decode())
    except UnicodeDecodeError:
        return None


def digest_of(text: bytes) -> str:
    """Return by what ``text`` is known again."""
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def outcome(reply: list[Any]) -> Outcome:
    """Return what the script's answer means."""
    name, *rest = reply
    if name == b'kept':
        return Kept.of(*rest)
    if name == b'refused':
        return Refused({'': [_REASONS[rest[0]]]})
    if name == b'renewed':
        return Renewed(rest[0], rest[1], rest[2], bool(rest[3]))
    meant: Outcome = _OUTCOMES[name](*rest)
    return meant


_OUTCOMES: dict[bytes, Any] = {
    b'applied': Applied,
    b'acknowledged': Acknowledged,
    b'counted': Counted,
    b'not taken': NotTaken,
    b'relayed': Relayed,
    b'told': Told,
    b'gone': Gone,
}
_REASONS = {
    b'object': 'The collection is an object.',
    b'array': 'The collection is an array.',
    b'items': f'An array has at most {MOST_ITEMS:,} items.',
}


def _call(step: Step, name: str, arguments: Iterable[Any], ttl: int, author: str | None = None) -> list[Any]:
    channel = step.channel.encode() if isinstance(step.channel, str) else step.channel
    keys = keys_of(channel)
    names = [keys.channel, keys.fields, keys.meta]
    if author is not None:
        names.append(keys.client + author.encode())
    least = (0, 0) if isinstance(step, Relay) else (step.least_epoch, step.least_version)
    return [len(names), *names, name, name_text(step.label), _stamp(), ttl, *least, *arguments]


def _stamp() -> bytes:
    return b''.join([_SPACES[byte] for byte in random.randbytes(4)])  # noqa: S311 it tells texts apart, nothing else


def _text(text: str) -> bytes:
    # A lone surrogate, which UTF-8 cannot carry, becomes the escape that JSON has for it.
    return text.encode('utf-8', 'backslashreplace')


def _flag(flag: bool) -> str:
    return '1' if flag else ''


def _change(change: Change | None) -> list[Any]:
    if change is None:
        return ['']
    arguments: list[Any] = [change.kind, len(change.set)]
    if change.kind == 'array':
        for index in sorted(map(int, change.set)):
            arguments += index, _text(change.set[str(index)])
    else:
        for name, text in change.set.items():
            arguments += name_text(name), _text(text)
    arguments += len(change.delete), *map(name_text, change.delete)
    arguments += '' if change.length is None else change.length, len(change.push), *map(_text, change.push)
    return arguments


def _submit(step: Submit, _: int) -> tuple[str, list[Any], str | None]:
    change, author, s = step.change, step.author, step.s
    about = '' if author is None else f',"o":{name_text(author)}'
    if s is not None:
        about += f',"s":{s}'
    if change.delete:
        about += f',"del":[{",".join(map(name_text, change.delete))}]'
    numbered = author is not None and s is not None
    head = [s if numbered else '', _flag(step.seed), _flag(step.create), about]
    return 'submit', [*head, *_change(change)], author if numbered else None


def _relay(step: Relay, expire: int) -> tuple[str, list[Any], None]:
    text = step.text.encode('utf-8', 'backslashreplace') if isinstance(step.text, str) else step.text
    if heard(text):
        # Somebody would have the relay believe that the script wrote this.
        text += b' '
    joint = ''
    if step.change is not None and step.change.kind == 'object' and text.endswith(b'}'):
        joint = ' ' if not text.strip()[1:-1].strip() else ','
    keep = expire if step.expire is None else step.expire
    head = [text, digest_of(text), step.mark or b'', step.marks or b'', keep, joint]
    return 'relay', [*head, *_change(step.change)], None


def _take(step: Take, _: int) -> tuple[str, list[Any], None]:
    return 'take', [digest_of(step.text), step.t, *_change(plain_change(step.text))], None


def _snapshot(step: Snapshot, _: int) -> tuple[str, list[Any], None]:
    return 'snapshot', [step.marks or b'', step.token, _flag(step.create)], None


def _renew(*_: Any) -> tuple[str, list[Any], None]:
    return 'renew', [], None


_TELLING: dict[type[Any], Any] = {
    Submit: _submit,
    Relay: _relay,
    Take: _take,
    Snapshot: _snapshot,
    Renew: _renew,
}
