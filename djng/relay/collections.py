"""The collections that bound sockets listen to: where each is, kept alive, and told anew where it was lost."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from redis.exceptions import RedisError

from djng.redis_store import label
from djng.relay.broadcast import Publication
from djng.relay.counts import Counts
from djng.relay.hub import Hub
from djng.relay.intake import Intake
from djng.relay.kept import Asker, Reading, Readings
from djng.relay.primitives import Primitives
from djng.state.steps import Applied, Failed, Gone, Kept, Outcome, Renew, Renewed, Step, Take
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Seconds between two renewals of a collection, and how many there are in a second at the most; but none waits longer
#: than LONGEST_RENEWAL, a third of the time for which a collection outlives the last one.
RENEWAL, RENEWALS_PER_SECOND, LONGEST_RENEWAL = 2.0, 1000, 10.0

#: Seconds after which a collection is renewed again where somebody else has just written it.
AGAIN = 1.0

#: Authors of each collection whose last change is remembered.
REMEMBERED = 100

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
        # The last changes that were heard, by their authors: the number of each, and where it has its place.
        self.changes: dict[bytes, tuple[int, tuple[int, int]]] = {}
        self.told_epoch = 0
        self.expected = (0, 0)
        self.intake = Intake(now)
        self.renew_at = now + RENEWAL


class Collections:
    """Keeps collections alive while bound sockets listen, and has taken in what others publish there.

    Every method is called on the loop; Redis is asked in a thread.
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
        kept.changes_up_to = self.changes_up_to
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

    def changes_up_to(self, channel: bytes, position: tuple[int, int]) -> tuple[tuple[str, int], ...]:
        """Return the last changes that were heard on ``channel`` and are not later: their authors and numbers.

        From any thread.
        """
        followed = self._followed.get(channel)
        changes = [] if followed is None else list(followed.changes.items())
        return tuple((author.decode(), s) for author, (s, place) in changes if place <= position)

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
            followed.intake.wait(self._loop.time())
            self.tell_all(channel)

    def _read(self, channel: bytes, kept: Kept) -> None:
        followed = self._followed.get(channel)
        if followed is None or not kept.e:
            return
        followed.intake.told(kept.t, is_same_epoch=followed.position[0] == kept.e)
        followed.position = max(followed.position, (kept.e, kept.v))
        if followed.told_epoch not in (0, kept.e):
            # Whoever has asked is told, and all others know only what is lost.
            self.tell_all(channel)
        followed.told_epoch = kept.e
        self._take(followed)

    def _published(self, channel: bytes, publication: Publication) -> None:
        followed = self._followed.get(channel)
        if followed is None:
            return
        heard = publication.heard
        if heard is None:
            if not followed.intake.hold(publication.message):
                logger.warning('Too many messages on %s wait to be taken in; the oldest is passed over', channel)
            # Not yet: what a plain socket says is taken in at once, which is told right behind it.
            self._loop.call_soon_threadsafe(self._take, followed)
            return
        if heard.e > followed.position[0]:
            followed.intake.taken = None  # until its snapshot tells
        followed.position = max(followed.position, (heard.e, heard.v))
        if heard.author is not None and heard.s is not None:
            # The latest is the last.
            followed.changes.pop(heard.author, None)
            followed.changes[heard.author] = heard.s, (heard.e, heard.v)
            if len(followed.changes) > REMEMBERED:
                del followed.changes[next(iter(followed.changes))]
        if heard.t is not None:
            followed.intake.took(heard.t, heard.f)
            self._take(followed)

    def _take(self, followed: _Followed) -> None:
        first = followed.intake.taken
        if first is not None and (texts := followed.intake.next(self._loop.time())):
            take = Take(followed.channel, followed.label, b'', first, *followed.position)
            steps = [take._replace(text=text, t=first + n) for n, text in enumerate(texts)]
            self._run(steps, partial(self._taken, followed))

    def _taken(self, followed: _Followed, outcomes: Sequence[Outcome]) -> None:
        followed.intake.answered()
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
            if followed.intake.is_stuck(now):
                self._kept.tell(followed.channel, _NOBODY)
            elif followed.intake:
                self._take(followed)
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
