"""Who is at one facility by this process' sockets, and what of it is still to be told; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from djng.channels import prefix, presence_of
from djng.state.steps import Attend, attendance

#: Seconds for which somebody whose last tab has closed is there yet: a page that is loaded again comes back by then.
LINGER = 1.5

#: News of so many people is told in one step.
PEOPLE = 256


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
        # What others see, and when it was said, in milliseconds.
        self.text = ''
        self.at = 0
        # When to forget who has no tabs.
        self.until = 0.0


class Room:
    """What one process knows of a facility. ``now`` are seconds on a clock that never goes back."""

    def __init__(self, facility: str) -> None:
        self.channel = f'{prefix()}broadcast:{presence_of(facility)}'
        #: Sockets that hear the list.
        self.hearers = 0
        #: When it is to be told again that this process lives; and before when nothing is, after something went wrong.
        self.renew_at = 0.0
        self.not_before = 0.0
        self._people: dict[str, _Person] = {}
        # Those without tabs; and those of whom there is news, in its order.
        self._leaving: dict[str, _Person] = {}
        self._news: dict[str, None] = {}
        self._has_told = False

    def __bool__(self) -> bool:
        return bool(self._people or self._news or self.hearers)

    def enter(self, attendee: Attendee, at: int) -> None:
        """Take in that a socket is open, since the time ``at``, in milliseconds."""
        person = self._people.setdefault(attendee.key, _Person())
        person.tabs[attendee.tab] += 1
        person.text, person.at = attendee.text, at
        self._leaving.pop(attendee.key, None)
        self._news[attendee.key] = None

    def leave(self, attendee: Attendee, now: float) -> None:
        """Take in that it is closed."""
        person = self._people[attendee.key]
        person.tabs[attendee.tab] -= 1
        if not person.tabs[attendee.tab]:
            del person.tabs[attendee.tab]
            self._news[attendee.key] = None
        if not person.tabs:
            person.until = now + LINGER
            self._leaving[attendee.key] = person

    def is_due(self, now: float) -> bool:
        """Whether something is to be told; who has been without tabs for long enough is no more."""
        for key in [key for key, person in self._leaving.items() if person.until <= now]:
            del self._leaving[key], self._people[key]
            self._news[key] = None
        return now >= self.not_before and (bool(self._news) or now >= self.renew_at)

    def steps(self, process: str, life: float, position: tuple[int, int]) -> list[Attend]:
        """Return what tells the news, which then is none any more; at the least, that the process lives.

        Where there is nothing that it could tell, the list is looked at for the sake of those who hear it.
        """
        e, v = position
        if not (self._people or self._news or self._has_told):
            return [Attend(self.channel, 'broadcast', least_epoch=e, least_version=v)]
        steps: list[Attend] = []
        while self._news or not steps:
            keys = list(islice(self._news, PEOPLE))
            people = {key: self._told(key) for key in keys}
            for key in keys:
                del self._news[key]
            lives = life if self._people or self._news else 0.0
            is_first = not (self._has_told or steps)
            steps.append(Attend(self.channel, 'broadcast', process, lives, people, is_first, e, v))
        self._has_told = bool(self._people)
        return steps

    def _told(self, key: str) -> str:
        person = self._people.get(key)
        return '' if person is None else attendance(person.at, person.tabs, person.text)

    def tell_anew(self) -> None:
        """Hear that nothing is known of what was told."""
        self._has_told = False
        self._news.update(dict.fromkeys(self._people))

    def tell_again(self, people: Mapping[str, str], at: float) -> None:
        """Hear that the news of ``people`` could not be told, and when to try again."""
        self._news.update(dict.fromkeys(people))
        self.not_before = self.renew_at = at
