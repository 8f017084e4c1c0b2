"""A key that another program uses: sockets are closed with the reason, it is logged once, and it passes."""

from __future__ import annotations

import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from djng.relay.strangers import REASON, Strangers
from tests.bound import bound
from tests.servers import PATIENCE, Redis, Runserver
from tests.sockets import heard


def must_be_closed(websocket: ClientConnection) -> None:
    """Fail unless a socket is closed, and told why."""
    deadline = time.monotonic() + PATIENCE
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            heard(websocket, timeout=deadline - time.monotonic())
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, REASON)


def test_a_key_of_another_type(runserver: Runserver, redis_clean: Redis) -> None:
    """Bound sockets are closed with 1011 until it is gone, and the log says what to do, once."""
    before = len(runserver.output())
    redis_clean.client.rpush('broadcast:foobar', 'a job of some queue')
    for _ in range(3):
        with bound(runserver) as a:
            must_be_closed(a.websocket)
    assert redis_clean.client.lrange('broadcast:foobar', 0, -1) == [b'a job of some queue']
    log = runserver.output()[before:]
    assert log.count('Another program keeps something under the key') == 1
    assert "'broadcast:foobar'" in log
    assert 'WS4REDIS_PREFIX' in log
    assert 'Lost' not in log
    redis_clean.client.delete('broadcast:foobar')
    with bound(runserver) as a:
        a.knows()
        a.say({'a': 1})
        a.shows({'a': 1})
        # It may come while sockets are open.
        redis_clean.client.delete('broadcast:foobar')
        redis_clean.client.rpush('broadcast:foobar', 'a job of some queue')
        a.say({'a': 2})
        must_be_closed(a.websocket)
    assert runserver.output()[before:].count('Another program keeps something under the key') == 2


def test_what_is_told_of_a_key(caplog: pytest.LogCaptureFixture) -> None:
    """Each is told of once until it could be read, without the key of a session, and so are not all there may be."""
    strangers = Strangers()
    for _ in range(2):
        strangers.meet('session:s3cret:inbox')
        strangers.meet(b'user:mary:inbox')
    assert len(caplog.messages) == 2
    assert 's3cret' not in caplog.text
    strangers.forget(b'user:mary:inbox')
    strangers.meet('user:mary:inbox')
    assert len(caplog.messages) == 3
