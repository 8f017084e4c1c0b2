"""uWSGI's own HTTP router in front, started as ws4redis documents it for a site of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.deployment.visitors import BOTH, exchange, heard, opened, serve
from tests.servers import Redis, Uwsgi, free_port, running

OPTIONS = ['--module', 'wsgi', '--master', '--die-on-term', '--need-app', '--gevent', '5']


@pytest.fixture
def router(redis_alone: Redis, examples: Path, request: pytest.FixtureRequest) -> Iterator[Uwsgi]:
    """uWSGI with one worker behind its router; its log is shown where a test fails."""
    port = free_port()
    http = ['--http', f'127.0.0.1:{port}', '--static-map', f'/static={examples}/var/static', *request.param]
    server = Uwsgi(redis_alone.port, *http, *OPTIONS, port=port, cwd=examples, redis_db=4)
    with running(server):
        yield server
    print(server.output())


@pytest.mark.parametrize('router', [['--http-websockets']], indirect=True, ids=['with --http-websockets'])
def test_router(router: Uwsgi) -> None:
    """All is as without the router, and ``--gevent 5`` carries 100 open sockets, pages beside them."""
    serve(router)
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(20) as pool:
        sockets = list(pool.map(lambda n: stack.enter_context(opened(router, f'many?{BOTH}')), range(100)))
        sockets[0].send('hello')
        assert [heard(websocket) for websocket in sockets[1:]] == ['hello'] * 99
        assert router.get('/')[0] == 200
        exchange(router, 'others')
