"""``examples/uwsgi.ini``: pages, sockets and static files in one group of processes."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from djng.relay.counts import names
from tests.deployment.visitors import heard, opened, serve
from tests.servers import Redis, Uwsgi, eventually, free_port

REDIS_DB = 1


@pytest.fixture(scope='module')
def shared_alone(redis_alone: Redis, examples: Path) -> Iterator[Uwsgi]:
    """uWSGI with two workers."""
    server = Uwsgi(redis_alone.port, '--ini', 'uwsgi.ini', port=free_port(), cwd=examples, redis_db=REDIS_DB)
    yield server
    server.stop()


@pytest.fixture
def alone(shared_alone: Uwsgi) -> Iterator[Uwsgi]:
    """The module's uWSGI; its log is shown where a test fails."""
    before = len(shared_alone.output())
    yield shared_alone
    print(shared_alone.output()[before:])


def test_serves(alone: Uwsgi) -> None:
    """Pages, static files and sockets come from one address."""
    serve(alone)


def test_workers_hear_each_other(alone: Uwsgi, redis_alone: Redis) -> None:
    """200 sockets on two workers hear the same, through one subscribed client of Redis for each worker."""
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(20) as pool:
        paths = [f'f{n % 5}?subscribe-broadcast&publish-broadcast' for n in range(200)]
        sockets = list(pool.map(lambda path: stack.enter_context(opened(alone, path)), paths))
        for n, speaker in enumerate(sockets[:5]):
            speaker.send(f'in f{n}')
        assert [heard(websocket) for websocket in sockets[5:]] == [f'in f{n % 5}' for n in range(5, 200)]
        clients = redis_alone.client.client_list()
        assert len([c for c in clients if c['db'] == str(REDIS_DB) and c['sub'] != '0']) == 2


def test_redis_forgets_who_left(alone: Uwsgi, redis_alone: Redis) -> None:
    """When the last socket of a facility closes, nobody is subscribed to it any more."""
    with opened(alone, 'left?subscribe-broadcast'):
        assert redis_alone.client.pubsub_channels('*left') == [b'broadcast:left']
    eventually(lambda: not redis_alone.client.pubsub_channels('*left'), 'nobody subscribed')


def test_counts_are_those_of_all_workers(alone: Uwsgi, examples: Path) -> None:
    """Whichever worker answers tells of the sockets of all, and examples/metrics.ini names all that is counted."""
    registered = re.findall(r'name=djng\.([\w.]+)', (examples / 'metrics.ini').read_text())
    assert registered == list(names())

    def sockets() -> int:
        status, page = alone.get('/ws/-/metrics')
        assert status == 200
        [count] = re.findall(rb'^djng_sockets (\d+)$', page, re.MULTILINE)
        return int(count)

    eventually(lambda: sockets() == 0, 'no sockets left')
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: stack.enter_context(opened(alone, 'counted?subscribe-broadcast')), range(40)))
        eventually(lambda: {sockets() for _ in range(10)} == {40}, 'all workers counting 40 sockets')
    eventually(lambda: sockets() == 0, 'counting no sockets')
    assert alone.get('/ws/-/health') == (200, b'ok\n')
