"""Frames that the relay makes itself: one JSON text each, what is said about the data behind all else."""

from __future__ import annotations

import json

import pytest

from djng.relay import frames
from djng.state.steps import Acknowledged, Applied, Kept


def kept(kind: str | None, n: int, text: bytes | None) -> Kept:
    """Return what is kept at version 4 of epoch 7."""
    return Kept(7, 4, kind, n, 0, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('collection', 'frame'),
    [
        (kept(None, 0, None), b'{"$$djng":{"full":1,"c":"broadcast","e":7,"v":4}}'),
        (kept('object', 0, b'{  }'), b'{"$$djng":{"full":1,"c":"broadcast","e":7,"v":4}}'),
        (kept('object', 1, b'{ "a":-0  }'), b'{ "a":-0,"$$djng":{"full":1,"c":"broadcast","e":7,"v":4}}'),
        (kept('array', 0, b'[]'), b'{"$$djng":{"full":1,"c":"broadcast","e":7,"v":4,"n":0,"items":[]}}'),
        (kept('array', 2, b'[ 1 ,"]"]'), b'{"$$djng":{"full":1,"c":"broadcast","e":7,"v":4,"n":2,"items":[ 1 ,"]"]}}'),
    ],
    ids=['new', 'empty object', 'object', 'empty array', 'array'],
)
def test_snapshots(collection: Kept, frame: bytes) -> None:
    """A snapshot has the collection's own text in it, byte for byte."""
    assert frames.snapshot('broadcast', collection) == frame
    assert list(json.loads(frame))[-1] == '$$djng'


def test_answers() -> None:
    """Hello, acknowledgement and refusal are what the wire says, any name included."""
    hello = {'me': 'ab', 'sub': ['broadcast', 'group:ü'], 'pub': []}
    assert json.loads(frames.hello('ab', subscribed=['broadcast', 'group:ü'], published=[])) == {'$$djng': hello}
    assert frames.acknowledgement(7, 'user', Applied(3, 2)) == b'{"$$djng":{"ack":7,"c":"user","e":3,"v":2}}'
    acknowledged = Acknowledged(3, 2, 5)
    assert frames.acknowledgement(7, 'user', acknowledged) == b'{"$$djng":{"ack":7,"c":"user","e":3,"v":2,"n":5}}'
    assert json.loads(frames.refusal(7, {'\ud800': ['no']})) == {'$$djng': {'s': 7, 'errors': {'\ud800': ['no']}}}
    assert frames.refusal(None, {'': ['no']}) == b'{"$$djng":{"errors":{"":["no"]}}}'
    assert frames.remark(['a'], {'b': ['no']}) == b'{"$$djng":{"of":["a"],"errors":{"b":["no"]}}}'
