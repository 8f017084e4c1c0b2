"""What waits to be written to one socket: written at once where it can be, kept in order where it can't, bounded."""

from __future__ import annotations

import itertools
import socket
from collections import deque
from collections.abc import Callable

from djng.relay.primitives import Loop

#: Bytes of small frames that leave in one write: joining all that waits, for each write anew, would cost its square.
WRITE_SIZE = 64 * 1024


class Full(Exception):
    """More waits than may; whoever reads this socket is too slow."""


class Outbox:
    """The writing side of a non-blocking socket on ``loop``; what it is given are whole frames, one or more at a time.

    ``on_error()`` is called when the socket turns out to be broken while nobody writes, ``on_empty()`` when the last of
    what waited has been written.
    """

    __slots__ = (
        '_beyond',
        '_limit',
        '_loop',
        '_on_empty',
        '_on_error',
        '_send',
        '_sent',
        '_size',
        '_sock',
        '_waiting',
        'progressed',
    )

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
        # Most sockets never have anything waiting, so there is no list for it. What is in it begins with a frame, and
        # is no copy: a large frame waits once, for however many readers. So many bytes of the first have been written.
        self._waiting: deque[bytes] | None = None
        self._sent = 0
        self._size = 0
        # What was put beyond the limit, and does not count.
        self._beyond = 0
        #: Set when the reader has taken something of what waited; whoever looks at it takes it back.
        self.progressed = False

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
                self._waiting = deque((data,))
                self._sent = sent
                self._size = len(data) - sent
                self._loop.add_writer(self._sock.fileno(), self._writable)
            return
        if self._size + len(data) > self._limit + self._beyond:
            raise Full
        self._waiting.append(data)
        self._size += len(data)

    def put(self, data: bytes) -> None:
        """Write ``data`` as :meth:`write` does, however much waits."""
        if self._waiting is not None:
            self._beyond += len(data)
        self.write(data)

    def drop(self) -> None:
        """Forget what waits, but for the rest of a frame that is half written; ``on_empty()`` comes behind that."""
        if self._waiting is None:
            return
        half = b''
        if self._waiting and self._sent:
            end = 0
            while end < self._sent:
                end += _size_of_frame(self._waiting[0], end)
            half = self._waiting[0][self._sent : end]
        # An empty piece waits where no frame is half written: the writer then finds that the reader takes more.
        self._waiting = deque((half,))
        self._sent = self._beyond = 0
        self._size = len(half)

    def close(self) -> None:
        """Forget what waits, and whom to call; the socket is about to be closed."""
        self._on_error = self._on_empty = _nothing
        self._clear()

    def _clear(self) -> None:
        if self._waiting is not None:
            self._waiting = None
            self._sent = self._size = self._beyond = 0
            self._loop.remove_writer(self._sock.fileno())

    def _writable(self) -> None:
        waiting = self._waiting
        assert waiting is not None
        try:
            sent = self._send(self._next_bytes(waiting))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._on_error()
            return
        self.progressed = True
        self._size -= sent
        sent += self._sent
        while waiting and sent >= len(waiting[0]):
            sent -= len(waiting.popleft())
        self._sent = sent
        if not waiting:
            self._clear()
            self._on_empty()

    def _next_bytes(self, waiting: deque[bytes]) -> bytes | memoryview:
        if len(waiting) == 1 or len(waiting[0]) - self._sent >= WRITE_SIZE:
            return memoryview(waiting[0])[self._sent :]
        pieces, size = 0, -self._sent
        for piece in waiting:
            pieces, size = pieces + 1, size + len(piece)
            if size >= WRITE_SIZE:
                break
        first, *more = itertools.islice(waiting, pieces)
        return b''.join((memoryview(first)[self._sent :], *more))


def _size_of_frame(data: bytes, begin: int) -> int:
    """Return the bytes of the unmasked frame that begins there, header and all: RFC 6455, 5.2."""
    size = data[begin + 1] & 0x7F
    extra = {126: 2, 127: 8}.get(size, 0)
    if extra:
        size = int.from_bytes(data[begin + 2 : begin + 2 + extra], 'big')
    return 2 + extra + size


def _nothing() -> None:
    pass
