"""The frames for bound sockets that the relay makes itself, ``$$djng`` behind all else in each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from djng.state.steps import Acknowledged, Applied, Kept, Outdated


def hello(me: str, *, subscribed: Iterable[str], published: Iterable[str], moves: bool = False) -> bytes:
    """Return the first frame: the client's public name, and the labels of what it hears and may write to.

    With ``moves`` it may say of arrays which items it takes out and puts in.
    """
    return _frame({'me': me, 'sub': list(subscribed), 'pub': list(published), **({'moves': 1} if moves else {})})


def snapshot(label: str, kept: Kept) -> bytes:
    """Return the frame that tells a whole collection."""
    tail: dict[str, Any] = {'full': 1, 'c': label, 'e': kept.e, 'v': kept.v}
    if kept.made:
        tail['b'] = kept.made
    if kept.kind == 'array':
        return _frame({**tail, 'n': kept.n})[:-2] + b',"items":' + (kept.text or b'[]') + b'}}'
    behind = _frame(tail)[1:]
    if kept.kind is None or kept.text is None or not kept.n:
        return b'{' + behind
    return kept.text[:-1].rstrip() + b',' + behind


def acknowledgement(s: int, label: str, applied: Applied | Acknowledged) -> bytes:
    """Return the frame that tells an author at which position its change ``s`` was applied.

    An array's length right after it is told where it is known.
    """
    length = {'n': applied.n} if isinstance(applied, Acknowledged) and applied.n is not None else {}
    return _frame({'ack': s, 'c': label, 'e': applied.e, 'v': applied.v, **length})


def outdated(s: int, label: str, place: Outdated) -> bytes:
    """Return the frame that tells an author that change ``s`` was not applied up to now: it is to be said anew."""
    return _frame({'again': s, 'c': label, 'e': place.e, 'v': place.v})


def refusal(s: int | None, errors: Mapping[str, Iterable[str]]) -> bytes:
    """Return the frame that tells an author why nothing of its change ``s`` was applied, by property."""
    number = {} if s is None else {'s': s}
    return _frame({**number, 'errors': {name: list(reasons) for name, reasons in errors.items()}})


def remark(names: Iterable[str], errors: Mapping[str, Iterable[str]]) -> bytes:
    """Return the frame that tells an author what is wrong with a change of ``names`` that was applied, by property."""
    return _frame({'of': list(names), 'errors': {name: list(reasons) for name, reasons in errors.items()}})


def _frame(tail: dict[str, Any]) -> bytes:
    # Names may hold lone surrogates, which only ASCII can carry.
    return json.dumps({'$$djng': tail}, separators=(',', ':')).encode()
