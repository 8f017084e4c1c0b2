"""One visitor with an open socket: what it hears from the hub, what it says, and when it has gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ws4redis.redis_store import RedisMessage
from ws4redis.subscriber import RedisSubscriber

from djng.relay.allowance import Allowance
from djng.relay.broadcast import Broadcast
from djng.relay.connection import INTERNAL_ERROR, POLICY_VIOLATION, TRY_AGAIN_LATER, UNSUPPORTED_DATA, Connection
from djng.relay.counts import Counts
from djng.relay.outgoing import Outgoing
from djng.relay.primitives import Loop

logger = logging.getLogger('djng.relay')

#: Bytes that a visitor has said and Redis has not got yet, above which its socket is not read on.
UNPUBLISHED_LIMIT = 256 * 1024

#: Seconds of silence after which the heartbeat is sent, as ws4redis promises it.
HEARTBEAT_INTERVAL = 4.0

#: Messages that are held at the most while what is kept is being read.
HELD_LIMIT = 10_000

#: What a visitor may say in the long run, and at once: messages and bytes, each per second. A form types ten messages
#: a second; a page that sends more than this without end is broken, and would drown all others at its facility.
MESSAGE_RATE, MESSAGE_BURST = 500.0, 20_000.0
BYTE_RATE, BYTE_BURST = 2.0 * 1024 * 1024, 64.0 * 1024 * 1024


class Visitor:
    """Ties a connection to a subscriber; made while the handshake goes on, opened when it is done.

    What it hears before it is greeted is held, and follows behind what the subscriber sent as persisted messages. To a
    subscriber of ws4redis' kind it is the ``websocket``: it has ``send``, ``close`` and ``closed``.
    """

    __slots__ = (
        '_allowance',
        '_awaited',
        '_connection',
        '_counts',
        '_deflates',
        '_echo',
        '_greeting',
        '_held',
        '_loop',
        '_outgoing',
        '_rewrites',
        '_unpublished',
        'is_cut',
        'number',
        'on_gone',
        'session_key',
        'subscriber',
        'user_id',
    )

    def __init__(self, number: int, loop: Loop, outgoing: Outgoing, counts: Counts, *, echo: bool) -> None:
        self.number = number
        #: Set before anything is subscribed.
        self.subscriber: Any = None
        #: Who it is, as strings; None where it has not signed in, or has no session.
        self.user_id: str | None = None
        self.session_key: str | None = None
        #: Called on the loop when the socket has gone.
        self.on_gone: Callable[[Visitor], object] = lambda visitor: None
        #: Whether something that it said was lost; nothing behind that may be published.
        self.is_cut = False
        self._loop = loop
        self._outgoing = outgoing
        self._counts = counts
        self._echo = echo
        self._connection: Connection | None = None
        self._greeting: list[Broadcast] | None = None
        # The channels of which it is not told yet what is kept, and what it has heard by then, None in the place of
        # its own words; no list from then on.
        self._awaited: set[bytes] = set()
        self._held: list[tuple[bytes, Broadcast | None]] | None = []
        self._unpublished = 0
        self._rewrites = False
        self._deflates = False
        self._allowance: Allowance | None = None

    @property
    def channels(self) -> dict[bytes, None]:
        """The channels that are listened to."""
        channels: dict[bytes, None] = self.subscriber._subscription.channels
        return channels

    @property
    def greets_itself(self) -> bool:
        """Whether the subscriber is a project's own that sends persisted messages in its own way."""
        return type(self.subscriber).send_persisted_messages is not RedisSubscriber.send_persisted_messages

    # Called by the subscriber, in the thread of the handshake.

    @property
    def closed(self) -> bool:
        """Whether the socket is open no more."""
        return self._connection is not None and not self._connection.is_open

    def send(self, message: bytes | str, binary: bool | None = None) -> None:
        """Send ``message``, before all that is heard from now on; ``binary`` is told by the message itself."""
        broadcast = Broadcast(message.encode() if isinstance(message, str) else bytes(message))
        if self._connection is None:
            self._greeting = [*(self._greeting or ()), broadcast]
        else:
            self._loop.call_soon_threadsafe(self._pass_on, broadcast, False)

    def close(self, code: int = 1000, message: str = '') -> None:
        """Close the socket, with ``message`` as the reason."""
        if self._connection is not None:
            self._loop.call_soon_threadsafe(self._connection.close, code, message)

    def is_silent(self, channel: bytes) -> bool:
        """Whether it must not hear what it publishes on ``channel`` itself."""
        return not self._echo and channel in self.channels

    @property
    def is_unpublished(self) -> bool:
        """Whether something that was said has not reached Redis yet."""
        return self._unpublished > 0 and not self.is_cut

    # Called on the loop.

    def open(self, connection: Connection, early: bytes, *, deflates: bool) -> None:
        """Listen to the browser; ``early`` holds bytes that came right behind the handshake's request.

        ``deflates`` says whether the browser takes :attr:`Broadcast.deflated`.
        """
        self._connection = connection
        self._deflates = deflates
        self._rewrites = type(self.subscriber).parse_response is not RedisSubscriber.parse_response
        if not self.greets_itself:
            self._awaited = set(self.channels)
        if not self._awaited:
            self._release()
        connection.start(early)

    @property
    def awaited(self) -> list[bytes]:
        """The channels of which the visitor is still to be told what is kept on them."""
        return list(self._awaited)

    def greet(self, channel: bytes, kept: Broadcast | None) -> None:
        """Take what is ``kept`` on one of the awaited channels; after the last of them all that was held goes out."""
        self._awaited.discard(channel)
        # Who has heard something on the channel, or spoken, knows what is kept, or something newer.
        if kept is not None and self._held is not None and all(name != channel for name, _ in self._held):
            self._greeting = [*(self._greeting or ()), kept]
        if not self._awaited:
            self._release()

    def _release(self) -> None:
        held, self._held = self._held or (), None
        for broadcast in self._greeting or ():
            self._pass_on(broadcast, True)
        self._greeting = None
        for channel, heard in held:
            if heard is not None:
                self.hear(channel, heard, False, True)
        self.flush()

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Take what was published on a channel; the hub calls this."""
        passed_over = own and not self._echo
        if self._held is not None:
            self._held.append((channel, None if passed_over else broadcast))
            if len(self._held) > HELD_LIMIT:
                self.turn_out(TRY_AGAIN_LATER, 'what is kept could not be read')
            return
        if passed_over:
            return
        if self._rewrites:
            # A project's subscriber that overrides ``parse_response`` looks at each message, and may change it.
            self.subscriber._subscription.feed(channel, broadcast.message)
            try:
                relayed = RedisMessage(self.subscriber.parse_response())
            except Exception:
                logger.exception('%s failed to read a message', type(self.subscriber).__qualname__)
                self.turn_out(INTERNAL_ERROR, 'a message could not be read')
                return
            if not relayed:
                return
            broadcast = Broadcast(relayed)
        self._pass_on(broadcast, more)

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
            self._outgoing.say(self, relayed)

    def published(self, size: int) -> None:
        """Hear that something said has reached Redis; :class:`Outgoing` calls this."""
        self._unpublished -= size
        if self._unpublished <= UNPUBLISHED_LIMIT and self._connection is not None and self._connection.is_open:
            self._connection.resume()

    def not_published(self, error: Exception) -> None:
        """Close the socket, so that its browser comes back and says again what got lost."""
        self._counts.unpublished += 1
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
        self.subscriber.release()
        self.on_gone(self)

    def _pass_on(self, broadcast: Broadcast, more: bool) -> None:
        assert self._connection is not None
        frame = broadcast.deflated if self._deflates and broadcast.is_large else broadcast.plain
        if more:
            self._connection.send_later(frame)
        else:
            self._connection.send(frame)
