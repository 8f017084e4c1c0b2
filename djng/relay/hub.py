"""One Redis subscription per process, fanned out to everybody who listens."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from djng.relay.audience import Audience, Listener, by_readable
from djng.relay.broadcast import Broadcast, Publication
from djng.relay.counts import Counts
from djng.relay.primitives import Event, Loop, Primitives
from djng.relay.subscription import Link, Subscription
from djng.state.steps import Kept


class Hub:
    """The one subscription of a process.

    ``connect()`` gives a Redis connection that is not yet used (RESP2, with a socket timeout); the hub reads it in a
    thread or greenlet of its own and keeps it alive. Whoever wants to hear goes through :meth:`subscribe`, which waits
    for Redis' confirmation, and is called on the loop.

    A message is told to be somebody's own by who sent it, never by what it says: its sender publishes its number and
    the channel on :attr:`marks`, a channel that this process alone hears, right before the message and in the same
    transaction, so that Redis delivers the two one after the other.

    Each message comes in two renditions, see :class:`djng.relay.broadcast.Publication`: one for bound listeners, one
    for plain ones; and in one for each set of properties that some bound listeners are limited to.
    """

    def __init__(self, connect: Callable[[], Any], primitives: Primitives, counts: Counts) -> None:
        #: The channel on which this process marks its own messages.
        self.marks = f'djng:marks:{uuid.uuid4().hex}'.encode()
        #: Called on the loop with a channel whose subscription was lost and is there again: messages may be missing.
        self.on_gap: Callable[[bytes], object] = lambda channel: None
        #: Called on the loop with what :meth:`token` was made for: the number, the channel, and what is kept on it.
        self.on_kept: Callable[[int, bytes, Kept], object] = lambda number, channel, kept: None
        #: Called on the loop with a channel that bound sockets listen to and what is published there, before they hear.
        self.on_published: Callable[[bytes, Publication], object] = lambda channel, publication: None
        #: Called on the loop with a channel on which an array has changed, and the plain sockets that are to be told.
        self.on_array: Callable[[bytes, list[Listener]], object] = lambda channel, listeners: None
        #: Called on the loop when a lost connection has been replaced.
        self.on_reconnect: Callable[[], object] = lambda: None
        #: Called in a thread of its own when the connection is lost.
        self.on_lost: Callable[[], object] = lambda: None
        self._counts = counts
        self._primitives = primitives
        self._loop: Loop = primitives.loop()
        # Guards what handshakes, in threads of their own, share with the loop: all of it down to the commands.
        self._lock = primitives.lock()
        self._audiences: dict[bytes, Audience] = {}
        # How many confirmations of each channel are still to come; a channel of which none is missing is live.
        self._unconfirmed: dict[bytes, int] = {}
        self._waiting: dict[bytes, list[Event]] = {}
        # Who published the next message of a channel.
        self._author: dict[bytes, int] = {}
        # Channels that were listened to when the subscription was lost, and are not live again.
        self._gaps: set[bytes] = set()
        # Channels whose gap is still open: nothing was heard on them since they are live again.
        self._filling: set[bytes] = set()
        # What is subscribed by; None while there is no connection.
        self._link: Link | None = None
        self._subscription = Subscription(connect, primitives)
        self._subscription.on_connected = self._connected
        self._subscription.on_received = self._received
        self._subscription.on_disconnected = self._disconnected
        self._subscription.on_lost = lambda: self.on_lost()
        self._subscription.start()

    # Called from anywhere.

    def subscribe(self, channels: Iterable[bytes], listener: Listener, timeout: float) -> bool:
        """Let ``listener`` hear ``channels``; false if Redis did not confirm all of them within ``timeout`` seconds.

        Blocks while Redis is asked; not at all where others listen already. From then on nothing that is published is
        missed. Not for the loop.
        """
        deadline = self._loop.time() + timeout
        confirmations = [self._add(channel, listener) for channel in channels]
        return all(event.wait(max(0.0, deadline - self._loop.time())) for event in confirmations if event is not None)

    @staticmethod
    def token(number: int, channel: bytes) -> bytes:
        """Return what is to stand before that which is kept on ``channel`` where it is told on :attr:`marks`."""
        return b'kept %d %d %s' % (number, len(channel), channel)

    def unsubscribe(self, channels: Iterable[bytes], listener: Listener) -> None:
        """Let ``listener`` hear ``channels`` no more; does not wait."""
        for channel in channels:
            self._remove(channel, listener)

    def listen(self, channel: bytes, listener: Listener) -> None:
        """Let ``listener`` hear ``channel`` as soon as Redis lets it; does not wait."""
        self._add(channel, listener)

    def _add(self, channel: bytes, listener: Listener) -> Event | None:
        """Register ``listener``, and return what to wait for; None where ``channel`` is live."""
        with self._lock:
            audience = self._audiences.get(channel)
            if audience is None:
                audience = self._audiences[channel] = Audience({}, {}, {})
                self._command('SUBSCRIBE', channel)
            audience.of(listener)[listener.number] = listener
            if self._link is not None and not self._unconfirmed.get(channel, 0):
                return None
            event = self._primitives.event()
            self._waiting.setdefault(channel, []).append(event)
            return event

    def _remove(self, channel: bytes, listener: Listener) -> None:
        with self._lock:
            audience = self._audiences.get(channel)
            if audience is None:
                return
            audience.of(listener).pop(listener.number, None)
            if not any(audience):
                del self._audiences[channel]
                self._waiting.pop(channel, None)
                self._command('UNSUBSCRIBE', channel)

    def _command(self, name: str, *channels: bytes) -> None:
        if self._link is not None:
            if name == 'SUBSCRIBE':
                for channel in channels:
                    self._unconfirmed[channel] = self._unconfirmed.get(channel, 0) + 1
            self._subscription.say(self._link, name, *channels)

    # Called on the loop.

    def fill(self, channel: bytes, kept: Broadcast) -> None:
        """Hand what is kept to all plain sockets on ``channel``, unless all of them have heard something newer."""
        if channel in self._filling:
            self._filling.discard(channel)
            self._hand_out(channel, kept, self._plain(channel), None, more=False)

    def _plain(self, channel: bytes) -> list[Listener]:
        with self._lock:
            audience = self._audiences.get(channel)
            return [] if audience is None else list(audience.plain.values())

    def _deliver(self, channel: bytes, message: bytes, author: int | None, *, more: bool) -> list[Listener]:
        self._filling.discard(channel)
        with self._lock:
            audience = self._audiences.get(channel)
            if audience is None:
                return []
            plain, bound = list(audience.plain.values()), list(audience.bound.values())
            limited = list(audience.limited.values())
        publication = Publication(message)
        if bound or limited:
            self.on_published(channel, publication)
        if bound:
            self._hand_out(channel, publication.for_bound, bound, author, more=more)
        if limited:
            for readable, some in by_readable(limited).items():
                self._hand_out(channel, publication.for_readers(readable), some, author, more=more)
        if plain:
            if publication.changes_array:
                self.on_array(channel, plain)
            self._hand_out(channel, publication.for_plain, plain, author, more=more)
        return plain + bound + limited

    def _hand_out(
        self, channel: bytes, broadcast: Broadcast | None, listeners: list[Listener], author: int | None, *, more: bool
    ) -> None:
        if broadcast is None:
            return
        self._counts.messages_out += len(listeners)
        self._counts.bytes_out += len(listeners) * len(broadcast.message)
        for listener in listeners:
            # Without keywords, which cost a tenth of a microsecond each, for each delivery.
            listener.hear(channel, broadcast, listener.number == author, more)

    def _connected(self, link: Link) -> None:
        with self._lock:
            self._link = link
            self._unconfirmed.clear()
            self._author.clear()
            self._gaps = set() if link.is_first else set(self._audiences)
            self._command('SUBSCRIBE', self.marks, *self._audiences)
        if not link.is_first:
            self._counts.reconnects += 1
            self.on_reconnect()

    def _disconnected(self) -> None:
        with self._lock:
            self._link = None

    def _received(self, link: Link, replies: list[list[Any]]) -> None:
        if link is not self._link:
            return
        more = len(replies) > 1
        waiting: dict[Listener, None] = {}
        for kind, channel, *data in replies:
            if kind == b'message':
                if channel == self.marks:
                    self._mark(data[0])
                else:
                    heard = self._deliver(channel, data[0], self._author.pop(channel, None), more=more)
                    if more:
                        waiting.update(dict.fromkeys(heard))
            elif kind == b'subscribe':
                self._confirmed(channel)
        for listener in waiting:
            listener.flush()

    def _mark(self, mark: bytes) -> None:
        kind, number, rest = mark.split(b' ', 2)
        if kind == b'own':
            self._author[rest] = int(number)
        else:
            size, _, told = rest.partition(b' ')
            self.on_kept(int(number), told[: int(size)], Kept.read(told[int(size) :]))

    def _confirmed(self, channel: bytes) -> None:
        with self._lock:
            self._unconfirmed[channel] -= 1
            if self._unconfirmed[channel]:
                return
            del self._unconfirmed[channel]
            waiting = self._waiting.pop(channel, ())
            has_gap = channel in self._gaps
            self._gaps.discard(channel)
        for event in waiting:
            event.set()
        if has_gap:
            self._filling.add(channel)
            self.on_gap(channel)
