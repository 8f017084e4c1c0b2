"""One channel as a browser hears it: snapshots and changes put into the one order that the channel has."""

from __future__ import annotations

from typing import NamedTuple

from djng.state.merge import Change, Collection
from djng.test.frames import Frame
from djng.test.layers import over


class Position(NamedTuple):
    """A point in a channel's life: an epoch, and a version in it; the larger one is the later."""

    epoch: int
    version: int


def position(frame: Frame) -> Position:
    """Return where in its channel's life a frame belongs."""
    return Position(frame.about['e'], frame.about['v'])


def change(frame: Frame) -> Change:
    """Return the change that a frame tells."""
    if 'n' in frame.about:
        return Change('array', frame.values, length=frame.about['n'])
    return Change('object', frame.values, tuple(frame.about.get('del', ())))


class Heard:
    """What is known of a channel; None where nothing is."""

    def __init__(self) -> None:
        self.collection: Collection | None = None
        self.position: Position | None = None
        #: What the channel, which is empty, was offered: shown in the place of nothing until somebody fills it.
        self.offered: Collection | None = None
        #: What was known of a collection that is lost, and at which position.
        self.lost: tuple[Collection, Position] | None = None
        #: Whether only a snapshot can tell more; changes that come before it are held.
        self.awaits = True
        self._held: list[Frame] = []
        self._is_new = True

    @property
    def shown(self) -> Collection | None:
        """What a page shows of it."""
        return self.collection if self.offered is None else self.offered

    def reopened(self) -> None:
        """Begin anew on another socket."""
        self.awaits, self._held, self._is_new = True, [], True

    def take_snapshot(self, frame: Frame) -> bool:
        """Take the whole collection; false if it is older than what is known.

        What comes first on a socket is never older, unless the server itself has lost what it knew.
        """
        is_new, self._is_new = self._is_new, False
        self.awaits = False
        if self.position is not None and position(frame) < self.position and not is_new:
            return False
        made = frame.about.get('b', frame.about['e'])
        if self.position is not None and self.position.epoch < made and self.collection:
            self.lost = self.collection, self.position
        elif self.lost is not None and self.lost[1].epoch >= made:
            self.lost = None
        if 'n' in frame.about:
            self.collection = frame.items
        else:  # an empty collection has no kind
            self.collection = frame.values or None
        self.offered = None
        self.position = position(frame)
        return True

    def release(self) -> list[Frame]:
        """Return the changes that were held, to be taken now."""
        held, self._held = self._held, []
        return held

    def take_change(self, frame: Frame) -> bool:
        """Take a change if it is the next one; what is known already is dropped, and what is farther ahead is held."""
        if self.awaits or self.position is None:
            self._held.append(frame)
            return False
        if position(frame) <= self.position:
            return False
        if position(frame) != self.position._replace(version=self.position.version + 1):
            self.awaits = True
            self._held.append(frame)
            return False
        self.collection = over(self.collection or {}, change(frame))
        self.position, self.offered = position(frame), None
        return True
