"""What waits to be written to one socket: written at once where it can be, kept in order where it can't, bounded."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable

from djng.relay.primitives import Loop

#: Bytes of small frames that leave in one write: joining all that waits, for each write anew, would cost its square.
WRITE_SIZE = 64 * 1024


class Full(Exception):
    """More waits than may; whoever reads this socket is too slow."""


class Outbox:
    """The writing side of a non-blocking socket on ``loop``.

    ``on_error()`` is called when the socket turns out to be broken while nobody writes, ``on_empty()`` when the last of
    what waited has been written.
    """

    __slots__ = ('_limit', '_loop', '_on_empty', '_on_error', '_send', '_size', '_sock', '_waiting')

    def __init__(
        self,
        sock: socket.socket,
        loop: Loop,
        limit: int,
        *,
        on_error: Callable[[], object],
        on_empty: Callable[[], object],
    ) -> None:
        self._sock = sock
        self._send = sock.send
        self._loop = loop
        self._limit = limit
        self._on_error = on_error
        self._on_empty = on_empty
        # Most sockets never have anything waiting, so there is no list for it.
        self._waiting: deque[bytes | memoryview] | None = None
        self._size = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._waiting is None

    def write(self, data: bytes) -> None:
        """Write ``data`` behind what waits, or let it wait too; never blocks.

        Raises :exc:`OSError` if the socket is broken, and :exc:`Full` if more than the limit waits then; what was begun
        by then still goes out whole, ``data`` does not.
        """
        if self._waiting is None:
            try:
                sent = self._send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            if sent < len(data):
                # Not a copy: a large frame waits once, for however many readers.
                self._waiting = deque([memoryview(data)[sent:]])
                self._size = len(data) - sent
                self._loop.add_writer(self._sock.fileno(), self._writable)
            return
        if self._size + len(data) > self._limit:
            raise Full
        self._waiting.append(data)
        self._size += len(data)

    def put(self, data: bytes) -> None:
        """Write ``data`` as :meth:`write` does, however much waits: for a last word."""
        limit, self._limit = self._limit, self._size + len(data)
        try:
            self.write(data)
        finally:
            self._limit = limit

    def close(self) -> None:
        """Forget what waits, and whom to call; the socket is about to be closed."""
        self._on_error = self._on_empty = _nothing
        self._clear()

    def _clear(self) -> None:
        if self._waiting is not None:
            self._waiting = None
            self._size = 0
            self._loop.remove_writer(self._sock.fileno())

    def _writable(self) -> None:
        assert self._waiting
        waiting = self._waiting
        data = waiting.popleft()
        if waiting and len(data) + len(waiting[0]) <= WRITE_SIZE:
            batch, size = [data], len(data)
            while waiting and size + len(waiting[0]) <= WRITE_SIZE:
                batch.append(waiting.popleft())
                size += len(batch[-1])
            data = b''.join(batch)
        try:
            sent = self._send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._on_error()
            return
        self._size -= sent
        if sent < len(data):
            waiting.appendleft(memoryview(data)[sent:])
        elif not waiting:
            self._clear()
            self._on_empty()


def _nothing() -> None:
    pass
