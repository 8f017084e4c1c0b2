"""One visitor with an open socket, of whichever kind: what it says leaves by one way, and it goes but once."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from ws4redis.redis_store import RedisMessage

from djng.relay.allowance import Allowance
from djng.relay.broadcast import Broadcast
from djng.relay.connection import INTERNAL_ERROR, POLICY_VIOLATION, TRY_AGAIN_LATER, UNSUPPORTED_DATA, Connection
from djng.relay.counts import Counts
from djng.relay.licence import Licence
from djng.relay.outgoing import Outgoing, Utterance
from djng.relay.primitives import Loop
from djng.relay.room import Attendee
from djng.relay.strangers import REASON, is_strange

logger = logging.getLogger('djng.relay')

#: Bytes that a visitor has said and Redis has not got yet, above which its socket is not read on.
UNPUBLISHED_LIMIT = 256 * 1024

#: Seconds of silence after which the heartbeat is sent, as ws4redis promises it.
HEARTBEAT_INTERVAL = 4.0

#: What a visitor may say in the long run, and at once: messages and bytes, each per second. A form types ten messages
#: a second; a page that sends more than this without end is broken, and would drown all others at its facility.
MESSAGE_RATE, MESSAGE_BURST = 500.0, 20_000.0
BYTE_RATE, BYTE_BURST = 2.0 * 1024 * 1024, 64.0 * 1024 * 1024

#: Pings, pongs and fragments that may come per second in the long run, and at once; they are counted by themselves.
FRAME_LIMIT = MESSAGE_RATE, MESSAGE_BURST


class Visitor:
    """Ties a connection to a subscriber; made while the handshake goes on, opened when it is done."""

    __slots__ = (
        '_allowance',
        '_connection',
        '_counts',
        '_deflates',
        '_loop',
        '_outgoing',
        '_too_fast',
        '_unpublished',
        'asked_at',
        'attendee',
        'facility',
        'is_cut',
        'licence',
        'number',
        'on_gone',
        'session_key',
        'subscriber',
        'user_id',
        'who',
    )

    #: Whether it speaks the wire of bound sockets.
    is_bound = False

    def __init__(self, number: int, loop: Loop, outgoing: Outgoing, counts: Counts) -> None:
        self.number = number
        #: Set before anything is subscribed.
        self.subscriber: Any = None
        #: Who it is, as strings; None where it has not signed in, or has no session.
        self.user_id: str | None = None
        self.session_key: str | None = None
        #: Where it has come to, and what is logged of who it is.
        self.facility = ''
        self.who = ''
        #: When its rights began to be decided, by the loop's clock.
        self.asked_at = 0.0
        #: What the facility lets it say; None where none is declared.
        self.licence: Licence | None = None
        #: As whom the facility lists it; None where it does not.
        self.attendee: Attendee | None = None
        #: Called on the loop when the socket has gone.
        self.on_gone: Callable[[Visitor], object] = lambda visitor: None
        #: Whether something that it said was lost; nothing behind that may be published.
        self.is_cut = False
        self._loop = loop
        self._outgoing = outgoing
        self._counts = counts
        self._connection: Connection | None = None
        self._unpublished = 0
        self._deflates = False
        # What was said too fast and is to be published later; None while the pace is right.
        self._too_fast: deque[RedisMessage] | None = None
        self._allowance: Allowance | None = None

    @property
    def name(self) -> str | None:
        """By what name others know the browser's page; None where it has none."""
        return None

    @property
    def readable(self) -> frozenset[str] | None:
        """The names of the properties that it may be told of; None for all."""
        return None if self.licence is None else self.licence.readable

    @property
    def channels(self) -> dict[bytes, None]:
        """The channels that are listened to."""
        channels: dict[bytes, None] = self.subscriber._subscription.channels
        return channels

    @property
    def greets_itself(self) -> bool:
        """Whether the subscriber is a project's own that sends persisted messages in its own way."""
        return False

    @property
    def publishes_itself(self) -> bool:
        """Whether the subscriber is a project's own that publishes in its own way."""
        return False

    def is_silent(self, channel: bytes) -> bool:
        """Whether it must not hear what it publishes on ``channel`` itself."""
        return False

    @property
    def is_unpublished(self) -> bool:
        """Whether something that was said has not reached Redis yet."""
        return self._unpublished > 0 and not self.is_cut

    # Called in the publishing thread.

    def utterance(self, message: RedisMessage) -> Utterance:
        """Return what ``message`` asks of Redis."""
        raise NotImplementedError

    # Called on the loop.

    def slow_hooks(self) -> dict[str, Callable[[], object]]:
        """Return what a :class:`Connection` is to call, by its arguments' names, where the reader is a slow one."""
        return {}

    def open(self, connection: Connection, early: bytes, *, deflates: bool) -> None:
        """Listen to the browser; ``early`` holds bytes that came right behind the handshake's request.

        ``deflates`` says whether the browser takes :attr:`Broadcast.deflated`.
        """
        self._connection = connection
        self._deflates = deflates
        self._opened()
        connection.start(early)

    def _opened(self) -> None:
        """Say what is to be said first."""

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Take what was published on a channel; the hub calls this."""
        raise NotImplementedError

    def flush(self) -> None:
        """Send what was heard with ``more`` to come; the hub calls this."""
        if self._connection is not None:
            self._connection.flush()

    def said(self, message: str | bytes) -> None:
        """Take a message from the browser; the connection calls this."""
        assert self._connection is not None
        if isinstance(message, bytes):
            self._connection.close(UNSUPPORTED_DATA, 'only text can be relayed')
            return
        if self._allowance is None:
            self._allowance = Allowance(
                self._loop.time(), messages=(MESSAGE_RATE, MESSAGE_BURST), size=(BYTE_RATE, BYTE_BURST)
            )
        if not self._allowance.spend(self._loop.time(), len(message)):
            self._connection.close(
                POLICY_VIOLATION, f'more than {MESSAGE_RATE:.0f} messages or {BYTE_RATE:.0f} bytes/s'
            )
            return
        relayed = RedisMessage(message)  # None for a heartbeat
        if relayed:
            self._counts.messages_in += 1
            self._counts.bytes_in += len(relayed)
            self._unpublished += len(relayed)
            if self._unpublished > UNPUBLISHED_LIMIT:
                self._connection.pause()
            if self._too_fast is None:
                self._say(relayed)
            else:
                self._too_fast.append(relayed)

    def published(self, size: int) -> None:
        """Hear that something said has reached Redis; :class:`Outgoing` calls this."""
        self._unpublished -= size
        self._read_on()

    def _read_on(self) -> None:
        is_too_fast = self._too_fast is not None or self._unpublished > UNPUBLISHED_LIMIT
        if not is_too_fast and self._connection is not None and self._connection.is_open:
            self._connection.resume()

    def _say(self, message: RedisMessage) -> bool:
        """Publish ``message``; says whether the next one has to wait."""
        self._outgoing.say(self, message)
        if self.licence is not None and (wait := self.licence.wait(self._loop.time())):
            # Nothing more is read: it waits in the browser, whose client puts it together. What was read already waits
            # here.
            assert self._connection is not None
            self._connection.pause()
            if self._too_fast is None:
                self._too_fast = deque()
            self._loop.call_later(wait, self._say_on)
            return True
        return False

    def _say_on(self) -> None:
        while self._too_fast:
            if self._say(self._too_fast.popleft()):
                return
        self._too_fast = None
        self._read_on()

    def not_published(self, error: Exception) -> None:
        """Close the socket, so that its browser comes back and says again what got lost.

        Where it is an error that comes again, the code says so.
        """
        self._counts.unpublished += 1
        if is_strange(error):
            self.turn_out(INTERNAL_ERROR, REASON)
        else:
            self.turn_out(TRY_AGAIN_LATER, 'a message could not be published')

    def turn_out(self, code: int, reason: str) -> None:
        """Close the socket at once, where it is open."""
        if self._connection is not None:
            self._connection.close(code, reason)

    def look_after(self, now: float, heartbeat: bytes | None) -> None:
        """Send the heartbeat after :data:`HEARTBEAT_INTERVAL` of silence, and see that the peer still lives."""
        connection = self._connection
        if connection is not None:
            if heartbeat is not None and connection.silence(now) >= HEARTBEAT_INTERVAL:
                connection.send(heartbeat)
            connection.check_life(now)

    def gone(self, code: int, reason: str) -> None:
        """Release what the socket held; the connection calls this once."""
        logger.debug('Socket %d closed: %d %s', self.number, code, reason)
        self._counts.slow_readers += self._connection is not None and self._connection.was_slow
        if self._too_fast:
            # Or the pace could be evaded; a bound client says again what was not answered.
            self._unpublished -= sum(map(len, self._too_fast))
            self._too_fast.clear()
        self.subscriber.release()
        self.on_gone(self)

    def _pass_on(self, broadcast: Broadcast, more: bool) -> None:
        assert self._connection is not None
        frame = broadcast.deflated if self._deflates and broadcast.is_large else broadcast.plain
        if more:
            self._connection.send_later(frame)
        else:
            self._connection.send(frame)
