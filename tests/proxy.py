"""A bad network: a TCP proxy on the loopback interface whose links a test delays, stalls, cuts and half-closes."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.servers import PATIENCE

#: SO_LINGER with a timeout of 0: closing then sends RST in place of FIN (socket(7)).
_RESET = struct.pack('ii', 1, 0)


class Way(enum.Enum):
    """In which direction something travels."""

    TO_SERVER = 'to the server'
    TO_CLIENT = 'to the client'


class Proxy:
    """Takes connections on :attr:`port` and passes their bytes on to ``target``, a port of the loopback interface.

    It runs in a thread of its own; its methods are called from any other and return when they have taken effect.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._delay = 0.0
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._flowing = {way: asyncio.Event() for way in Way}
        for flowing in self._flowing.values():
            flowing.set()
        self._listener = socket.create_server(('127.0.0.1', 0), backlog=1024)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name='proxy')
        self._thread.start()

    # Called by tests.

    @property
    def links(self) -> int:
        """How many connections go through it."""
        return len(self._links)

    def delay(self, seconds: float) -> None:
        """Hold whatever is read back for ``seconds`` before it is passed on, in both directions."""
        self._do(setattr, self, '_delay', seconds)

    def stall(self, *ways: Way) -> None:
        """Pass nothing on, neither bytes nor the end of a connection, in ``ways`` (both if none is given).

        New connections are accepted, as a hanging network's listen queue does. What is written meanwhile waits.
        """
        self._do(self._let_flow, ways or tuple(Way), False)

    def heal(self) -> None:
        """Undo :meth:`delay` and :meth:`stall`; what waited is passed on."""
        self.delay(0)
        self._do(self._let_flow, tuple(Way), True)

    def cut(self, *, reset: bool = False) -> None:
        """End all connections that there are, on both sides: by FIN, or by RST where ``reset`` is true."""
        self._do(self._cut, reset)

    def half_close(self, way: Way) -> None:
        """Say the end of TCP in one direction on all connections that there are; the other direction goes on."""
        self._do(self._half_close, way)

    def strand(self) -> None:
        """Carry nothing on the connections that there are, for ever, as a firewall that forgot them; new ones work."""
        self._do(self._strand)

    def close(self) -> None:
        """End all connections and the proxy."""
        self._do(self._end)
        self._thread.join(PATIENCE)
        self._loop.close()

    # Called in the proxy's thread.

    def _do(self, function: Callable[..., Any], *args: Any) -> None:
        async def call() -> None:
            answer = function(*args)
            if asyncio.iscoroutine(answer):
                await answer

        asyncio.run_coroutine_threadsafe(call(), self._loop).result(PATIENCE)

    def _run(self) -> None:
        self._accepting = self._loop.create_task(self._accept())
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._accepting)
        self._loop.run_until_complete(self._cut(reset=True))
        self._listener.close()

    def _end(self) -> None:
        self._accepting.cancel()

    def _let_flow(self, ways: tuple[Way, ...], flows: bool) -> None:
        for way in ways:
            if flows:
                self._flowing[way].set()
            else:
                self._flowing[way].clear()

    async def _cut(self, reset: bool) -> None:
        links = list(self._links)
        for link in links:
            if reset:
                link.end_by_reset()
            link.end()
        if links:
            await asyncio.wait([link.task for link in links])

    def _strand(self) -> None:
        for link in self._links:
            link.is_stranded = True

    def _half_close(self, way: Way) -> None:
        for link in self._links:
            with contextlib.suppress(OSError):
                link.sinks[way].shutdown(socket.SHUT_WR)

    async def _accept(self) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            link = _Link(client)
            self._links.add(link)
            link.task = self._loop.create_task(self._carry(link))
            link.task.add_done_callback(lambda task, link=link: self._ended(link))

    def _ended(self, link: _Link) -> None:
        link.close()
        self._links.discard(link)

    async def _carry(self, link: _Link) -> None:
        try:
            await self._loop.sock_connect(link.sinks[Way.TO_SERVER], ('127.0.0.1', self._target))
        except OSError:
            link.end_by_reset()
            return
        link.pumps = [self._loop.create_task(self._pump(link, way)) for way in Way]
        await asyncio.wait(link.pumps)

    async def _pump(self, link: _Link, way: Way) -> None:
        source, sink = link.sources[way], link.sinks[way]
        data = b'?'
        try:
            while data:
                # Nothing is even read while the link stalls, so that writers meet full buffers, as they would.
                await self._flowing[way].wait()
                data = await self._loop.sock_recv(source, 65536)
                await asyncio.sleep(self._delay)
                await self._flowing[way].wait()
                if link.is_stranded:
                    await asyncio.Event().wait()
                if data:
                    await self._loop.sock_sendall(sink, data)
            with contextlib.suppress(OSError):  # half-closed by a test before
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            link.end_by_reset()  # what one side meets the other one shall meet
            link.end()


class _Link:
    """One connection on its way through: the proxy's ends of both of its halves."""

    task: asyncio.Task[None]
    pumps: list[asyncio.Task[None]]

    def __init__(self, client: socket.socket) -> None:
        server = socket.socket()
        server.setblocking(False)
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pumps = []
        self.is_stranded = False
        self.sources = {Way.TO_SERVER: client, Way.TO_CLIENT: server}
        self.sinks = {Way.TO_SERVER: server, Way.TO_CLIENT: client}

    def end(self) -> None:
        # Descriptors are closed when no task watches them any more.
        for task in self.pumps or [self.task]:
            task.cancel()

    def end_by_reset(self) -> None:
        for sock in self.sinks.values():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def close(self) -> None:
        for sock in self.sinks.values():
            sock.close()


@contextlib.contextmanager
def proxied(target: int) -> Iterator[Proxy]:
    """A proxy before ``target`` that ends with the block."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
