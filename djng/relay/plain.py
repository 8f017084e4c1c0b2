"""A plain socket: it hears and says what ws4redis' sockets do, byte for byte."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ws4redis.redis_store import RedisMessage
from ws4redis.subscriber import RedisSubscriber as UpstreamSubscriber

from djng.relay.broadcast import Broadcast
from djng.relay.connection import INTERNAL_ERROR, POLICY_VIOLATION, TRY_AGAIN_LATER
from djng.relay.counts import Counts
from djng.relay.kept import Reading
from djng.relay.outgoing import Outgoing, Utterance
from djng.relay.primitives import Loop
from djng.relay.visitor import Visitor
from djng.state.steps import Outcome, Refused
from djng.subscriber import RedisSubscriber

logger = logging.getLogger('djng.relay')

#: Messages that are held at the most while what is kept is being read.
HELD_LIMIT = 10_000


class PlainVisitor(Visitor):
    """A visitor with ws4redis' wire.

    What it hears before it is greeted is held, and follows behind what the subscriber sent as persisted messages. To a
    subscriber of ws4redis' kind it is the ``websocket``: it has ``send``, ``close`` and ``closed``.
    """

    __slots__ = ('_awaited', '_echo', '_greeting', '_held', '_rewrites')

    def __init__(self, number: int, loop: Loop, outgoing: Outgoing, counts: Counts, *, echo: bool) -> None:
        super().__init__(number, loop, outgoing, counts)
        self._echo = echo
        self._greeting: list[Broadcast] | None = None
        # The channels of which it is not told yet what is kept, and what it has heard by then, None in the place of
        # its own words; no list from then on.
        self._awaited: set[bytes] = set()
        self._held: list[tuple[bytes, Broadcast | None]] | None = []
        self._rewrites = False

    @property
    def greets_itself(self) -> bool:
        """Whether the subscriber is a project's own that sends persisted messages in its own way."""
        return type(self.subscriber).send_persisted_messages is not UpstreamSubscriber.send_persisted_messages

    @property
    def publishes_itself(self) -> bool:
        """Whether the subscriber is a project's own that publishes in its own way."""
        return getattr(type(self.subscriber), 'publish_message', None) is not RedisSubscriber.publish_message

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

    # Called in the publishing thread.

    def utterance(self, message: RedisMessage) -> Utterance:
        """Have ``message`` relayed on each channel that the socket may write to."""
        steps = [step._replace(who=self.who) for step in self.subscriber.steps(message)]
        return Utterance(self, len(message), steps, self._answer)

    # Called on the loop.

    def _answer(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                # The only word that this wire has for it.
                self.turn_out(POLICY_VIOLATION, outcome.errors[''][0])

    def _opened(self) -> None:
        self._rewrites = type(self.subscriber).parse_response is not UpstreamSubscriber.parse_response
        if not self.greets_itself:
            self._awaited = set(self.channels)
        if not self._awaited:
            self._release()

    @property
    def awaited(self) -> list[bytes]:
        """The channels of which the visitor is still to be told what is kept on them."""
        return list(self._awaited)

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Take what is kept on one of the awaited channels; after the last of them all that was held goes out."""
        self._awaited.discard(channel)
        if self._held is not None and reading is not None and reading.for_plain is not None:
            if reading.is_collection:
                # The whole holds all changes that came before it, and what was deleted by now must not come back.
                self._held = [entry for entry in self._held if entry[0] != channel or not _is_change(entry[1])]
            # Who has heard a message of the channel, or spoken, knows what is kept, or something newer.
            if reading.is_collection or all(name != channel for name, _ in self._held):
                self._greeting = [*(self._greeting or ()), reading.for_plain]
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


def _is_change(heard: Broadcast | None) -> bool:
    return heard is None or heard.is_change
