"""A connection of the relay on an asyncio loop, and the browser's end of its socket, without any server between."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from djng.relay.connection import Connection

#: Seconds that anything awaited here may take.
PATIENCE = 20.0


class Wire:
    """A :class:`Connection` and its peer; ``messages`` and ``closed`` are what the relay's side heard."""

    def __init__(self, **options: Any) -> None:
        self.messages: list[str | bytes] = []
        self.closed: list[tuple[int, str]] = []
        ours, self.peer = socket.socketpair()
        self.peer.setblocking(False)
        self.protocol = Protocol(Side.CLIENT, state=OPEN, max_size=None)
        self.frames: list[Frame] = []
        self.connection = Connection(
            ours,
            asyncio.get_running_loop(),
            on_message=self.messages.append,
            on_close=lambda code, reason: self.closed.append((code, reason)),
            **options,
        )
        self.connection.start()

    async def write(self, data: bytes) -> None:
        """Send raw bytes from the browser's end."""
        await asyncio.wait_for(asyncio.get_running_loop().sock_sendall(self.peer, data), PATIENCE)

    async def read(self, *, answer: bool = True) -> bool:
        """Read once at the browser's end, and answer what wants an answer; false at the end of TCP."""
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.peer, 65536), PATIENCE)
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        self.frames += self.protocol.events_received()  # type: ignore[arg-type]  # frames only, after the handshake
        for chunk in self.protocol.data_to_send() if answer else ():
            if chunk:
                await self.write(chunk)
            else:
                self.peer.shutdown(socket.SHUT_WR)
        return bool(data)

    async def read_to_end(self) -> None:
        """Read at the browser's end until the relay closes, answering its close frame."""
        while await self.read():
            pass

    def texts(self) -> list[str]:
        """Return the texts that arrived at the browser's end, in frames of one fragment each."""
        return [bytes(frame.data).decode() for frame in self.frames if frame.opcode is Opcode.TEXT]

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the loop turn until ``condition()`` is true."""

        async def turn() -> None:
            while not condition():
                await asyncio.sleep(0)

        await asyncio.wait_for(turn(), PATIENCE)


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as a browser sends it."""
    return Frame(opcode, data, fin).serialize(mask=True)
