"""Servers of a project that declares facilities."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.relay.declaring import APPS
from tests.servers import ROOT, Redis, Runserver, Uwsgi, free_port
from tests.sockets import server_with


@pytest.fixture(scope='package')
def both_servers(redis_server: Redis) -> Iterator[dict[str, Any]]:
    """The project with facilities under runserver and under uWSGI."""
    settings = {'INSTALLED_APPS': APPS, 'WS4REDIS_EXPIRE': 60}
    port = free_port()
    with server_with(redis_server, **settings) as runserver:
        uwsgi = Uwsgi(
            redis_server.port,
            *['--http-socket', f'127.0.0.1:{port}', '--master', '--die-on-term', '--need-app', '--gevent', '20'],
            *['--module', 'wsgi'],
            port=port,
            cwd=ROOT / 'examples',
            DJANGO_SETTINGS_MODULE='tests.settings',
            TESTS_REDIS_PORT=str(redis_server.port),
            TESTS_SETTINGS=json.dumps(settings),
        )
        yield {'runserver': runserver, 'uwsgi': uwsgi}
        uwsgi.stop()


@pytest.fixture(params=['runserver', 'uwsgi'])
def server(both_servers: dict[str, Any], redis_clean: Redis, request: pytest.FixtureRequest) -> Iterator[Runserver]:
    """Each of them; its log is shown where a test fails."""
    server = both_servers[request.param]
    before = len(server.output())
    yield server
    print(server.output()[before:])
