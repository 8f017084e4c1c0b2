"""What a script is told for a step, and what its answer means."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from typing import Any

from djng.state.frame import parse_plain
from djng.state.heard import heard
from djng.state.keys import keys_of
from djng.state.merge import MOST_ITEMS, Change, name_text
from djng.state.steps import (
    Acknowledged,
    Applied,
    Attend,
    Attended,
    Counted,
    Gone,
    Kept,
    NotTaken,
    Outcome,
    Outdated,
    Possible,
    Refused,
    Relay,
    Relayed,
    Renewed,
    Snapshot,
    Step,
    Submit,
    Take,
    Terms,
    Told,
    Unexpected,
    Unknown,
)

#: Each byte as four characters of white space.
_SPACES = [bytes(b' \t\n\r'[byte >> shift & 3] for shift in (6, 4, 2, 0)) for byte in range(256)]

_REASONS = {
    b'array': 'The collection is an array.',
    b'bytes': 'This collection has at most {:,} bytes.',
    b'entries': 'This collection has at most {:,} entries.',
    b'items': f'An array has at most {MOST_ITEMS:,} items.',
    b'object': 'The collection is an object.',
}
_OUTCOMES: dict[bytes, Any] = {
    b'acknowledged': Acknowledged,
    b'applied': Applied,
    b'attended': Attended,
    b'counted': Counted,
    b'gone': Gone,
    b'kept': Kept.of,
    b'not taken': NotTaken,
    b'outdated': Outdated,
    b'possible': Possible,
    b'refused': lambda reason, most=0: Refused({'': [_REASONS[reason].format(most)]}),
    b'relayed': Relayed,
    b'renewed': Renewed.of,
    b'told': Told,
    b'unknown': Unknown,
    b'unexpected': lambda e, v, texts: Unexpected(e, v, tuple(text.decode() if text else None for text in texts)),
}


def call_for(step: Step, terms: Terms, grace: int) -> list[Any]:
    """Return what the script is told to carry out ``step``: the number of keys, these, and the arguments.

    ``grace`` are the seconds that a collection lives at the least.
    """
    ttl: int | str = max(terms.expire, grace)
    if isinstance(step, Relay) or (isinstance(step, Submit) and step.author is not None):
        ttl = f'{ttl} {terms.max_properties or ""} {terms.max_size or ""}'
    if isinstance(step, Submit):
        # A change without a number cannot be known again.
        author = None if step.s is None else step.author
        return [*_head('submit', step, ttl, author, [name for name, _ in step.holds]), *_submit(step)]
    if isinstance(step, Relay):
        return [*_head('relay', step, ttl), *_relay(step, terms.expire)]
    if isinstance(step, Take):
        return [*_head('take', step, ttl), digest_of(step.text), step.t, *_change(_plain(step.text))]
    if isinstance(step, Snapshot):
        return [*_head('snapshot', step, ttl), step.marks or b'', step.token, _flag(step.create)]
    if isinstance(step, Attend):
        ttl = max(terms.expire, grace, math.ceil(step.life))
        return [*_head('attend', step, ttl, here=True), *_attend(step)]
    return _head('renew', step, ttl)


def call_found(step: Step, text: bytes, ttl: int) -> list[Any]:
    """Return the same for ``text``, which was found to be foreign when ``step`` was to be carried out."""
    return [*_head('found', step, ttl), digest_of(text), *_change(_plain(text))]


def outcome_of(reply: list[Any]) -> Outcome:
    """Return what the answer to a step means."""
    outcome: Outcome = _OUTCOMES[reply[0]](*reply[1:])
    return outcome


def digest_of(text: bytes) -> str:
    """Return by what ``text`` is known again."""
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def _head(
    name: str, step: Step, ttl: int | str, author: str | None = None, held: Sequence[str] = (), *, here: bool = False
) -> list[Any]:
    """Return the keys, and the arguments that all scripts have."""
    keys = keys_of(step.channel.encode() if isinstance(step.channel, str) else step.channel)
    names = [keys.channel, keys.fields, keys.meta]
    if author is not None:
        names.append(keys.client + author.encode())
    if here:
        names.append(keys.here)
    if held:
        # Of no author, and of no log: other names do not come before the sixth.
        names = [*names, keys.channel, keys.channel][:5] + [keys.client + other.encode() for other in held]
    least = (0, 0) if isinstance(step, Relay) else (step.least_epoch, step.least_version)
    return [len(names), *names, name, name_text(step.label), _stamp(), ttl, *least]


def _stamp() -> bytes:
    return b''.join([_SPACES[byte] for byte in random.randbytes(4)])  # noqa: S311 it tells texts apart, nothing else


def _flag(flag: bool) -> str:
    return '1' if flag else ''


def _text(text: str) -> bytes:
    # A lone surrogate, which UTF-8 cannot carry, becomes the escape that JSON has for it.
    return text.encode('utf-8', 'backslashreplace')


def _plain(text: bytes) -> Change | None:
    try:
        return parse_plain(text.decode())
    except UnicodeDecodeError:
        return None


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
    is_array = change.kind == 'array'
    arguments += len(change.delete), *(change.delete if is_array else map(name_text, change.delete))
    arguments += '' if change.length is None else change.length, len(change.push), *map(_text, change.push)
    if is_array:
        arguments += *(change.at or ('', '')), len(change.insert)
        for index, texts in change.insert:
            arguments += index, len(texts), *map(_text, texts)
    return arguments


def _submit(step: Submit) -> list[Any]:
    end = '' if step.author is None else f',"o":{name_text(step.author)}'
    if step.s is not None:
        end += f',"s":{step.s}'
    if step.change.delete and step.change.kind == 'object':
        end += f',"del":[{",".join(map(name_text, step.change.delete))}]'
    number = '' if step.author is None or step.s is None else step.s
    seed = 'again' if step.again else _flag(bool(step.seed))
    if isinstance(step.seed, tuple):
        seed = ' '.join(map(str, (*step.seed, *(number for _, number in step.holds))))
    how = _flag(step.create) + ('?' if step.is_trial else '')
    return [number, seed, how, end, *_expected(step), *_change(step.change)]


def _attend(step: Attend) -> list[Any]:
    arguments = [step.process, round(step.life * 1000), _flag(step.is_first), len(step.people)]
    for key, told in step.people.items():
        arguments += name_text(key), _text(told)
    return arguments


def _expected(step: Submit) -> list[Any]:
    e, v = step.expect_position or ('', '')
    arguments: list[Any] = [e, v, len(step.expect or ())]
    for name, text in (step.expect or {}).items():
        arguments += name_text(name), '' if text is None else _text(text)
    return arguments


def _relay(step: Relay, expire: int) -> list[Any]:
    text = _text(step.text) if isinstance(step.text, str) else step.text
    if heard(text):
        # Somebody would have the relay believe that a script wrote this.
        text += b' '
    joint = ''
    if step.change is not None and step.change.kind == 'object' and text.endswith(b'}'):
        joint = ',' if text.strip()[1:-1].strip() else ' '
    keep = expire if step.expire is None else step.expire
    return [text, digest_of(text), step.mark or b'', step.marks or b'', keep, joint, *_change(step.change)]
