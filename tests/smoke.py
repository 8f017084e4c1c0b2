"""Start the development server and let two sockets exchange a change: ``python -m tests.smoke``."""

from __future__ import annotations

import platform

import django
import redis
from websockets.sync.client import connect

from tests.servers import PATIENCE, Redis, Runserver, running

PATH = 'foobar?subscribe-broadcast&publish-broadcast'


def main() -> None:
    """Fail unless what one socket says arrives at the other, and at a late comer."""
    redis_server = Redis()
    with running(redis_server):
        server = Runserver(redis_server.port, '--noreload')
        with running(server):
            with connect(server.url(PATH)) as one, connect(server.url(PATH)) as two:
                one.send('{"home": 3}')
                assert two.recv(timeout=PATIENCE) == '{"home": 3}', server.output()
            with connect(server.url(PATH)) as late:
                assert late.recv(timeout=PATIENCE) == '{"home": 3}', server.output()
    print(
        f'Python {platform.python_version()}, Django {django.get_version()}, redis-py {redis.__version__}: '
        'two sockets exchanged a change.'
    )


if __name__ == '__main__':
    main()
