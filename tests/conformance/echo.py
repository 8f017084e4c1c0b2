"""An echo server on :class:`djng.relay.connection.Connection`, for conformance tests.

``python -m tests.conformance.echo`` prints the port that it listens on, and runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

from websockets.frames import Frame, Opcode

from djng.relay import handshake
from djng.relay.broadcast import SHARED, Broadcast
from djng.relay.connection import Connection

#: Bytes of the largest message that the test cases send, and of what may wait for a tester that reads late.
MAX_SIZE, OUTBOX_LIMIT = 32 * 1024 * 1024, 64 * 1024 * 1024


def environ(head: bytes) -> dict[str, Any]:
    """Return what a WSGI server makes of a request's head, as far as a handshake needs it."""
    _, *lines = head.decode('latin-1').split('\r\n')
    headers = (line.split(': ', 1) for line in lines if line)
    return {f'HTTP_{name.upper().replace("-", "_")}': value for name, value in headers}


async def serve(sock: socket.socket) -> None:
    """Answer the handshake on ``sock``, then send back whatever message comes."""
    loop = asyncio.get_running_loop()
    received = b''
    while b'\r\n\r\n' not in received:
        chunk = await loop.sock_recv(sock, 65536)
        if not chunk:
            sock.close()
            return
        received += chunk
    head, _, early = received.partition(b'\r\n\r\n')
    answer = handshake.accept(environ(head))
    await loop.sock_sendall(sock, bytes(answer))
    deflates = handshake.deflates(answer.extensions)

    def echo(message: str | bytes) -> None:
        if isinstance(message, bytes):
            frame = Frame(Opcode.BINARY, message).serialize(mask=False, extensions=[SHARED] if deflates else [])
        else:
            broadcast = Broadcast(message.encode())
            frame = broadcast.deflated if deflates else broadcast.plain
        connection.send(frame)

    connection = Connection(
        sock,
        loop,
        on_message=echo,
        on_close=lambda code, reason: None,
        extensions=answer.extensions,
        max_size=MAX_SIZE,
        outbox_limit=OUTBOX_LIMIT,
    )
    connection.start(early)


async def listen() -> None:
    """Serve whoever comes, until nobody holds the other end of standard input."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(sys.stdin, over.set)
    tasks: set[asyncio.Task[None]] = set()
    with socket.create_server(('127.0.0.1', 0), backlog=128) as listener:
        listener.setblocking(False)
        print(listener.getsockname()[1], flush=True)

        async def accept() -> None:
            while True:
                sock, _ = await loop.sock_accept(listener)
                task = loop.create_task(serve(sock))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        accepting = loop.create_task(accept())
        await over.wait()
        accepting.cancel()
        await asyncio.wait([accepting])


if __name__ == '__main__':
    asyncio.run(listen())
