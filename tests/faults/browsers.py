"""Browsers of these tests: obliging ones, and bare sockets that do what no browser does."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from tests.servers import PATIENCE

#: Subscribed to, and publishing on, the broadcast channel.
BOTH = 'subscribe-broadcast&publish-broadcast'


@contextlib.contextmanager
def opened(server: Any, path: str = f'foobar?{BOTH}', **options: Any) -> Iterator[ClientConnection]:
    """A socket to ``server`` that does not ping by itself."""
    with connect(server.url(path), ping_interval=None, compression=None, close_timeout=1, **options) as websocket:
        yield websocket


def heard(websocket: ClientConnection, *, patience: float = PATIENCE) -> str | bytes:
    """Return the next message that is no heartbeat."""
    deadline = time.monotonic() + patience
    while (message := websocket.recv(timeout=max(0.0, deadline - time.monotonic()))) == '--heartbeat--':
        pass
    return message


def heard_until(websocket: ClientConnection, last: str, *, patience: float = PATIENCE) -> list[str | bytes]:
    """Return the messages up to ``last``, with it; ``patience`` is for each of them."""
    messages = [heard(websocket, patience=patience)]
    while messages[-1] != last:
        messages.append(heard(websocket, patience=patience))
    return messages


def code_of_goodbye(websocket: ClientConnection, *, patience: float = PATIENCE) -> int | None:
    """Return the code that the server closes with, 1006 if it says none; what comes before is read and dropped."""
    deadline = time.monotonic() + patience
    try:
        while True:
            websocket.recv(timeout=max(0.0, deadline - time.monotonic()))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def request(path: str = f'foobar?{BOTH}') -> bytes:
    """Return the request that opens a socket."""
    return (
        f'GET /ws/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
    ).encode()


def bare(port: int, path: str = f'foobar?{BOTH}', *, receive_buffer: int | None = None) -> socket.socket:
    """Return an open WebSocket as a bare TCP socket; whoever asks for it closes it."""
    sock = socket.socket()
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(PATIENCE)
    try:
        sock.connect(('127.0.0.1', port))
        sock.sendall(request(path))
        answer = b''
        while not answer.endswith(b'\r\n\r\n'):
            byte = sock.recv(1)  # not a byte of the first frame
            assert byte, answer
            answer += byte
        assert answer.startswith(b'HTTP/1.1 101 '), answer
    except BaseException:
        sock.close()
        raise
    return sock


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as a browser sends it."""
    return Frame(opcode, data, fin).serialize(mask=True)


def reset(sock: socket.socket) -> None:
    """Close ``sock`` by RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    sock.close()
