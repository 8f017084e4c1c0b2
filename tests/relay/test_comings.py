"""Sockets that come and go are logged where somebody listens, and wait while Redis is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from djng import signals
from djng.django_runserver import ThreadPrimitives
from djng.relay import comings
from djng.relay.comings import Comings
from djng.state.keys import keys_of
from djng.state.log import Entry, who
from tests.servers import Redis, eventually

LOG = keys_of(b'socket:scores').log
MARY = who(user='5', address='192.0.2.1')


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    """Have somebody listen to the facility scores."""

    def receive(**kwargs: object) -> None:
        pass

    signals.socket_closed.connect(receive, sender='scores')
    yield
    signals.socket_closed.disconnect(receive, sender='scores')


def logged(client: redis.Redis) -> list[Entry]:
    """Return what the log says."""
    return [Entry.read(id, fields) for id, fields in client.xrange(LOG)]


def test_sockets_are_logged_where_somebody_listens(redis_clean: Redis) -> None:
    """Events are in their order, the facility is announced, and others leave no trace."""
    told = Comings(redis_clean.client, ThreadPrimitives())
    told.tell('opened', 'others', MARY)
    for name in ('opened', 'closed'):
        told.tell(name, 'scores', MARY)
    eventually(lambda: told.waiting == 0, 'both events')
    assert [entry.event for entry in logged(redis_clean.client)] == ['opened', 'closed']
    assert logged(redis_clean.client)[0].who == {'user': '5', 'address': '192.0.2.1', 'client': None}
    assert redis_clean.client.zrange('djng:log', 0, -1) == [b'socket:scores']
    assert len(redis_clean.client.keys()) == 2


def test_sockets_wait_for_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is tried again, up to a limit."""
    monkeypatch.setattr(comings, 'AGAIN', 0.05)
    monkeypatch.setattr(comings, 'WAITING_LIMIT', 3)
    server = Redis()
    server.stop()
    told = Comings(redis.Redis(port=server.port), ThreadPrimitives())
    for _ in range(5):
        told.tell('opened', 'scores', MARY)
    assert told.waiting == 3
    server = Redis(server.port)
    eventually(lambda: told.waiting == 0, 'what waited')
    assert len(logged(server.client)) == 3
    server.stop()
