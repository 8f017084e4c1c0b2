"""One visitor with an open socket: what it hears from the hub, what it says, and when it has gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ws4redis.redis_store import RedisMessage
from ws4redis.subscriber import RedisSubscriber

from djng.relay.connection import TRY_AGAIN_LATER, UNSUPPORTED_DATA, Connection, encode
from djng.relay.outgoing import Outgoing
from djng.relay.primitives import Loop

logger = logging.getLogger('djng.relay')

#: Bytes that a visitor has said and Redis has not got yet, above which its socket is not read on.
UNPUBLISHED_LIMIT = 256 * 1024

#: Seconds of silence after which the heartbeat is sent, as ws4redis promises it.
HEARTBEAT_INTERVAL = 4.0


class Visitor:
    """Ties a connection to a subscriber; made while the handshake goes on, opened when it is done.

    What it hears before it is opened is kept, and follows behind what the subscriber sent as persisted messages. To a
    subscriber of ws4redis' kind it is the ``websocket``: it has ``send``, ``close`` and ``closed``.
    """

    def __init__(self, number: int, loop: Loop, outgoing: Outgoing, *, echo: bool) -> None:
        self.number = number
        #: Set before anything is subscribed.
        self.subscriber: Any = None
        #: Called on the loop when the socket has gone.
        self.on_gone: Callable[[Visitor], object] = lambda visitor: None
        self._loop = loop
        self._outgoing = outgoing
        self._echo = echo
        self._connection: Connection | None = None
        self._greeting: list[bytes] = []
        self._heard_early: list[tuple[bytes, bytes, bytes]] = []
        self._unpublished = 0
        self._rewrites: bool | None = None

    # Called by the subscriber, in the thread of the handshake.

    @property
    def closed(self) -> bool:
        """Whether the socket is open no more."""
        return self._connection is not None and not self._connection.is_open

    def send(self, message: bytes | str, binary: bool | None = None) -> None:
        """Send ``message``, before all that is heard from now on; ``binary`` is told by the message itself."""
        frame = encode(message.encode() if isinstance(message, str) else bytes(message))
        if self._connection is None:
            self._greeting.append(frame)
        else:
            self._loop.call_soon_threadsafe(self._connection.send, frame)

    def close(self, code: int = 1000, message: str = '') -> None:
        """Close the socket, with ``message`` as the reason."""
        if self._connection is not None:
            self._loop.call_soon_threadsafe(self._connection.close, code, message)

    def is_silent(self, channel: bytes) -> bool:
        """Whether it must not hear what it publishes on ``channel`` itself."""
        return not self._echo and channel in self.subscriber._subscription.channels

    # Called on the loop.

    def open(self, connection: Connection, early: bytes) -> None:
        """Say what was kept, then relay; ``early`` holds bytes that came right behind the handshake's request."""
        self._connection = connection
        if self._greeting:
            connection.send(b''.join(self._greeting))
        for heard in self._heard_early:
            self._pass_on(*heard)
        self._greeting, self._heard_early = [], []
        connection.start(early)

    def hear(self, channel: bytes, message: bytes, frame: bytes, *, own: bool) -> None:
        """Take what was published on a channel; the hub calls this."""
        if own and not self._echo:
            return
        if self._connection is None:
            self._heard_early.append((channel, message, frame))
        else:
            self._pass_on(channel, message, frame)

    def said(self, message: str | bytes) -> None:
        """Take a message from the browser; the connection calls this."""
        assert self._connection is not None
        if isinstance(message, bytes):
            self._connection.close(UNSUPPORTED_DATA, 'only text can be relayed')
            return
        relayed = RedisMessage(message)  # None for a heartbeat
        if relayed:
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
        if self._connection is not None:
            self._connection.close(TRY_AGAIN_LATER, 'a message could not be published')

    def beat(self, now: float, frame: bytes) -> None:
        """Send the heartbeat ``frame`` if nothing was sent for :data:`HEARTBEAT_INTERVAL`."""
        if self._connection is not None and now - self._connection.sent_at >= HEARTBEAT_INTERVAL:
            self._connection.send(frame)

    def gone(self, code: int, reason: str) -> None:
        """Release what the socket held; the connection calls this once."""
        logger.debug('Socket %d closed: %d %s', self.number, code, reason)
        self.subscriber.release()
        self.on_gone(self)

    def _pass_on(self, channel: bytes, message: bytes, frame: bytes) -> None:
        assert self._connection is not None
        if self._rewrites is None:
            self._rewrites = type(self.subscriber).parse_response is not RedisSubscriber.parse_response
        if not self._rewrites:
            self._connection.send(frame)
            return
        # A project's subscriber that overrides ``parse_response`` looks at each message, and may change it.
        self.subscriber._subscription.feed(channel, message)
        relayed = RedisMessage(self.subscriber.parse_response())
        if relayed:
            self._connection.send(encode(relayed))
