"""Which keys a channel's collection has: all of them in the channel's slot of a Redis Cluster."""

from __future__ import annotations

from binascii import crc_hqx
from functools import lru_cache
from typing import NamedTuple


class Keys(NamedTuple):
    """The channel itself, which is the key of the collection's text, and its companions."""

    channel: bytes
    fields: bytes
    meta: bytes
    #: What the keys of clients begin with; the client's public name follows.
    client: bytes
    #: What Django code is told of, how far it has been told, what it could not deal with, and who tells it now.
    log: bytes
    seen: bytes
    parked: bytes
    lease: bytes
    #: Who is at the facility that the channel lists the visitors of, as each process has told.
    here: bytes


@lru_cache(4096)
def keys_of(channel: bytes) -> Keys:
    """Return the keys of ``channel``: as a rule ``djng:{broadcast:foobar}:fields`` and so on.

    A channel that has a hash tag of its own is not put into another: ``djng:fields:…``. Where it cannot be a
    tag itself, as ``a}b``, of which only ``a`` would be, a number of the same slot is the tag.
    """
    if tag_of(channel) is not None:
        prefix, suffix = b'djng:', b':' + channel
    elif channel and b'}' not in channel:
        prefix, suffix = b'djng:{' + channel + b'}:', b''
    else:
        prefix, suffix = b'djng:{%d}:' % _number_in(slot_of(channel)), b':' + channel
    keys = Keys(channel, *(prefix + what.encode() + suffix for what in Keys._fields[1:]))
    return keys._replace(client=keys.client + b':')


def tag_of(key: bytes) -> bytes | None:
    """Return the hash tag of ``key``: what is within its first brace, if this is closed and not empty."""
    _, is_open, rest = key.partition(b'{')
    tag, is_closed, _ = rest.partition(b'}')
    return tag if is_open and is_closed and tag else None


def slot_of(key: bytes) -> int:
    """Return the slot of ``key`` in a Redis Cluster: the CRC-16 of its tag, or of all of it."""
    tag = tag_of(key)
    return crc_hqx(key if tag is None else tag, 0) % 16384


def _number_in(slot: int) -> int:
    number = 0
    while crc_hqx(b'%d' % number, 0) % 16384 != slot:
        number += 1
    return number
