"""Channels that have logs are known, and forgotten when there is nothing left of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis

from djng.state.keys import keys_of
from djng.worker.known import FORGOTTEN, channels, forget

Put = Callable[..., Any]


def test_what_is_new_is_known(client: redis.Redis, put: Put) -> None:
    """Those that have been announced since some time are found, all others are not."""
    put('scores', n=1)
    client.zadd('djng:log', {'broadcast:old': time.time() - 1000})
    assert channels(client) == [b'broadcast:old', b'broadcast:scores']
    assert channels(client, time.time()) == [b'broadcast:scores']


def test_what_is_over_is_forgotten(client: redis.Redis, put: Put) -> None:
    """A channel stays known while it has a log, or something parked, or may be thought to be known by who writes it."""
    for facility in ('log', 'parked', 'gone', 'fresh'):
        put(facility, n=1)
    for facility in ('parked', 'gone', 'fresh'):
        client.delete(keys_of(f'broadcast:{facility}'.encode()).log)
    client.xadd(keys_of(b'broadcast:parked').parked, {'error': 'none'})
    for facility in ('log', 'parked', 'gone'):
        client.zadd('djng:log', {f'broadcast:{facility}': time.time() - FORGOTTEN - 1})
    forget(client)
    assert set(channels(client)) == {b'broadcast:log', b'broadcast:parked', b'broadcast:fresh'}
