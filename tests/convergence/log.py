"""What was applied to one channel, read off what was published on it."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from djng.state.merge import Change, Collection
from djng.test.frames import parse
from djng.test.heard import Position, change, position
from djng.test.layers import over


class Fault(AssertionError):
    """Something that the promise excludes."""


class Applied(NamedTuple):
    """A change in its place."""

    position: Position
    author: str | None
    number: int | None
    change: Change


class Log:
    """The changes of one channel, in its order."""

    def __init__(self) -> None:
        self.end = Position(0, 0)
        #: What the collection comes from.
        self.applied: list[Applied] = []
        # Where each change was applied, in what is lost too.
        self._of: dict[tuple[str | None, int | None], list[Applied]] = defaultdict(list)
        #: What some other program has written under the key: where there is no collection, one begins with it.
        self.found: Collection | None = None
        self._states: dict[Position, Collection] = {}

    def take(self, text: str) -> None:
        """Take what was published; fails where it is not the next change, or one that was applied before."""
        frame = parse(text)
        now, author, number = position(frame), frame.about.get('o'), frame.about.get('s')
        before = now._replace(version=now.version - 1)
        if now.version == 0:
            return  # a message of a foreign writer was counted that changed nothing, or was known already
        if now.epoch > self.end.epoch and now.version == 1:
            self.lose_all()
        elif now.epoch > self.end.epoch and now.version == 2 and self.found is not None:
            self.lose_all()
            self._states[before] = self.found
        elif now.epoch > self.end.epoch and now.version == self.end.version + 1:
            self._states[before] = self.at(self.end)
        elif before != self.end:
            raise Fault(f'{now} follows {self.end}')
        if number is not None and (twice := [one for one in self.of(author, number) if one in self.applied]):
            raise Fault(f'change {number} of {author} was applied as {twice[0].position} and {now}')
        self.add(Applied(now, author, number, change(frame)))

    def add(self, one: Applied) -> None:
        """Take the next change."""
        before = one.position._replace(version=one.position.version - 1)
        self.applied.append(one)
        self._of[one.author, one.number].append(one)
        self._states[one.position] = over(self.at(before), one.change)
        self.end = one.position

    def learn(self, place: Position, kept: Collection) -> None:
        """Take what is kept, as somebody was told; fails where it is not what was published."""
        if place.epoch > self.end.epoch:
            # An epoch that goes on with what was saved, or begins with what somebody has left under the key.
            if place.version <= 1:
                self.lose_all()
            self._states[place], self.end = kept, place
        elif place != self.end or (kept != self.at(place) and (kept or self.at(place))):
            raise Fault(f'at {place} there is {kept}, and not {self.at(self.end)} of {self.end}')

    def lose_all(self) -> None:
        """Begin with an empty collection."""
        self.applied = []

    def fall_back(self, place: Position) -> None:
        """Forget what was applied after ``place``."""
        self.applied = [one for one in self.applied if one.position <= place]
        self.end = place

    def of(self, author: str | None, number: int | None) -> list[Applied]:
        """Return where a change was applied, in what is lost too."""
        return self._of[author, number]

    def fate(self, text: str) -> str:
        """Return where a text came into the collection, and what took it out again."""
        story, was_there = [], False
        for one in self.applied:
            after = self.at(one.position)
            is_there = text in (after.values() if isinstance(after, dict) else after)
            if is_there != was_there:
                story.append(f'{"there" if is_there else "gone"} by {one}')
            was_there = is_there
        return '; '.join(story) or 'never there'

    def at(self, place: Position) -> Collection:
        """Return the collection as it was at a position."""
        return self._states.get(place, {})

    def knows(self, place: Position | None) -> bool:
        """Whether it can be told what the collection was: not in an epoch that goes on with what was saved."""
        return place is not None and (place.version == 0 or place in self._states)
