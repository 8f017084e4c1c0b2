"""One browser's WebSocket: RFC 6455 in and out over a non-blocking socket, with a bounded outbox."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterable

from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, Protocol, Side, State

from djng.relay.primitives import Handle, Loop

#: Bytes that may wait for a reader that stays behind; one more closes its socket with 1013 (try again later).
OUTBOX_LIMIT = 1024 * 1024

#: Seconds that the peer has to answer a close frame, and then to close its side of the TCP connection.
CLOSE_TIMEOUT = 5.0

#: Bytes taken from a socket in one go; what is left is taken in the loop's next turn, so that nobody starves.
READ_SIZE = 64 * 1024

#: RFC 6455, 7.4.1, 4. and the registry of the IANA.
GOING_AWAY, UNSUPPORTED_DATA, ABNORMAL, INVALID_DATA, TRY_AGAIN_LATER = 1001, 1003, 1006, 1007, 1013


def encode(message: bytes) -> bytes:
    """Return the frame that carries ``message`` to a browser, the same for every socket: RFC 6455, 5.2, unmasked.

    A text frame where the bytes are UTF-8; bytes that some other program published become a binary frame, since a
    browser must fail the connection over a text frame that is none (RFC 6455, 8.1).
    """
    try:
        message.decode()
    except UnicodeDecodeError:
        return Frame(Opcode.BINARY, message).serialize(mask=False)
    return Frame(Opcode.TEXT, message).serialize(mask=False)


class Connection:
    """A WebSocket whose handshake is done, living on ``loop``; every method is called there.

    ``on_message(message: str | bytes)`` is called for each whole message, in order; ``on_close(code, reason)`` once,
    when the socket is gone, with what the peer said last (1006 if it said nothing).

    Messages above ``max_size`` bytes close the connection with 1009, text that is not UTF-8 with 1007, and more than
    ``outbox_limit`` waiting bytes with 1013.
    """

    def __init__(
        self,
        sock: socket.socket,
        loop: Loop,
        *,
        on_message: Callable[[str | bytes], None],
        on_close: Callable[[int, str], None],
        max_size: int | None = None,
        outbox_limit: int = OUTBOX_LIMIT,
    ) -> None:
        sock.setblocking(False)
        self.sent_at = loop.time()
        self._sock = sock
        self._loop = loop
        self._on_message = on_message
        self._on_close = on_close
        self._outbox: deque[bytes] = deque()
        self._outbox_size = 0
        self._outbox_limit = outbox_limit
        self._fragments: list[bytes] = []
        self._fragments_opcode = Opcode.TEXT
        self._reading = False
        # Nothing is listened to once this side has said goodbye; what the peer said before its own goodbye is.
        self._deaf = False
        self._eof_heard = False
        self._eof_wanted = False
        self._goodbye: Handle | None = None
        self._protocol = Protocol(Side.SERVER, state=State.OPEN, max_size=max_size)

    @property
    def is_open(self) -> bool:
        """Whether messages may still be sent."""
        return self._protocol.state is State.OPEN

    @property
    def is_gone(self) -> bool:
        """Whether the socket itself is closed."""
        return self._sock.fileno() < 0

    def start(self, early: bytes = b'') -> None:
        """Begin to read; ``early`` holds bytes that were read with the handshake's request."""
        self.resume()
        if early:
            self._received(early)

    def pause(self) -> None:
        """Stop reading: the peer's writes then wait in TCP's own buffers, nothing is dropped."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._sock.fileno())

    def resume(self) -> None:
        """Read on after :meth:`pause`."""
        if not self._reading and not self.is_gone:
            self._reading = True
            self._loop.add_reader(self._sock.fileno(), self._readable)

    def send(self, frames: bytes) -> None:
        """Write whole frames made by :func:`encode`, or keep them until the reader takes them; never waits."""
        if self._protocol.state is not State.OPEN:
            return
        self.sent_at = self._loop.time()
        if self._outbox:
            self._keep(frames)
            return
        try:
            sent = self._sock.send(frames)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._abort()
            return
        if sent < len(frames):
            self._keep(frames[sent:])

    def close(self, code: int, reason: str = '') -> None:
        """Say goodbye: a close frame behind what waits, then the peer's answer for :data:`CLOSE_TIMEOUT` at most."""
        self._deaf = True
        if self._protocol.state is State.OPEN:
            # RFC 6455, 5.5: a control frame carries 125 bytes at most, two of them the code.
            self._protocol.send_close(code, reason.encode()[:123].decode(errors='ignore'))
            self._write(self._protocol.data_to_send())
            self._expect_end()
            self.resume()

    def _readable(self) -> None:
        try:
            data = self._sock.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._abort()
            return
        self._received(data)

    def _received(self, data: bytes) -> None:
        protocol = self._protocol
        if data:
            protocol.receive_data(data)
        else:
            protocol.receive_eof()
            self._eof_heard = True
            self.pause()
        for frame in protocol.events_received():
            if isinstance(frame, Frame):
                self._frame_received(frame)
        if not self.is_gone:
            self._write(protocol.data_to_send())
        if not self.is_gone and (self._eof_heard or protocol.close_expected()):
            self._expect_end()

    def _frame_received(self, frame: Frame) -> None:
        # Control frames have been answered by the protocol; fragments are joined here (RFC 6455, 5.4).
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._fragments_opcode = frame.opcode
        elif frame.opcode is not Opcode.CONT:
            return
        if not frame.fin:
            self._fragments.append(bytes(frame.data))
            return
        data = b''.join((*self._fragments, frame.data)) if self._fragments else bytes(frame.data)
        self._fragments.clear()
        if self._deaf:
            return
        if self._fragments_opcode is Opcode.BINARY:
            self._on_message(data)
            return
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            self._deaf = True
            self._protocol.fail(INVALID_DATA, f'{error.reason} at position {error.start}')
        else:
            self._on_message(text)

    def _write(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if chunk == SEND_EOF:
                self._eof_wanted = True
            else:
                self._outbox.append(chunk)
                self._outbox_size += len(chunk)
        self._writable()

    def _keep(self, frames: bytes) -> None:
        if not self._outbox:
            self._loop.add_writer(self._sock.fileno(), self._writable)
        self._outbox.append(frames)
        self._outbox_size += len(frames)
        if self._outbox_size > self._outbox_limit:
            self._drop_outbox()
            self.close(TRY_AGAIN_LATER, 'this socket is not read fast enough')

    def _drop_outbox(self) -> None:
        # A frame that was begun must be finished, or the close frame behind it could not be read; the first entry is
        # the only one of which a part may have been written.
        first = self._outbox.popleft()
        self._outbox.clear()
        self._outbox.append(first)
        self._outbox_size = len(first)

    def _writable(self) -> None:
        while self._outbox:
            data = self._outbox[0] if len(self._outbox) == 1 else b''.join(self._outbox)
            try:
                sent = self._sock.send(data)
            except (BlockingIOError, InterruptedError):
                self._loop.add_writer(self._sock.fileno(), self._writable)
                return
            except OSError:
                self._abort()
                return
            self._outbox.clear()
            self._outbox_size = len(data) - sent
            if sent < len(data):
                self._outbox.append(data[sent:])
        self._loop.remove_writer(self._sock.fileno())
        if self._eof_wanted:
            self._eof_wanted = False
            try:
                self._sock.shutdown(socket.SHUT_WR)
            except OSError:
                self._abort()
                return
        if self._eof_heard:
            self._abort()

    def _expect_end(self) -> None:
        if self._goodbye is None:
            self._goodbye = self._loop.call_later(CLOSE_TIMEOUT, self._abort)

    def _abort(self) -> None:
        """Close the socket at once and say so; the peer sees the end of TCP."""
        if self.is_gone:
            return
        if self._goodbye is not None:
            self._goodbye.cancel()
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        self._reading = False
        self._outbox.clear()
        self._outbox_size = 0
        self._fragments.clear()
        self._sock.close()
        said = self._protocol.close_rcvd
        self._on_close(said.code if said else ABNORMAL, said.reason if said else '')
