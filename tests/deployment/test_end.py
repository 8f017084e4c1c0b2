"""Ending and reloading, with sockets open."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.visitors import BOTH, heard, is_told_to_come_back, opened
from tests.servers import PATIENCE, Redis, Uwsgi, eventually, free_port


@pytest.fixture
def uwsgi(redis_alone: Redis, examples: Path) -> Iterator[Uwsgi]:
    """uWSGI with two workers, of which nothing may be left; its log is shown where a test fails."""
    server = Uwsgi(redis_alone.port, '--ini', 'uwsgi.ini', port=free_port(), cwd=examples, redis_db=3)
    yield server
    server.stop()
    print(server.output())


def workers(redis_alone: Redis) -> list[str]:
    """Return the Redis clients by which workers listen."""
    clients = redis_alone.client.client_list()
    return [client['id'] for client in clients if client['db'] == '3' and client['sub'] != '0']


def test_reload(uwsgi: Uwsgi, redis_alone: Redis) -> None:
    """On SIGHUP sockets are told to come back, and find what was kept at the new workers."""
    path = f'reload?{BOTH}'
    with opened(uwsgi, path) as one, opened(uwsgi, path) as two:
        before = workers(redis_alone)
        one.send('{"home": 3}')
        assert heard(two) == '{"home": 3}'
        uwsgi.tell(signal.SIGHUP)
        is_told_to_come_back(one)
        is_told_to_come_back(two)
    # Who comes back meanwhile waits in the queue of the socket that the master hands to its next self.
    with opened(uwsgi, path) as one, opened(uwsgi, path) as two:
        assert heard(one) == heard(two) == '{"home": 3}'
        two.send('{"home": 4}')
        assert heard(one) == '{"home": 4}'
        assert not set(before) & set(workers(redis_alone))


def test_end(uwsgi: Uwsgi, redis_alone: Redis) -> None:
    """On SIGTERM sockets are told to come back, and nothing is left: no process, no client of Redis."""
    with opened(uwsgi, f'end?{BOTH}') as one, opened(uwsgi, f'end?{BOTH}') as two:
        begin = time.monotonic()
        uwsgi.tell(signal.SIGTERM)
        is_told_to_come_back(one)
        is_told_to_come_back(two)
        assert uwsgi.wait() == 0
        assert time.monotonic() - begin < PATIENCE / 2
    with pytest.raises(ProcessLookupError):
        os.killpg(uwsgi.pid, 0)
    eventually(lambda: not workers(redis_alone), 'Redis without clients')
