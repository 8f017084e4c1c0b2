"""What was applied to one channel, read off what was published on it."""

from __future__ import annotations

from typing import NamedTuple

from djng.state.merge import Change, Collection
from tests.convergence.frames import parse
from tests.convergence.heard import Position, change, position
from tests.convergence.layers import over


class Fault(AssertionError):
    """Something that the promise excludes."""


class Applied(NamedTuple):
    """A change in its place, and the collection after it."""

    position: Position
    author: str | None
    number: int | None
    change: Change
    after: Collection


class Log:
    """The changes of one channel, in its order."""

    def __init__(self) -> None:
        self.applied: dict[Position, Applied] = {}
        self.end = Position(0, 0)

    def take(self, text: str) -> None:
        """Take what was published; fails where it is not the next change, or one that was applied before."""
        frame = parse(text)
        now, author, number = position(frame), frame.about.get('o'), frame.about.get('s')
        if 't' in frame.about and (now == self.end or now.version == 0):
            return  # a message of a foreign writer was counted that was known already
        if now.epoch < self.end.epoch or now.version != (self.end.version if now.epoch == self.end.epoch else 0) + 1:
            raise Fault(f'{now} follows {self.end}')
        if number is not None and (twice := [one for one in self.of(author, number) if one.position.epoch == now.epoch]):
            raise Fault(f'change {number} of {author} was applied as {twice[0].position} and {now}')
        told = change(frame)
        self.applied[now] = Applied(now, author, number, told, over(self.at(Position(now.epoch, now.version - 1)), told))
        self.end = now

    def of(self, author: str | None, number: int | None) -> list[Applied]:
        """Return where a change was applied: more than once if its first epoch was lost."""
        return [one for one in self.applied.values() if (one.author, one.number) == (author, number)]

    def at(self, place: Position) -> Collection:
        """Return the collection as it was at a position."""
        return self.applied[place].after if place in self.applied else {}
