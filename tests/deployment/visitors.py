"""What every deployment must do, said by two browsers' worth of clients."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.servers import PATIENCE, WebServer

BOTH = 'subscribe-broadcast&publish-broadcast'

#: More than Chromium puts into one frame (131,000 bytes), and than any buffer on the way holds.
LARGE = 'ä' * 500_000


@contextlib.contextmanager
def opened(server: WebServer, path: str, **options: Any) -> Iterator[ClientConnection]:
    """A socket to ``server`` that does not ping by itself."""
    with connect(
        server.url(path), ping_interval=None, compression=None, open_timeout=PATIENCE, max_size=None, **options
    ) as websocket:
        yield websocket


def heard(websocket: ClientConnection) -> str | bytes:
    """Return the next message that is no heartbeat."""
    deadline = time.monotonic() + PATIENCE
    while (message := websocket.recv(timeout=PATIENCE)) == '--heartbeat--':
        assert time.monotonic() < deadline, f'nothing but heartbeats within {PATIENCE} s'
    return message


def is_told_to_come_back(websocket: ClientConnection) -> None:
    """The socket closes with 1012, service restart."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            websocket.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


def declare_any(module: Path) -> None:
    """Let facilities of any name be open to all, beside those that ``module`` declares: tests need clean ones."""
    with module.open('a') as file:
        file.write("\n\nfacilities.register('<name>')(facilities.Facility)\n")


def exchange(server: WebServer, facility: str, *, origin: str | None = None) -> None:
    """Two browsers hear each other, at once and whole, and one that comes late hears what is kept."""
    path = f'{facility}?{BOTH}'
    with opened(server, path, origin=origin) as one, opened(server, path, origin=origin) as two:
        one.send('{"home": 3}')
        assert heard(two) == '{"home": 3}'
        two.send(LARGE)
        assert heard(one) == LARGE
        one.send(LARGE[n : n + 60_000] for n in range(0, len(LARGE), 60_000))
        assert heard(two) == LARGE
        with opened(server, path, origin=origin) as late:
            assert heard(late) == LARGE
            two.send('end')
            assert heard(late) == heard(one) == 'end'


def refuse(server: WebServer, origin: str) -> None:
    """A page of ``origin`` may not open a socket."""
    with pytest.raises(InvalidStatus) as refused, opened(server, f'foobar?{BOTH}', origin=origin):
        pass
    assert refused.value.response.status_code == 403


def serve(server: WebServer) -> None:
    """Do all that a deployment is for: pages, static files beside them, sockets for its own pages and no others."""
    status, page = server.get('/threeway_databinding/')
    assert (status, b'ng-app' in page) == (200, True)
    status, script = server.get('/static/djng/js/django-angular.min.js')
    assert (status, b'djng.websocket' in script) == (200, True)
    exchange(server, f'at-{server.port}', origin=f'http://127.0.0.1:{server.port}')
    refuse(server, 'https://evil.example')
