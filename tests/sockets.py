"""Browsers at a development server: what they open, say and hear."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.servers import PATIENCE, Redis, Runserver

#: Subscribed to, and publishing on, the broadcast channel.
BOTH = 'subscribe-broadcast&publish-broadcast'
#: What makes a socket a bound one.
CLIENT_ID = '0123456789abcdef0123456789abcdef'


@contextlib.contextmanager
def opened(server: Runserver, path: str, **options: Any) -> Iterator[ClientConnection]:
    """A socket to ``server`` that does not ping by itself."""
    with connect(server.url(path), ping_interval=None, compression=None, **options) as websocket:
        yield websocket


def heard(websocket: ClientConnection, *, timeout: float = PATIENCE) -> str | bytes:
    """Return the next message that is no heartbeat; raises TimeoutError when none comes within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while (message := websocket.recv(timeout=max(0.0, deadline - time.monotonic()))) == '--heartbeat--':
        pass
    return message


def all_heard(websocket: ClientConnection, last: str) -> list[str | bytes]:
    """Return the messages up to ``last``, without it; whoever publishes it last has proof of what came before."""
    messages = []
    while (message := heard(websocket)) != last:
        messages.append(message)
    return messages


def publish(redis_server: Redis, channel: str, *messages: str) -> None:
    """Publish ``messages`` as any program might, in one pipeline."""
    pipeline = redis_server.client.pipeline(transaction=False)
    for message in messages:
        pipeline.publish(channel, message)
    pipeline.execute()


def session_cookie(user: Any) -> dict[str, str]:
    """Sign ``user`` in, and return the headers by which a browser shows it."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return {'Cookie': f'sessionid={client.cookies["sessionid"].value}'}


@contextlib.contextmanager
def server_with(
    redis_server: Redis, *arguments: str, env: dict[str, str] | None = None, **settings: Any
) -> Iterator[Runserver]:
    """A development server with other settings."""
    server = Runserver(
        redis_server.port, *(arguments or ('--noreload',)), TESTS_SETTINGS=json.dumps(settings), **(env or {})
    )
    try:
        yield server
    finally:
        server.stop()
        print(server.output())
