"""A message on its way to many sockets."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djng.relay.broadcast import Broadcast, Publication
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


ABOUT = '"c":"broadcast","e":1763800000123,"v":42'


def for_plain(message: str) -> str | None:
    """Return what plain sockets are told of a message."""
    broadcast = Publication(message.encode()).for_plain
    return None if broadcast is None else broadcast.message.decode()


def test_each_kind_of_sockets_has_its_rendition() -> None:
    """Bound sockets hear a change as it was published, plain ones as its author said it."""
    message = f'{{"a" :1, "ü":"€","$$djng":{{{ABOUT},"o":"0123456789abcdef","s":7,"del":["b"]}}}}'
    for_bound = Publication(message.encode()).for_bound
    assert for_bound is not None
    assert for_bound.message.decode() == message
    assert for_plain(message) == '{"a" :1, "ü":"€"}'


@pytest.mark.parametrize(
    'message',
    [
        f'{{"$$djng":{{{ABOUT},"del":["a"]}}}}',
        f'{{"a":1,"$$djng":{{{ABOUT},"t":3,"f":"{"0" * 40}"}}}}',
        f'{{"0":1,"$$djng":{{{ABOUT},"n":4}}}}',
    ],
    ids=['only deletions', 'a foreign message taken in', 'an array'],
)
def test_what_plain_sockets_are_not_told(message: str) -> None:
    """Plain sockets hear nothing of deletions, nothing twice, and nothing that they could not understand."""
    assert for_plain(message) is None
    assert Publication(message.encode()).for_bound is not None


@pytest.mark.parametrize(
    'message',
    [
        'no JSON',
        '{"a":1}',
        '{"a":{"$$djng":{"c":"broadcast","e":1,"v":1}}}',
        r'{"a":"\"$$djng\":{\"c\":\"broadcast\",\"e\":1,\"v\":1}}"}',
        '{"$$djng":{"s":1}}',
    ],
)
def test_foreign_messages_are_for_plain_sockets(message: str) -> None:
    """What nobody but its author has seen goes to plain sockets as it is, and to bound ones not at all."""
    assert for_plain(message) == message
    assert Publication(message.encode()).for_bound is None


def test_each_rendition_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sockets of a kind listen, their rendition is encoded once, and none is without listeners."""
    encoded = []
    monkeypatch.setattr('djng.relay.broadcast.encode', lambda message: encoded.append(message) or encode(message))
    message = f'{{"a":1,"$$djng":{{{ABOUT}}}}}'.encode()
    publication = Publication(message)
    assert encoded == []
    for _ in range(3):
        assert publication.for_plain is publication.for_plain
    assert encoded == [b'{"a":1}']
    for _ in range(3):
        assert publication.for_bound is publication.for_bound
    assert encoded == [b'{"a":1}', message]
