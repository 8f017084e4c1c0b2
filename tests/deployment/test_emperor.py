"""``examples/emperor``: pages and sockets in processes of their own, behind nginx or the emperor's own routing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.visitors import BOTH, exchange, heard, is_told_to_come_back, opened, refuse, serve
from tests.servers import NGINX, UWSGI, Nginx, Redis, Uwsgi, free_port, running

needs_nginx = pytest.mark.skipif(not NGINX, reason='needs nginx: apt-get install nginx-light')


@pytest.fixture(scope='module')
def shared_emperor(redis_alone: Redis, examples: Path) -> Iterator[Uwsgi]:
    """An emperor with its vassals."""
    if '--route ' not in subprocess.run([UWSGI, '--help'], capture_output=True, text=True).stdout:
        pytest.skip('needs uWSGI with internal routing: the wheel, or from source with PCRE (libpcre2-dev)')
    server = Uwsgi(redis_alone.port, '--ini', 'emperor/emperor.ini', port=free_port(), cwd=examples, redis_db=2)
    yield server
    server.stop()


@pytest.fixture
def emperor(shared_emperor: Uwsgi) -> Iterator[Uwsgi]:
    """The module's emperor; its log is shown where a test fails."""
    before = len(shared_emperor.output())
    yield shared_emperor
    print(shared_emperor.output()[before:])


def listening(examples: Path, *, port: int, without: str = '', instead: str = '') -> Path:
    """Write a configuration of nginx that listens at ``port``, with something left out or exchanged."""
    text = (examples / 'nginx.conf').read_text()
    for old, new in (('listen 127.0.0.1:8080;', f'listen 127.0.0.1:{port};'), (without, instead)):
        assert old in text
        text = text.replace(old, new)
    conf = examples / f'nginx-{port}.conf'
    conf.write_text(text)
    return conf


def test_internal_route(emperor: Uwsgi) -> None:
    """The emperor serves by routing requests to its vassals."""
    serve(emperor)


@needs_nginx
def test_nginx(emperor: Uwsgi, examples: Path) -> None:
    """nginx serves from the vassals' Unix sockets; who comes another way hears the same."""
    port = free_port()
    nginx = Nginx(listening(examples, port=port), port=port)
    with running(nginx):
        serve(nginx)
        with opened(nginx, 'ways?subscribe-broadcast') as one, opened(emperor, 'ways?publish-broadcast') as two:
            two.send('by the route')
            assert heard(one) == 'by the route'


@needs_nginx
def test_nginx_without_host(emperor: Uwsgi, examples: Path) -> None:
    """ws4redis' section for nginx, which passes no Host: pages of ALLOWED_HOSTS may open sockets, others may not."""
    port = free_port()
    nginx = Nginx(listening(examples, port=port, without='proxy_set_header Host $http_host;'), port=port)
    with running(nginx):
        exchange(nginx, 'no-host', origin=f'http://127.0.0.1:{port}')
        refuse(nginx, 'https://evil.example')


@needs_nginx
def test_nginx_by_uwsgi_pass(emperor: Uwsgi, examples: Path) -> None:
    """WebSockets pass nginx' uwsgi_pass as well."""
    port = free_port()
    text = (examples / 'nginx.conf').read_text()
    parameters = '\n'.join(line for line in text.splitlines() if line.strip().startswith('uwsgi_param '))
    conf = listening(
        examples,
        port=port,
        without='proxy_pass http://unix:var/websocket.http.socket;',
        instead=f'uwsgi_pass unix:var/websocket.socket;\n{parameters}',
    )
    nginx = Nginx(conf, port=port)
    with running(nginx):
        serve(nginx)


def test_touched_vassal(emperor: Uwsgi, examples: Path) -> None:
    """Touching a vassal's file reloads it: its sockets are told to come back, and find what was kept."""
    with opened(emperor, f'touched?{BOTH}') as one, opened(emperor, f'touched?{BOTH}') as two:
        one.send('{"home": 3}')
        assert heard(two) == '{"home": 3}'
        (examples / 'emperor' / 'vassals' / 'websocket.ini').touch()
        is_told_to_come_back(two)
    assert emperor.get('/')[0] == 200
    with opened(emperor, f'touched?{BOTH}') as one:
        assert heard(one) == '{"home": 3}'
