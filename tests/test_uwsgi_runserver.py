"""The relay in a process that gevent has patched, or not; ``tests/deployment`` starts the examples."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.deployment.visitors import exchange, refuse
from tests.servers import ROOT, Redis, Uwsgi, free_port

OPTIONS = ['--master', '--die-on-term', '--need-app', '--gevent', '5']
WS4REDIS = str(Path(__file__).parent / 'deployment' / 'wsgi_ws4redis.py')


@pytest.mark.parametrize(
    'how',
    [
        ['--gevent-monkey-patch', '--module', 'wsgi'],
        ['--gevent-early-monkey-patch', '--module', 'wsgi'],
        ['--wsgi-file', WS4REDIS],
    ],
    ids=['patched', 'patched early', "redis-py on gevent's sockets"],
)
def test_patched(redis_clean: Redis, how: list[str]) -> None:
    """gevent may have patched everything, or, as ws4redis documents it, the sockets of redis-py."""
    port = free_port()
    http = ['--http-socket', f'127.0.0.1:{port}']
    server = Uwsgi(redis_clean.port, *http, *OPTIONS, *how, port=port, cwd=ROOT / 'examples')
    try:
        exchange(server, 'subscribe_data')
        refuse(server, 'https://evil.example')
    finally:
        server.stop()
        print(server.output())


def test_health_while_redis_hangs() -> None:
    """A Redis that holds the connection and does not answer is a 503, in time, and nothing is raised."""
    redis_server, port = Redis(), free_port()
    http = ['--http-socket', f'127.0.0.1:{port}', '--module', 'wsgi']
    server = Uwsgi(redis_server.port, *http, *OPTIONS, port=port, cwd=ROOT / 'examples')
    try:
        assert server.get('/ws/-/health') == (200, b'ok\n')
        redis_server.send(signal.SIGSTOP)
        assert server.get('/ws/-/health') == (503, b'Redis does not answer\n')
        assert 'Traceback' not in server.output()
    finally:
        redis_server.send(signal.SIGCONT)
        server.stop()
        redis_server.stop()
        print(server.output())
