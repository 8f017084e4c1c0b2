"""Who waits for an examination, and whose turn it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeAlias

from djng.relay.examination import Examination, Settled

#: The channels to which a change goes.
Channels: TypeAlias = tuple[str | bytes, ...]

#: Seconds of CPU time from which on a change calculates, where it does not rather wait.
LONG = 0.01


class Client(Protocol):
    """Who has said a change; compared by identity."""

    is_cut: bool

    # Called on the loop.

    def not_published(self, error: Exception) -> None:
        """Hear that it did not reach Redis."""

    def published(self, size: int) -> None:
        """Hear that a message of that size is done with."""


class Job:
    """One change of a client's."""

    def __init__(
        self,
        client: Client,
        size: int,
        channels: Channels,
        examination: Examination,
        answer: Callable[[Settled], object],
    ) -> None:
        self.client = client
        self.size = size
        self.channels = channels
        self.examination = examination
        self.answer = answer
        # Whether it may be given up at this moment, whether it was, and what the client has been told.
        self.is_open = True
        self.is_given_up = False
        self.is_told = False
        self.turn = self.deadline = 0.0


class Desk:
    """The clients that wait with a change to the same channels; a change examined beside another would be in vain."""

    def __init__(self, channels: Channels) -> None:
        self.channels = channels
        self.waiting: deque[Client] = deque()
        #: The change that has its turn.
        self.job: Job | None = None


class Lane:
    """What one class of facilities has to examine; a slow one holds up no others."""

    def __init__(self) -> None:
        self.desks: dict[Channels, Desk] = {}
        # Those where somebody waits and nobody has a turn.
        self.ready: deque[Desk] = deque()
        # Changes that have their turn.
        self.turns = 0
        # Whether the last one has calculated: then more threads than one would only take the interpreter from others.
        self.calculates = False
        # Threads, and those of them that have a job; those that are given up do not count.
        self.threads = 0
        self.busy = 0

    @property
    def open(self) -> int:
        """How many could have a turn now."""
        return min(len(self.ready), max(0, 1 - self.turns)) if self.calculates else len(self.ready)

    def weigh(self, used: float, took: float, threads: int) -> None:
        """Learn from a change that used so many seconds of CPU time of those that it took, beside other ``threads``."""
        self.calculates = used > LONG and used > took / (threads + 1) / 3

    def queue(self, client: Client, channels: Channels) -> None:
        """Let ``client`` wait with a change to ``channels``."""
        desk = self.desks.setdefault(channels, Desk(channels))
        desk.waiting.append(client)
        if desk.job is None and len(desk.waiting) == 1:
            self.ready.append(desk)

    def begin(self, jobs: dict[Client, deque[Job]]) -> Job:
        """Return the change whose turn it is, the first that its client has among ``jobs``."""
        desk = self.ready.popleft()
        desk.job = job = jobs[desk.waiting.popleft()][0]
        self.turns += 1
        return job

    def end(self, job: Job) -> None:
        """End the turn of ``job``, if it has one still."""
        desk = self.desks.get(job.channels)
        if desk is not None and desk.job is job:
            desk.job = None
            self.turns -= 1
            if desk.waiting:
                self.ready.append(desk)
            else:
                del self.desks[job.channels]
