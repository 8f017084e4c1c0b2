"""What Redis keeps on channels, read for who comes and for who has missed something: many at a time."""

from __future__ import annotations

import itertools
import logging
import queue
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from redis.exceptions import RedisError

from djng.redis_store import label
from djng.relay import frames
from djng.relay.broadcast import Broadcast
from djng.relay.hub import Hub
from djng.relay.primitives import Primitives
from djng.relay.strangers import Strangers, is_strange
from djng.state.glimpse import kept_for
from djng.state.steps import Failed, Kept, Snapshot
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Askers and channels that are served by one round trip at the most.
BATCH = 512

#: Seconds before what could not be read is tried again.
RETRY = 0.5


class Reading:
    """What was kept on a channel at one moment of the channel's order, in the rendition of each kind of sockets."""

    def __init__(self, label: str, kept: Kept) -> None:
        self.kept = kept
        self._label = label
        self._for_readers: dict[frozenset[str], Broadcast] = {}

    @property
    def is_collection(self) -> bool:
        """Whether the channel is one."""
        return self.kept.e > 0

    @cached_property
    def for_bound(self) -> Broadcast:
        """The snapshot."""
        return Broadcast(frames.snapshot(self._label, self.kept))

    def for_readers(self, names: frozenset[str] | None) -> Broadcast:
        """The snapshot for who may read the properties in ``names`` alone, made once for all of them; None for all."""
        if names is None:
            return self.for_bound
        snapshot = self._for_readers.get(names)
        if snapshot is None:
            snapshot = Broadcast(frames.snapshot(self._label, kept_for(self.kept, names)))
            self._for_readers[names] = snapshot
        return snapshot

    @cached_property
    def for_plain(self) -> Broadcast | None:
        """The whole collection, or the last message; None for nothing."""
        return Broadcast(self.kept.text) if self.kept.text else None


class Asker(Protocol):
    """Who wants to be told what is kept."""

    #: Whether the channel is to be a collection from now on.
    is_bound: bool

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Take what is kept, behind all that was published before it was read, and before all else.

        None where there is something else under that key, which some other program has put there.
        """


class Readings:
    """Reads what is kept; when many ask at once, each channel is read once for all of them.

    Every method is called on the loop; Redis is asked in a thread.
    """

    def __init__(self, store: Store, hub: Hub, primitives: Primitives, strangers: Strangers) -> None:
        #: Called with whatever was read of a channel, before those who have asked are told.
        self.on_read: Callable[[bytes, Kept], object] = lambda channel, kept: None
        #: Asked for the latest position, epoch and version, that was seen on a channel.
        self.position: Callable[[bytes], tuple[int, int]] = lambda channel: (0, 0)
        #: Asked for the last changes that were heard there up to a position: their authors and numbers.
        self.changes_up_to: Callable[[bytes, tuple[int, int]], Sequence[tuple[str, int]]] = lambda channel, at: ()
        self._store = store
        self._hub = hub
        self._strangers = strangers
        self._loop = primitives.loop()
        self._sleep = primitives.sleep
        self._wanted = primitives.queue()
        self._numbers = itertools.count(1)
        # Who waits for which channel of a reading, by the number of the reading.
        self._asking: dict[int, dict[bytes, list[Asker]]] = {}
        hub.on_kept = self._heard
        hub.on_reconnect = self._ask_again
        primitives.spawn(self._read_forever)

    def tell(self, channel: bytes, asker: Asker) -> None:
        """Have ``asker`` told what is kept on ``channel``; never waits."""
        self._wanted.put((channel, asker))

    def _heard(self, number: int, channel: bytes, kept: Kept | None) -> None:
        reading = None
        if kept is not None:
            reading = Reading(label(channel.decode()), kept)
            self.on_read(channel, kept)
        asking = self._asking.get(number, {})
        for asker in asking.pop(channel, ()):
            asker.told(channel, reading)
        if not asking:
            self._asking.pop(number, None)

    def _ask_again(self) -> None:
        # What was on its way by the lost connection is lost.
        for number, asking in list(self._asking.items()):
            self._give_up(number, list(asking))

    def _give_up(self, number: int, channels: Iterable[bytes]) -> None:
        asking = self._asking.get(number, {})
        for channel in channels:
            for asker in asking.pop(channel, ()):
                self._wanted.put((channel, asker))
        if not asking:
            self._asking.pop(number, None)

    def _read_forever(self) -> None:
        while True:
            wanted = [self._wanted.get()]
            try:
                while len(wanted) < BATCH:
                    wanted.append(self._wanted.get_nowait())
            except queue.Empty:
                pass
            asking: dict[bytes, list[Asker]] = {}
            for channel, asker in wanted:
                asking.setdefault(channel, []).append(asker)
            number = next(self._numbers)
            # The loop takes out of it who has been told.
            self._loop.call_soon_threadsafe(self._asking.__setitem__, number, dict(asking))
            unread = self._read(number, asking)
            if unread:
                self._sleep(RETRY)
                self._loop.call_soon_threadsafe(self._give_up, number, unread)

    def _read(self, number: int, asking: Mapping[bytes, list[Asker]]) -> list[bytes]:
        """Have Redis tell what is kept, and return the channels for which it could not."""
        steps = []
        for channel, askers in asking.items():
            epoch, version = self.position(channel)
            step = Snapshot(channel, label(channel.decode()), self._hub.marks, self._hub.token(number, channel))
            create = any(asker.is_bound for asker in askers)
            steps.append(step._replace(create=create, least_epoch=epoch, least_version=version))
        unread: dict[bytes, Exception] = {}
        try:
            for channel, outcome in zip(asking, self._store.run(steps), strict=True):
                if isinstance(outcome, Failed):
                    if is_strange(outcome.error):
                        self._strangers.meet(channel)
                        self._loop.call_soon_threadsafe(self._heard, number, channel, None)
                    else:
                        unread[channel] = outcome.error
                else:
                    self._strangers.forget(channel)
        except (RedisError, OSError) as error:
            unread = dict.fromkeys(asking, error)
        if unread:
            reason = next(iter(unread.values()))
            logger.warning('Could not read what is kept on %d channels (%s); trying again.', len(unread), reason)
        return list(unread)


class Refill:
    """Hands what is kept to the plain sockets that may have missed something."""

    #: They ask for no collection.
    is_bound = False

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Hand it out."""
        if reading is not None and reading.for_plain is not None:
            self._hub.fill(channel, reading.for_plain)
