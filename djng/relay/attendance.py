"""Who comes and goes at facilities that list it, on its way to the lists."""

from __future__ import annotations

import logging
import queue
import time
import uuid
from collections.abc import Callable

from redis.exceptions import RedisError

from djng.relay.primitives import Primitives
from djng.relay.room import Attendee, Room
from djng.state.steps import Attend, Failed, Outcome, Unknown
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Seconds for which news is gathered before it is told.
PAUSE = 0.25

#: Seconds between two signs of life for a list; how many there are in a second at the most; but none waits longer than
#: LONGEST_RENEWAL. After so many that are missing, the process is taken to have died.
RENEWAL, RENEWALS_PER_SECOND, LONGEST_RENEWAL, MISSING = 2.0, 1000, 10.0, 4

#: Seconds for which those are there yet whose process ends as it should: their browsers have come back by then.
FAREWELL = 5.0

#: Seconds after which what Redis has refused is told again.
AGAIN = 2.0

#: Steps that are run in one round trip.
BATCH = 16


class Attendances:
    """Tells the lists who comes and goes, in a thread of its own, which is made when somebody comes.

    Methods are called on the loop, and never wait. All that is told stays known, and is told anew where Redis has lost
    it. A process that does not renew it is forgotten by the others: by those who tell, and by those whose sockets hear.
    """

    def __init__(self, store: Store, primitives: Primitives, position: Callable[[bytes], tuple[int, int]]) -> None:
        """``position`` gives the latest one that was seen on a channel."""
        self._store = store
        self._primitives = primitives
        self._position = position
        self._process = uuid.uuid4().hex[:12]
        self._queue = primitives.queue()
        self._is_used = False
        self._has_parted = False
        #: Whether the process has yet to part.
        self.is_parting = False
        # Of the thread alone.
        self._rooms: dict[str, Room] = {}

    def enter(self, attendee: Attendee) -> None:
        """Hear that a socket is open."""
        self._put(self._entered, attendee)

    def leave(self, attendee: Attendee) -> None:
        """Hear that it is closed."""
        self._put(self._left, attendee)

    def hear(self, facility: str) -> None:
        """Hear that a socket hears the list of ``facility``."""
        self._put(self._heard, facility, 1)

    def hear_no_more(self, facility: str) -> None:
        """Hear that it is closed."""
        self._put(self._heard, facility, -1)

    def look_after(self) -> None:
        """See to what is due; called every now and then."""
        if self._is_used:
            self._queue.put(None)

    def part(self) -> None:
        """Hear that the process is about to end; people stay for a moment, in which they come back elsewhere."""
        self.is_parting = self._is_used
        if self._is_used:
            self._put(self._part)

    def _put(self, take: Callable[..., object], *arguments: object) -> None:
        if not self._is_used:
            self._is_used = True
            self._primitives.spawn(self._run_forever)
        self._queue.put((take, arguments))

    def _parted(self) -> None:
        self.is_parting = False

    # In the thread.

    def _run_forever(self) -> None:
        while True:
            news = [self._queue.get()]
            if news[0] is not None:
                self._primitives.sleep(PAUSE)
            try:
                while True:
                    news.append(self._queue.get_nowait())
            except queue.Empty:
                pass
            for entry in news:
                if entry is not None and not self._has_parted:
                    take, arguments = entry
                    take(*arguments)
            if not self._has_parted:
                self._tell(time.monotonic())

    def _room(self, facility: str) -> Room:
        room = self._rooms.get(facility)
        if room is None:
            room = self._rooms[facility] = Room(facility)
        return room

    def _entered(self, attendee: Attendee) -> None:
        self._room(attendee.facility).enter(attendee, int(time.time() * 1000))

    def _left(self, attendee: Attendee) -> None:
        self._room(attendee.facility).leave(attendee, time.monotonic())

    def _heard(self, facility: str, more: int) -> None:
        self._room(facility).hearers += more

    def _tell(self, now: float) -> None:
        interval = min(max(RENEWAL, len(self._rooms) / RENEWALS_PER_SECOND), LONGEST_RENEWAL)
        due = [room for room in self._rooms.values() if room.is_due(now)]
        for room in due:
            room.renew_at = now + interval
        self._run(due, MISSING * interval)
        self._rooms = {name: room for name, room in self._rooms.items() if room}

    def _part(self) -> None:
        self._run(list(self._rooms.values()), FAREWELL)
        self._has_parted = True
        self._primitives.loop().call_soon_threadsafe(self._parted)

    def _run(self, rooms: list[Room], life: float) -> None:
        told: list[tuple[Room, Attend]] = []
        for room in rooms:
            position = self._position(room.channel.encode())
            told += [(room, step) for step in room.steps(self._process, life, position)]
        for begin in range(0, len(told), BATCH):
            some = told[begin : begin + BATCH]
            outcomes: list[Outcome]
            try:
                outcomes = self._store.run([step for _, step in some])
            except (RedisError, OSError) as error:
                outcomes = [Failed(error)] * len(some)
            if failures := [outcome for outcome in outcomes if isinstance(outcome, Failed)]:
                logger.warning('Could not tell who is there yet: %s', failures[0].error)
            for (room, step), outcome in zip(some, outcomes, strict=True):
                if isinstance(outcome, Unknown):
                    # Redis has lost it, or this process was silent for so long that the others took it for dead.
                    room.tell_anew()
                elif isinstance(outcome, Failed):
                    room.tell_again(step.people, time.monotonic() + AGAIN)
