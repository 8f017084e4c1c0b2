"""Who is at which facility, as the sockets of this process have it, on its way to the lists that browsers bind to."""

from __future__ import annotations

import logging
import queue
import time
import uuid
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from redis.exceptions import RedisError

from djng.channels import prefix, presence_of
from djng.relay.primitives import Primitives
from djng.state.steps import Attend, Failed, Outcome, Unknown, attendance
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Seconds for which news is gathered before it is told.
PAUSE = 0.25

#: Seconds between two signs of life for a list; how many there are in a second at the most; but none waits longer than
#: LONGEST_RENEWAL. After so many that are missing, the process is taken to have died.
RENEWAL, RENEWALS_PER_SECOND, LONGEST_RENEWAL, MISSING = 2.0, 1000, 10.0, 4

#: Seconds for which somebody whose last tab has closed is there yet: a page that is loaded again comes back by then.
LINGER = 1.5

#: Seconds for which those are there yet whose process ends as it should: their browsers have come back by then.
FAREWELL = 5.0

#: Seconds after which what Redis has refused is told again.
AGAIN = 2.0

#: News of so many people at one facility is told in one step, and so many steps are run in one round trip.
PEOPLE, BATCH = 256, 16


class Attendee(NamedTuple):
    """A socket of somebody who is to be in the list of a facility."""

    facility: str
    #: By which key the person is there.
    key: str
    #: By what name the tab is known; the same again when its socket comes back.
    tab: str
    #: What others see, as JSON.
    text: str


class _Person:
    """Somebody with sockets in this process."""

    def __init__(self) -> None:
        # How many sockets each tab has.
        self.tabs: Counter[str] = Counter()
        self.text = ''
        self.at = 0
        # When to forget who has no tabs.
        self.until = 0.0

    def told(self) -> str:
        return attendance(self.at, self.tabs, self.text)


class _Room:
    """What is known of one facility."""

    def __init__(self, facility: str) -> None:
        self.channel = f'{prefix()}broadcast:{presence_of(facility)}'
        self.people: dict[str, _Person] = {}
        # Of whom there is news, in its order.
        self.news: dict[str, None] = {}
        # Those without tabs.
        self.leaving: dict[str, _Person] = {}
        self.has_told = False
        # Sockets that hear the list.
        self.hearers = 0
        self.renew_at = 0.0
        # Not before, after something went wrong.
        self.not_before = 0.0


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
        self._rooms: dict[str, _Room] = {}

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

    def _put(self, take: Callable[..., object], *arguments: object) -> None:
        if not self._is_used:
            self._is_used = True
            self._primitives.spawn(self._run_forever)
        self._queue.put((take, arguments))

    def look_after(self) -> None:
        """See to what is due; called every now and then."""
        if self._is_used:
            self._queue.put(None)

    def part(self) -> None:
        """Hear that the process is about to end; people stay for a moment, in which they come back elsewhere."""
        self.is_parting = self._is_used
        if self._is_used:
            self._put(self._part)

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

    def _room(self, facility: str) -> _Room:
        room = self._rooms.get(facility)
        if room is None:
            room = self._rooms[facility] = _Room(facility)
        return room

    def _heard(self, facility: str, more: int) -> None:
        self._room(facility).hearers += more

    def _entered(self, attendee: Attendee) -> None:
        room = self._room(attendee.facility)
        person = room.people.setdefault(attendee.key, _Person())
        person.tabs[attendee.tab] += 1
        person.text, person.at = attendee.text, int(time.time() * 1000)
        room.leaving.pop(attendee.key, None)
        room.news[attendee.key] = None

    def _left(self, attendee: Attendee) -> None:
        room = self._rooms[attendee.facility]
        person = room.people[attendee.key]
        person.tabs[attendee.tab] -= 1
        if not person.tabs[attendee.tab]:
            del person.tabs[attendee.tab]
            room.news[attendee.key] = None
        if not person.tabs:
            person.until = time.monotonic() + LINGER
            room.leaving[attendee.key] = person

    def _tell(self, now: float) -> None:
        interval = min(max(RENEWAL, len(self._rooms) / RENEWALS_PER_SECOND), LONGEST_RENEWAL)
        told: list[tuple[_Room, Attend]] = []
        for room in list(self._rooms.values()):
            for key in [key for key, person in room.leaving.items() if person.until <= now]:
                del room.leaving[key], room.people[key]
                room.news[key] = None
            if now >= room.not_before and (room.news or now >= room.renew_at):
                room.renew_at = now + interval
                told += [(room, step) for step in self._steps(room, MISSING * interval)]
        self._run(told, now)
        self._rooms = {name: room for name, room in self._rooms.items() if room.people or room.news or room.hearers}

    def _steps(self, room: _Room, life: float) -> list[Attend]:
        """Return what tells the news of a room, which then is none any more; at the least, that the process lives.

        Where there is nothing that it could tell, the list is looked at for the sake of those who hear it.
        """
        steps: list[Attend] = []
        e, v = self._position(room.channel.encode())
        if not (room.people or room.news or room.has_told):
            return [Attend(room.channel, 'broadcast', least_epoch=e, least_version=v)]
        while room.news or not steps:
            keys = list(islice(room.news, PEOPLE))
            people = {key: room.people[key].told() if key in room.people else '' for key in keys}
            for key in keys:
                del room.news[key]
            is_over = not room.people and not room.news
            steps.append(
                Attend(
                    *(room.channel, 'broadcast', self._process, 0.0 if is_over else life, people),
                    is_first=not (room.has_told or steps),
                    least_epoch=e,
                    least_version=v,
                )
            )
        room.has_told = bool(room.people)
        return steps

    def _run(self, told: list[tuple[_Room, Attend]], now: float) -> None:
        for begin in range(0, len(told), BATCH):
            some = told[begin : begin + BATCH]
            outcomes: list[Outcome]
            try:
                outcomes = self._store.run([step for _, step in some])
            except (RedisError, OSError) as error:
                outcomes = [Failed(error)] * len(some)
            failures = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
            if failures:
                logger.warning('Could not tell who is there yet: %s', failures[0].error)
            for (room, step), outcome in zip(some, outcomes, strict=True):
                if isinstance(outcome, Unknown):
                    # Redis has lost it, or this process was silent for so long that the others took it for dead.
                    room.has_told = False
                    room.news.update(dict.fromkeys(room.people))
                elif isinstance(outcome, Failed):
                    room.news.update(dict.fromkeys(step.people))
                    room.not_before = room.renew_at = now + AGAIN

    def _part(self) -> None:
        told = [(room, step) for room in self._rooms.values() for step in self._steps(room, FAREWELL)]
        self._run(told, time.monotonic())
        self._has_parted = True
        self._primitives.loop().call_soon_threadsafe(self._parted)

    def _parted(self) -> None:
        self.is_parting = False
