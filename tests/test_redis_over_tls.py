"""WS4REDIS_CONNECTION with ``ssl``: Redis behind a TLS tunnel."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.servers import Redis, Runserver, Server, free_port, running
from tests.sockets import BOTH, heard, opened, publish

#: Larger than a TLS record (16 kB), so that some of it waits in the TLS layer when the socket itself is empty.
LARGE = 'x' * 100_000


@pytest.fixture(scope='module')
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key in the same file."""
    path = tmp_path_factory.mktemp('tls') / 'both.pem'
    names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    files = ['-keyout', str(path), '-out', str(path.with_suffix('.crt'))]
    make = ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', *names, *files]
    subprocess.run(make, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix('.crt').read_text())
    return path


@pytest.fixture
def tunnel(certificate: Path) -> Iterator[tuple[Redis, int]]:
    """A Redis, and the port at which it is reached through TLS."""
    redis_server, port = Redis(), free_port()
    server = Server([sys.executable, '-m', 'tests.tls_tunnel', str(port), str(redis_server.port), str(certificate)])
    with running(redis_server), running(server):
        server.wait_for(lambda: answers(port, certificate), 'the tunnel')
        yield redis_server, port


def answers(port: int, certificate: Path) -> bool:
    """Whether Redis answers through TLS."""
    client = redis.Redis(port=port, host='127.0.0.1', ssl=True, ssl_ca_certs=str(certificate.with_suffix('.crt')))
    try:
        return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()


def test_redis_over_tls(certificate: Path, tunnel: tuple[Redis, int]) -> None:
    """With ``ssl`` all goes through TLS: what is kept, what is said, and bursts that fill more than a record."""
    redis_server, port = tunnel
    connection = {
        'host': '127.0.0.1',
        'port': port,
        'ssl': True,
        'ssl_ca_certs': str(certificate.with_suffix('.crt')),
    }
    settings = json.dumps({'WS4REDIS_CONNECTION': connection})
    server = Runserver(redis_server.port, '--noreload', TESTS_SETTINGS=settings)
    with running(server):
        with opened(server, f'foobar?{BOTH}', max_queue=None) as one, opened(server, f'foobar?{BOTH}') as two:
            one.send(LARGE)
            assert heard(two) == LARGE
            publish(redis_server, 'broadcast:foobar', *(f'{n} {LARGE}' for n in range(50)), 'end')
            for n in range(50):
                assert heard(two) == f'{n} {LARGE}'
            assert heard(two) == 'end'
        with opened(server, f'foobar?{BOTH}') as late:
            assert heard(late) == LARGE
