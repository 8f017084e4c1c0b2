"""The collections that bound sockets listen to: where each is, kept alive, and what others publish there taken in."""

from __future__ import annotations

import hashlib
import itertools
import logging
import queue
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from redis.exceptions import RedisError

from djng.redis_store import label
from djng.relay.broadcast import Publication
from djng.relay.counts import Counts
from djng.relay.hub import Hub
from djng.relay.kept import Asker, Reading, Readings
from djng.relay.primitives import Primitives
from djng.state.steps import Applied, Failed, Gone, Kept, Outcome, Renew, Renewed, Step, Take
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Seconds between two renewals of a collection, and how many there are in a second at the most; but none waits longer
#: than LONGEST_RENEWAL, a third of the time for which a collection outlives the last one.
RENEWAL, RENEWALS_PER_SECOND, LONGEST_RENEWAL = 2.0, 1000, 10.0

#: Seconds for which a process that begins to follow a collection leaves foreign messages to those that heard what came
#: before, and seconds after which those that nobody seems to have taken are tried again.
FIRST_TAKE, NEXT_TAKE = 1.0, 1.0

#: Foreign messages that are taken in by one round trip, and how many are held while none can be made.
TAKES, HELD_LIMIT = 64, 10_000

#: Seconds after which a collection is renewed again where somebody else has just written it.
AGAIN = 1.0

#: Steps that are run in one round trip.
BATCH = 256


class _Followed:
    """What is known of one collection."""

    def __init__(self, channel: bytes, now: float) -> None:
        self.channel = channel
        self.label = label(channel.decode())
        # The bound sockets that listen, by their numbers.
        self.readers: dict[int, Asker] = {}
        # The latest epoch and version, the epoch of the last snapshot, and what must have been heard by now.
        self.position = (0, 0)
        self.told_epoch = 0
        self.expected = (0, 0)
        # How many foreign messages are taken in by now; None before it is told.
        self.taken: int | None = None
        # Those that are not taken in yet, in the channel's order; from when on they may be. How many of them have been
        # tried, and when.
        self.held: deque[_Foreign] = deque()
        self.take_from = now + FIRST_TAKE
        self.tried = 0
        self.tried_at = now
        self.is_taking = False
        self.renew_at = now + RENEWAL


class _Foreign:
    """A message that somebody published without the script."""

    __slots__ = ('digest', 'text')

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()


class Collections:
    """Keeps collections alive while bound sockets listen, and takes in what others publish there, exactly once.

    Every process that hears a foreign message tries to take it in; the script lets one succeed, and what that publishes
    tells the others. Every method is called on the loop; Redis is asked in a thread.
    """

    #: What it asks for are snapshots, for all readers of a collection.
    is_bound = True

    def __init__(self, store: Store, hub: Hub, kept: Readings, primitives: Primitives, counts: Counts) -> None:
        self._store = store
        self._kept = kept
        self._counts = counts
        self._loop = primitives.loop()
        self._followed: dict[bytes, _Followed] = {}
        # What each reader listens to.
        self._channels: dict[int, tuple[bytes, ...]] = {}
        self._queue = primitives.queue()
        hub.on_published = self._published
        kept.on_read = self._read
        kept.position = self.position
        primitives.spawn(self._run_forever)

    def follow(self, number: int, reader: Asker, channels: Iterable[bytes]) -> None:
        """Keep ``channels`` alive while ``reader`` listens to them, until :meth:`leave` is called with its number."""
        self._channels[number] = tuple(channels)
        for channel in self._channels[number]:
            followed = self._followed.get(channel)
            if followed is None:
                followed = self._followed[channel] = _Followed(channel, self._loop.time())
            followed.readers[number] = reader

    def leave(self, number: int) -> None:
        """Hear that a reader is gone."""
        for channel in self._channels.pop(number, ()):
            followed = self._followed[channel]
            del followed.readers[number]
            if not followed.readers:
                del self._followed[channel]

    def position(self, channel: bytes) -> tuple[int, int]:
        """Return the latest epoch and version that were seen on ``channel``, zeros for none; from any thread."""
        followed = self._followed.get(channel)
        return followed.position if followed is not None else (0, 0)

    def tell_all(self, channel: bytes) -> None:
        """Have all who listen to a collection sent the snapshot; never waits."""
        if channel in self._followed:
            self._kept.tell(channel, self)

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Hand a snapshot to all who listen."""
        followed = self._followed.get(channel)
        if followed is not None:
            for reader in list(followed.readers.values()):
                reader.told(channel, reading)

    def tell_again(self, channel: bytes) -> None:
        """Hear that the subscription to ``channel`` was lost and is there again: messages may be missing."""
        followed = self._followed.get(channel)
        if followed is not None:
            followed.take_from = self._loop.time() + FIRST_TAKE
            self.tell_all(channel)

    def _read(self, channel: bytes, kept: Kept) -> None:
        followed = self._followed.get(channel)
        if followed is None or not kept.e:
            return
        if followed.taken is not None and followed.position[0] == kept.e:
            # Others took them in, which was not heard while there was no subscription.
            for _ in range(min(len(followed.held), kept.t - followed.taken)):
                followed.held.popleft()
        followed.position = max(followed.position, (kept.e, kept.v))
        followed.told_epoch = kept.e
        followed.taken = kept.t
        self._take(followed)

    def _published(self, channel: bytes, publication: Publication) -> None:
        followed = self._followed.get(channel)
        if followed is None:
            return
        heard = publication.heard
        if heard is None:
            # What is neither object nor array can be nothing for a collection.
            if publication.message.lstrip()[:1] in (b'{', b'['):
                followed.held.append(_Foreign(publication.message))
                if len(followed.held) > HELD_LIMIT:
                    logger.warning('Too many messages on %s wait to be taken in; the oldest is passed over', channel)
                    followed.held.popleft()
                # Not yet: what a plain socket says is taken in at once, which is told right behind it.
                self._loop.call_soon_threadsafe(self._take, followed)
            return
        if heard.e > followed.position[0]:
            followed.taken = 0
        followed.position = max(followed.position, (heard.e, heard.v))
        if heard.t is not None:
            followed.taken = heard.t
            followed.tried = max(0, followed.tried - 1)
            for n, foreign in enumerate(followed.held):
                if foreign.digest == heard.f:
                    del followed.held[n]
                    break
            self._take(followed)

    def _take(self, followed: _Followed) -> None:
        """Try to take in what is held; what has been tried is waited for, since it comes back on the channel."""
        if not followed.held or followed.taken is None or followed.is_taking or followed.tried:
            return
        now = self._loop.time()
        if now < followed.take_from:
            return
        followed.tried_at = now
        texts = [foreign.text for foreign in itertools.islice(followed.held, TAKES)]
        followed.tried = len(texts)
        followed.is_taking = True
        first = followed.taken
        self._run(
            [
                Take(followed.channel, followed.label, text, first + n, *followed.position)
                for n, text in enumerate(texts)
            ],
            partial(self._taken, followed),
        )

    def _taken(self, followed: _Followed, outcomes: Sequence[Outcome]) -> None:
        followed.is_taking = False
        self._counts.taken += sum(isinstance(outcome, Applied) for outcome in outcomes)
        self._take(followed)

    # Looking after them.

    def look_after(self, now: float) -> None:
        """Renew those whose time has come, and try again what seems to be stuck; called every now and then."""
        interval = min(max(RENEWAL, len(self._followed) / RENEWALS_PER_SECOND), LONGEST_RENEWAL)
        due = []
        for followed in self._followed.values():
            if now >= followed.renew_at:
                followed.renew_at = now + interval
                due.append(followed)
            if not followed.tried:
                self._take(followed)
            elif now >= followed.tried_at + NEXT_TAKE and not followed.is_taking:
                # They were not taken, or that was not heard: it is read how many there are, and tried again.
                followed.tried = 0
                followed.tried_at = now
                if followed.held:
                    self._kept.tell(followed.channel, _NOBODY)
        for begin in range(0, len(due), BATCH):
            some = due[begin : begin + BATCH]
            self._run(
                [Renew(followed.channel, followed.label, *followed.position) for followed in some],
                partial(self._renewed, some),
            )

    def _renewed(self, some: Sequence[_Followed], outcomes: Sequence[Outcome]) -> None:
        for followed, outcome in zip(some, outcomes, strict=True):
            if isinstance(outcome, Gone):
                self.tell_all(followed.channel)
            elif isinstance(outcome, Renewed):
                position = outcome.e, outcome.v
                # Of a new epoch in which nobody has changed anything yet nothing was heard.
                if followed.told_epoch not in (0, outcome.e) or followed.position < followed.expected:
                    self.tell_all(followed.channel)
                followed.expected = position
                if outcome.again:
                    followed.renew_at = self._loop.time() + AGAIN

    # Redis.

    def _run(self, steps: Sequence[Step], then: Callable[[Sequence[Outcome]], object]) -> None:
        self._queue.put((steps, then))

    def _run_forever(self) -> None:
        while True:
            batch = [self._queue.get()]
            try:
                while sum(len(steps) for steps, _ in batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            except queue.Empty:
                pass
            steps = [step for steps, _ in batch for step in steps]
            outcomes: Sequence[Outcome]
            try:
                outcomes = self._store.run(steps)
            except (RedisError, OSError) as error:
                logger.warning('Could not look after %d collections: %s', len(steps), error)
                outcomes = [Failed(error)] * len(steps)
            begin = 0
            for steps, then in batch:
                self._loop.call_soon_threadsafe(then, outcomes[begin : begin + len(steps)])
                begin += len(steps)


class _Nobody:
    """Wants no snapshot, but what was read to be known."""

    is_bound = True

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Leave it."""


_NOBODY = _Nobody()
