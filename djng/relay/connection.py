"""One browser's WebSocket: RFC 6455 in and out over a non-blocking socket, with a bounded outbox."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from websockets.extensions import Extension
from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, Protocol, Side, State

from djng.relay.allowance import Allowance
from djng.relay.outbox import Full, Outbox
from djng.relay.primitives import Handle, Loop

if TYPE_CHECKING:
    # websockets 15 has no such name.
    from websockets.typing import BytesLike

#: Bytes that may wait for a reader that stays behind; with one more its socket is closed with 1013 (try again later),
#: or what waits is dropped and said anew.
OUTBOX_LIMIT = 1024 * 1024

#: Seconds that the peer has to answer a close frame, and then to close its side of the TCP connection.
CLOSE_TIMEOUT = 5.0

#: Seconds of silence after which the peer is asked for a sign of life, and seconds that it then has to give one.
PING_INTERVAL, PONG_TIMEOUT = 25.0, 20.0

#: Bytes taken from a socket in one go, at the least, at first and at the most; what is left is taken in the loop's next
#: turn, so that nobody starves.
READ_SIZES = 1024, 4096, 64 * 1024

#: Seconds that what was read may take; after more, less is read in one go: tiny frames take longer than large ones.
READ_TIME = 0.005

#: Close codes of RFC 6455, 7.4.1, and of the IANA's registry.
NORMAL, GOING_AWAY, UNSUPPORTED_DATA, ABNORMAL, INVALID_DATA = 1000, 1001, 1003, 1006, 1007
POLICY_VIOLATION, INTERNAL_ERROR, SERVICE_RESTART, TRY_AGAIN_LATER = 1008, 1011, 1012, 1013


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

    ``extensions`` are those agreed upon in the handshake; they are applied to what is heard, while whoever sends frames
    has applied them already. Messages above ``max_size`` bytes close the connection with 1009, text that is not UTF-8
    with 1007, and more than ``outbox_limit`` waiting bytes with 1013: unless there is ``on_slow()``, which is called
    instead when all that waited was dropped, but for the rest of a frame that was half written.

    ``on_drained()`` is called whenever the last of what waited has been written.

    ``frame_limit`` says how many frames that are no whole messages may come per second, and at once: pings, pongs and
    fragments. More of them close the connection with 1008.
    """

    __slots__ = (
        '_batch',
        '_deaf',
        '_eof_heard',
        '_eof_wanted',
        '_fragments',
        '_frame_allowance',
        '_frame_limit',
        '_goodbye',
        '_has_sent',
        '_loop',
        '_on_close',
        '_on_drained',
        '_on_message',
        '_on_slow',
        '_opcode',
        '_outbox',
        '_pinged_at',
        '_protocol',
        '_read_size',
        '_reading',
        '_sent_at',
        '_sock',
        'heard_at',
        'is_open',
        'said',
        'was_slow',
    )

    def __init__(
        self,
        sock: socket.socket,
        loop: Loop,
        *,
        on_message: Callable[[str | bytes], None],
        on_close: Callable[[int, str], None],
        on_slow: Callable[[], object] | None = None,
        on_drained: Callable[[], object] | None = None,
        max_size: int | None = None,
        outbox_limit: int = OUTBOX_LIMIT,
        frame_limit: tuple[float, float] | None = None,
        extensions: Sequence[Extension] = (),
    ) -> None:
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            # Frames that may leave together already do; Nagle's algorithm would hold a small one back for the
            # acknowledgement of the one before, which the reader delays by 40 ms (RFC 9293, 3.7.4).
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        #: When something was heard last, in seconds on the loop's clock.
        self.heard_at = loop.time()
        #: Whether messages may still be sent.
        self.is_open = True
        # The clock is not asked for each message: silence() notes later that something was sent.
        self._has_sent = False
        self._sent_at = self.heard_at
        #: The close code that this side has said, None as long as it has said none.
        self.said: int | None = None
        #: Whether it was closed because too much waited for its reader.
        self.was_slow = False
        self._sock = sock
        self._loop = loop
        self._on_message = on_message
        self._on_close = on_close
        self._on_slow = on_slow
        self._on_drained = on_drained
        self._outbox = Outbox(sock, loop, outbox_limit, on_error=self._abort, on_empty=self._drained)
        self._batch: list[bytes] | None = None
        self._fragments: bytearray | None = None
        self._frame_limit = frame_limit
        self._frame_allowance: Allowance | None = None
        self._opcode = Opcode.TEXT
        self._reading = False
        self._read_size = READ_SIZES[1]
        # Nothing is listened to once this side has said goodbye; what the peer said before its own goodbye is.
        self._deaf = False
        self._eof_heard = False
        self._eof_wanted = False
        self._goodbye: Handle | None = None
        self._pinged_at: float | None = None
        self._protocol = _Protocol(self._frame_received, max_size)
        self._protocol.extensions = list(extensions)

    @property
    def is_gone(self) -> bool:
        """Whether the socket itself is closed."""
        return self._sock.fileno() < 0

    @property
    def is_drained(self) -> bool:
        """Whether nothing waits to be written."""
        return self._outbox.is_empty

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
        if not self._reading and not self.is_gone and not self._eof_heard:
            self._reading = True
            self._loop.add_reader(self._sock.fileno(), self._readable)

    def send(self, frames: bytes) -> None:
        """Write whole frames made by :func:`encode`, or keep them until the reader takes them; never waits."""
        if not self.is_open:
            return
        self._has_sent = True
        try:
            self._outbox.write(frames)
        except Full:
            self._slow()
        except OSError:
            self._abort()

    def put(self, frames: bytes) -> None:
        """Send ``frames`` behind all that was sent or is to be sent later, however much waits by then."""
        self.flush()
        if self.is_open:
            self._has_sent = True
            try:
                self._outbox.put(frames)
            except OSError:
                self._abort()

    def send_later(self, frames: bytes) -> None:
        """Send ``frames`` with the next :meth:`flush`, so that frames which come together leave in one write."""
        if self._batch is None:
            self._batch = []
        self._batch.append(frames)

    def flush(self) -> None:
        """Send what :meth:`send_later` was given."""
        batch, self._batch = self._batch, None
        if batch:
            self.send(b''.join(batch))

    def close(self, code: int, reason: str = '') -> None:
        """Say goodbye: a close frame behind what waits, then the peer's answer for :data:`CLOSE_TIMEOUT` at most."""
        self._deaf = True
        if self.is_open:
            # RFC 6455, 5.5: a control frame carries 125 bytes at most, two of them the code.
            self._protocol.send_close(code, reason.encode()[:123].decode(errors='ignore'))
            self._expect_end()
            self._answer()
            self.resume()

    def silence(self, now: float) -> float:
        """Return the seconds since this was asked for the last time after which something had been sent."""
        if self._has_sent:
            self._has_sent = False
            self._sent_at = now
        return now - self._sent_at

    def check_life(self, now: float) -> None:
        """Ask a peer that has been silent for a sign of life, and give up one that gave none."""
        if self._outbox.progressed:
            # Who takes what waits is there; it may meet the ping, which stands behind that, only much later.
            self._outbox.progressed = False
            self.heard_at, self._pinged_at = now, None
        if not self._reading:
            self.heard_at = now  # it is this side that does not listen
        elif self._pinged_at is None:
            if now - self.heard_at >= PING_INTERVAL and self.is_open:
                self._pinged_at = now
                self._protocol.send_ping(b'')
                self._answer()
        elif now - self._pinged_at >= PONG_TIMEOUT:
            self._abort()

    def _slow(self) -> None:
        if self._on_slow is None:
            self.was_slow = True
            self.close(TRY_AGAIN_LATER, 'this socket is not read fast enough')
        else:
            self._batch = None
            self._outbox.drop()
            self._on_slow()

    def _readable(self) -> None:
        try:
            data = self._sock.recv(self._read_size)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._abort()
            return
        self._received(data)
        took = self._loop.time() - self.heard_at
        least, _, most = READ_SIZES
        if took > READ_TIME:
            self._read_size = max(least, self._read_size // 2)
        elif len(data) == self._read_size and took < READ_TIME / 4:
            self._read_size = min(most, self._read_size * 2)

    def _received(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        self._pinged_at = None
        protocol = self._protocol
        if data:
            protocol.receive_data(data)
        else:
            self._eof_heard = True
            self.pause()
            protocol.receive_eof()
        self._answer()
        if not self.is_gone and (self._eof_heard or protocol.close_expected()):
            self._expect_end()

    def _frame_received(self, frame: Frame) -> None:
        # Fragments are joined here (RFC 6455, 5.4). Control frames have been answered by the protocol; the answer goes
        # out before that to any message behind them.
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._opcode = frame.opcode
        elif frame.opcode is not Opcode.CONT:
            if frame.opcode is not Opcode.CLOSE and self._are_too_many_frames():
                self._turn_away()
            else:
                self._answer()
            return
        if frame.fin and self._fragments is None:
            self._message_received(frame.data)
            return
        if self._are_too_many_frames():
            self._turn_away()
        if self._deaf:
            return
        # One growing buffer: fragments may be as small as their sender likes, and objects are not.
        if self._fragments is None:
            self._fragments = bytearray()
        self._fragments += frame.data
        if frame.fin:
            data, self._fragments = self._fragments, None
            self._message_received(data)

    def _are_too_many_frames(self) -> bool:
        """Count a frame that is no whole message; such ones are rare, and only for them anything is kept."""
        if self._frame_limit is None or self._deaf:
            return False
        if self._frame_allowance is None:
            self._frame_allowance = Allowance(self.heard_at, messages=self._frame_limit, size=(0.0, 0.0))
        return not self._frame_allowance.spend(self.heard_at, 0)

    def _turn_away(self) -> None:
        self._fragments = None
        self.close(POLICY_VIOLATION, 'too many pings or fragments')

    def _message_received(self, data: BytesLike) -> None:
        if self._deaf:
            return
        if self._opcode is Opcode.BINARY:
            self._on_message(bytes(data))
            return
        try:
            text = str(data, 'utf-8')
        except UnicodeDecodeError as error:
            self._deaf = True
            self._protocol.fail(INVALID_DATA, f'{error.reason} at position {error.start}')
        else:
            self._on_message(text)

    def _answer(self) -> None:
        """Write what the protocol has to say: pongs, pings, close frames, the end of TCP."""
        if self.is_gone:
            return
        self.is_open = self._protocol.state is State.OPEN
        for chunk in self._protocol.data_to_send():
            if chunk == SEND_EOF:
                self._eof_wanted = True
                continue
            if self.said is not None:
                continue  # behind a close frame nothing is sent, pongs included (RFC 6455, 5.5.1)
            try:
                # Pongs take their place in the outbox like anything else; a last word always finds one.
                (self._outbox.write if self.is_open else self._outbox.put)(chunk)
            except Full:
                self._slow()
                return
            except OSError:
                self._abort()
                return
        if self._protocol.close_sent is not None and self.said is None:
            self.said = self._protocol.close_sent.code
        if self._outbox.is_empty:
            self._written()

    def _drained(self) -> None:
        self._written()
        if self._on_drained is not None and self.is_open:
            self._on_drained()

    def _written(self) -> None:
        if self._eof_wanted:
            self._eof_wanted = False
            try:
                self._sock.shutdown(socket.SHUT_WR)
            except OSError:
                self._abort()
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
        self.is_open = False
        self._outbox.close()
        self._loop.remove_reader(self._sock.fileno())
        self._reading = False
        self._sock.close()
        on_close = self._on_close
        # What it held is free now, and not when the garbage collector comes round to cycles as old as this socket.
        self._fragments = self._batch = None
        self._on_message, self._on_close = _drop, _drop
        self._on_slow = self._on_drained = None
        self._protocol.end()
        heard = self._protocol.close_rcvd
        on_close(heard.code if heard else ABNORMAL, heard.reason if heard else '')


class _Protocol(Protocol):
    """Hands each frame over when it has been parsed, before the next one is looked at.

    Whoever takes the frames after all that was read has been parsed answers them too late: a ping behind a message
    would be answered first, and a message before a violation not at all. ``recv_frame`` is the library's own seam
    between parsing and reacting, though not a documented one; the conformance tests watch it.
    """

    def __init__(self, on_frame: Callable[[Frame], None], max_size: int | None) -> None:
        super().__init__(Side.SERVER, state=State.OPEN, max_size=max_size)
        self._on_frame = on_frame

    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # A message may be left unfinished: RFC 6455, 5.4 lets control frames, the closing one too, come between.
            self.current_size = self.cur_size = None  # the name that websockets 17 knows, and the older one
        super().recv_frame(frame)
        self.events_received()  # it is handed over here, and not kept: thousands may come in one read
        self._on_frame(frame)

    def end(self) -> None:
        """Hand over nothing any more, and let go of what was read; it may be called while a frame is handed over."""
        self._on_frame = _drop
        del self.reader.buffer[:]
        del self.parser  # it holds this protocol, which holds it


def _drop(*args: object) -> None:
    pass
