"""Whose change is examined next: of one collection one at a time, of what calculates one at all."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from djng.relay.lanes import Client, Job, Lane


class Queue:
    """A lane, and what has been said to it, as the clerk keeps both."""

    def __init__(self) -> None:
        self.lane = Lane()
        self.jobs: dict[Client, deque[Job]] = {}

    def say(self, who: str, channel: str) -> None:
        """Let somebody wait with a change."""
        client: Any = who
        self.jobs[client] = deque([Job(client, 1, (channel,), None, print)])  # type: ignore[arg-type]
        self.lane.queue(client, (channel,))

    def begin(self) -> Job:
        """Return the next one."""
        return self.lane.begin(self.jobs)


@pytest.fixture
def queue() -> Queue:
    """An empty one."""
    return Queue()


def test_one_at_a_time(queue: Queue) -> None:
    """Changes to one collection have their turns one after the other, in order; those to others at the same time."""
    for who, channel in (('ada', 'x'), ('bob', 'x'), ('eve', 'y'), ('dan', 'x')):
        queue.say(who, channel)
    assert queue.lane.open == 2
    first, other = queue.begin(), queue.begin()
    assert (first.client, other.client, queue.lane.open) == ('ada', 'eve', 0)
    queue.lane.end(first)
    second = queue.begin()
    assert (second.client, queue.lane.open) == ('bob', 0)
    queue.lane.end(other)
    queue.lane.end(second)
    assert queue.begin().client == 'dan'


def test_collections_take_turns(queue: Queue) -> None:
    """Where many wait at one collection, those at another wait for one of them only."""
    for who in ('ada', 'bob', 'eve'):
        queue.say(who, 'x')
    queue.say('dan', 'y')
    order = []
    while queue.lane.open:
        job = queue.begin()
        order.append(job.client)
        queue.lane.end(job)
    assert order == ['ada', 'dan', 'bob', 'eve']
    assert not queue.lane.desks
    assert queue.lane.turns == 0


def test_turn_ends_once(queue: Queue) -> None:
    """Whose turn has ended because it took long ends nobody else's later."""
    queue.say('ada', 'x')
    slow = queue.begin()
    queue.say('bob', 'x')
    assert queue.lane.open == 0
    queue.lane.end(slow)
    second = queue.begin()
    queue.say('eve', 'x')
    queue.lane.end(slow)
    assert (second.client, queue.lane.open, queue.lane.turns) == ('bob', 0, 1)


def test_what_calculates(queue: Queue) -> None:
    """Where changes calculate, one of them has its turn, of whichever collection."""
    for n, who in enumerate(('ada', 'bob', 'eve')):
        queue.say(who, f'x{n}')
    first = queue.begin()
    queue.lane.weigh(used=0.05, took=0.1, threads=1)
    assert queue.lane.open == 0
    queue.lane.end(first)
    assert queue.lane.open == 1
    queue.begin()
    assert queue.lane.open == 0
    queue.lane.weigh(used=0.002, took=0.2, threads=1)
    assert queue.lane.open == 1


@pytest.mark.parametrize(
    ('used', 'took', 'threads', 'calculates'),
    [
        (0.05, 0.05, 1, True),
        (0.05, 0.25, 4, True),
        (0.005, 0.005, 1, False),
        (0.015, 0.2, 1, False),
        (0.002, 0.2, 4, False),
    ],
    ids=['alone', 'beside three others', 'quickly', 'and waits', 'waits'],
)
def test_weighing(queue: Queue, used: float, took: float, threads: int, calculates: bool) -> None:
    """What has used the CPU for long calculates, unless it has rather waited; other threads make it wait, too."""
    queue.lane.weigh(used, took, threads)
    assert queue.lane.calculates is calculates
