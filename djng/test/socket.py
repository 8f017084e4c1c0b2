"""The socket of a simulated browser: opened, read in a thread, and opened again when it was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from socket import SHUT_RDWR
from typing import Any, NamedTuple

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from djng.relay.admission import NO_SUCH_FACILITY, NOT_ALLOWED, SIGN_IN
from djng.test.errors import SocketRefused

#: Close codes after which a browser does not come back.
FINAL = (SIGN_IN, NOT_ALLOWED, NO_SUCH_FACILITY)

#: Seconds before a lost socket is opened again: at first, and at the most.
BACKOFF_MIN, BACKOFF_MAX = 0.02, 0.5

#: What a browser reports for a socket that was lost without a goodbye.
ABNORMAL = 1006

#: Neither pings, nor compression, nor a proxy on the way to this very process.
_OPTIONS: dict[str, Any] = {'ping_interval': None, 'compression': None, 'proxy': None, 'max_size': None}


class Closed(NamedTuple):
    """How a socket was closed."""

    code: int
    reason: str


class Socket:
    """One that comes back by itself, unless it was closed for good or cut.

    ``on_open()``, ``on_frame(text)`` and ``on_lost(closed)`` are called under ``lock``, as is all that is asked here.
    """

    def __init__(self, facility: str, url: str, headers: Mapping[str, str], lock: threading.Condition) -> None:
        self.on_open: Callable[[], object] = lambda: None
        self.on_frame: Callable[[str], object] = lambda text: None
        self.on_lost: Callable[[], object] = lambda: None
        #: How the last socket was closed, None if none was.
        self.closed: Closed | None = None
        #: Why there will be no other.
        self.refusal: SocketRefused | None = None
        #: What a frame has raised.
        self.error: BaseException | None = None
        self._facility = facility
        self._url = url
        self._headers = headers
        self._lock = lock
        #: What is open, None where nothing is.
        self.connection: ClientConnection | None = None
        #: Whether another one is opened where it is lost.
        self.comes_back = False

    @property
    def is_open(self) -> bool:
        """Whether there is one."""
        return self.connection is not None

    def open(self) -> None:
        """Open one; raises :exc:`SocketRefused`."""
        connection = self._connect()
        self.comes_back, self.refusal = True, None
        self._begin(connection)
        name = f'djng {self._facility}'
        threading.Thread(target=self._read_forever, args=(connection,), name=name, daemon=True).start()

    def say(self, text: str) -> None:
        """Send a frame; what is lost with the socket is lost."""
        if self.connection is not None:
            # Whoever reads meets the same.
            with suppress(ConnectionClosed):
                self.connection.send(text)

    def cut(self) -> None:
        """Sever the connection, without a word of goodbye."""
        connection, self.connection = self.connection, None
        self.comes_back = False
        if connection is not None:
            # The server may have been first.
            with suppress(OSError):
                connection.socket.shutdown(SHUT_RDWR)
            self.closed = Closed(ABNORMAL, 'cut')
            self.on_lost()

    def close(self) -> None:
        """Close it for good."""
        connection, self.connection = self.connection, None
        self.comes_back = False
        if connection is not None:
            self.closed = Closed(1000, '')
            self.on_lost()
            threading.Thread(target=connection.close, name='djng close', daemon=True).start()

    def _connect(self) -> ClientConnection:
        try:
            # A context in all versions, and nothing else in later ones; it is left by close().
            connection: ClientConnection
            connection = connect(self._url, additional_headers=dict(self._headers), **_OPTIONS).__enter__()
        except InvalidStatus as error:
            reason = (error.response.body or b'').decode(errors='replace').strip()
            raise SocketRefused(self._facility, reason, status=error.response.status_code) from None
        return connection

    def _begin(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.on_open()
        self._lock.notify_all()

    # In a thread of its own.

    def _read_forever(self, first: ClientConnection) -> None:
        connection: ClientConnection | None = first
        while connection is not None:
            closed = self._read(connection)
            with self._lock:
                if connection is self.connection:
                    self._lose(closed)
            connection = self._reopen()

    def _read(self, connection: ClientConnection) -> Closed:
        try:
            while True:
                text = connection.recv()
                with self._lock:
                    if connection is not self.connection:
                        return Closed(ABNORMAL, '')
                    # Heartbeats are no objects.
                    if isinstance(text, str) and text.startswith('{'):
                        self.on_frame(text)
                        self._lock.notify_all()
        except ConnectionClosed as closed:
            return Closed(closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else Closed(ABNORMAL, '')
        except Exception as error:
            with self._lock:
                self.error, self.comes_back = error, False
            connection.close()
            return Closed(ABNORMAL, str(error))

    def _lose(self, closed: Closed) -> None:
        self.connection = None
        self.closed = closed
        if closed.code in FINAL:
            self._refuse(SocketRefused(self._facility, closed.reason, code=closed.code))
        self.on_lost()
        self._lock.notify_all()

    def _refuse(self, refusal: SocketRefused) -> None:
        self.refusal, self.comes_back = refusal, False

    def _reopen(self) -> ClientConnection | None:
        delay = BACKOFF_MIN
        while True:
            with self._lock:
                self._lock.wait_for(lambda: not self.comes_back, delay)
                # Whoever has opened another one meanwhile reads that in another thread.
                if not self.comes_back or self.connection is not None:
                    return None
            delay = min(BACKOFF_MAX, 2 * delay)
            try:
                connection = self._connect()
            except (OSError, WebSocketException, TimeoutError):
                continue
            except SocketRefused as refusal:
                with self._lock:
                    if refusal.status is not None and refusal.status < 500:
                        self._refuse(refusal)
                        self._lock.notify_all()
                continue
            with self._lock:
                if self.comes_back and self.connection is None:
                    self._begin(connection)
                    return connection
            connection.close()
