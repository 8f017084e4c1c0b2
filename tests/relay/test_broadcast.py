"""A message on its way to many sockets."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djng.relay.broadcast import Broadcast
from djng.relay.connection import encode


def inflate(frame: bytes) -> bytes:
    """Return what an unmasked compressed frame carries, RFC 7692, 7.2.2."""
    assert frame[0] in (0xC1, 0xC2), 'FIN and RSV1, text or binary'
    begin = {126: 4, 127: 10}.get(frame[1], 2)
    return zlib.decompressobj(-15).decompress(frame[begin:] + b'\x00\x00\xff\xff')


@given(st.binary(max_size=50).flatmap(lambda data: st.integers(1, 400).map(lambda n: data * n)))
def test_both_frames_carry_the_message(message: bytes) -> None:
    """The compressed frame gives back what went in, and is never larger than the plain one."""
    broadcast = Broadcast(message)
    assert broadcast.plain == encode(message)
    assert len(broadcast.deflated) <= len(broadcast.plain)
    if broadcast.deflated != broadcast.plain:
        assert inflate(broadcast.deflated) == message


def test_it_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sockets take it, zlib works once."""
    broadcast = Broadcast(json.dumps({f'field_{n}': 'some text' for n in range(100)}).encode())
    first = broadcast.deflated
    monkeypatch.setattr('djng.relay.broadcast.SHARED', None)
    assert broadcast.deflated is first
    assert len(first) < len(broadcast.plain) / 2


def test_short_messages_are_not_worth_it() -> None:
    """Below a kilobyte compressing costs more than it saves."""
    assert not Broadcast(b'x' * 100).is_large
    assert Broadcast(b'x' * 1000).is_large
