"""Collections that a process looks after, on a real Redis: kept alive, foreign messages taken in, mistakes mended."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
import redis
from redis.exceptions import RedisError

from djng.django_runserver import ThreadPrimitives
from djng.redis_store import make_subscription_connection
from djng.relay import collections, intake
from djng.relay.broadcast import Broadcast
from djng.relay.collections import Collections
from djng.relay.counts import Counts
from djng.relay.hub import Hub
from djng.relay.kept import Reading, Readings
from djng.relay.strangers import Strangers
from djng.state.steps import Outcome, Step, Take
from djng.state.store import Store
from tests.servers import PATIENCE, Redis, eventually

_numbers = itertools.count(1)


class Spy(Store):
    """A store that tells what it was asked, and fails as often as it is told to."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, expire=3600)
        self.asked: list[Sequence[Step]] = []
        self.failures = 0

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Carry out ``steps``."""
        self.asked.append(steps)
        if self.failures and any(isinstance(step, Take) for step in steps):
            self.failures -= 1
            raise RedisError('told to fail')
        return super().run(steps)


class Process:
    """What one process has: a hub, readings and collections; its threads end with the test run."""

    def __init__(self, redis_server: Redis) -> None:
        primitives = ThreadPrimitives()
        self.loop = primitives.loop()
        self.store = Spy(redis_server.client)
        self.hub = Hub(lambda: make_subscription_connection(redis_server.client), primitives, Counts())
        self.readings = Readings(self.store, self.hub, primitives, Strangers())
        self.collections = Collections(self.store, self.hub, self.readings, primitives, Counts())
        self.hub.on_gap = self.collections.tell_again

    def listen(self, *channels: bytes) -> Ear:
        """Return a bound listener that is told the snapshots of ``channels``."""
        ear = Ear()
        assert self.hub.subscribe(channels, ear, PATIENCE)
        self.loop.call_soon_threadsafe(self.collections.follow, ear.number, ear, channels)
        for channel in channels:
            self.loop.call_soon_threadsafe(self.readings.tell, channel, ear)
        eventually(lambda: set(ear.snapshots) == set(channels), 'the snapshots')
        return ear

    def intake(self, channel: bytes) -> intake.Intake:
        """Return what is not taken into a collection yet."""
        return self.collections._followed[channel].intake

    def look_after(self, after: float) -> None:
        """Let ``after`` seconds seem to have passed, and what is due be done."""
        self.loop.call_soon_threadsafe(lambda: self.collections.look_after(self.loop.time() + after))


class Ear:
    """A bound listener that remembers what it heard."""

    is_bound = True
    readable = None

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.heard: list[Any] = []
        self.snapshots: dict[bytes, list[Any]] = {}

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Remember a message."""
        self.heard.append(json.loads(broadcast.message))

    def flush(self) -> None:
        """Have nothing waiting."""

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Remember a snapshot."""
        assert reading is not None
        self.snapshots.setdefault(channel, []).append(json.loads(reading.for_bound.message))


@pytest.fixture
def process(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> Process:
    """A process that takes in at once what it hears."""
    monkeypatch.setattr(intake, 'FIRST_TAKE', 0.0)
    return Process(redis_clean)


def test_many_are_renewed_by_few_round_trips(process: Process, redis_clean: Redis) -> None:
    """A thousand collections live on by a handful of pipelines."""
    channels = [b'broadcast:many%d' % n for n in range(1000)]
    process.listen(*channels)
    for channel in channels:
        redis_clean.client.expire(channel, 5)
        redis_clean.client.expire(b'djng:{%s}:meta' % channel, 5)
    del process.store.asked[:]
    process.look_after(collections.RENEWAL + 1)
    eventually(lambda: redis_clean.client.ttl(b'djng:{%s}:meta' % channels[-1]) > 3000, 'the renewal')  # type: ignore[operator]
    assert all(redis_clean.client.ttl(b'djng:{%s}:meta' % channel) > 3000 for channel in channels)  # type: ignore[operator]
    assert len(process.store.asked) <= 1000 / collections.BATCH + 2


def test_none_is_renewed_before_its_time(process: Process) -> None:
    """Looking more often renews no more often."""
    process.listen(b'broadcast:seldom')
    del process.store.asked[:]
    for _ in range(20):
        process.look_after(0)
    process.look_after(collections.RENEWAL + 1)
    eventually(lambda: process.store.asked, 'the renewal')
    assert len(process.store.asked) == 1


def test_what_is_gone_is_told_to_all(process: Process, redis_clean: Redis) -> None:
    """A renewal that finds nothing has all listeners sent the snapshot of a later epoch."""
    one, two = process.listen(b'broadcast:lost'), process.listen(b'broadcast:lost')
    redis_clean.client.flushall()
    process.look_after(collections.RENEWAL + 1)
    for ear in (one, two):
        eventually(lambda ear=ear: len(ear.snapshots[b'broadcast:lost']) >= 2, 'the snapshot')  # type: ignore[misc]
        first, *_, last = ear.snapshots[b'broadcast:lost']
        assert last['$$djng']['e'] > first['$$djng']['e']


def test_what_one_process_has_taken_the_other_drops(process: Process, redis_clean: Redis) -> None:
    """Each foreign message is one change, whichever process takes it, and nobody holds it any more."""
    other = Process(redis_clean)
    ears = [process.listen(b'broadcast:both'), other.listen(b'broadcast:both')]
    with redis_clean.client.pipeline(transaction=False) as pipeline:
        for n in range(300):
            pipeline.publish('broadcast:both', f'{{"n":{n % 7}}}')
        pipeline.execute()
    for ear in ears:
        eventually(lambda ear=ear: len(ear.heard) == 300, 'the changes')  # type: ignore[misc]
        assert [frame['n'] for frame in ear.heard] == [n % 7 for n in range(300)]
        assert [frame['$$djng']['v'] for frame in ear.heard] == list(range(1, 301))
    for each in (process, other):
        eventually(lambda each=each: not each.intake(b'broadcast:both'), 'the end of what is held')  # type: ignore[misc]
        assert each.intake(b'broadcast:both').taken == 300


def test_a_wrong_count_is_mended(process: Process, redis_clean: Redis) -> None:
    """A process that knows a wrong number of messages taken in finds out, and takes in what it holds."""
    ear = process.listen(b'broadcast:wrong')
    process.intake(b'broadcast:wrong').taken = 17
    redis_clean.client.publish('broadcast:wrong', '{"n":1}')

    def is_heard() -> bool:
        process.look_after(intake.NEXT_TAKE + 1)
        return bool(ear.heard)

    eventually(is_heard, 'the change')
    assert [frame['n'] for frame in ear.heard] == [1]


def test_what_could_not_be_taken_in_is_tried_again(process: Process, redis_clean: Redis) -> None:
    """Where Redis fails meanwhile, the message is taken in later, and once."""
    ear = process.listen(b'broadcast:again')
    process.store.failures = 2
    redis_clean.client.publish('broadcast:again', '{"n":1}')
    eventually(lambda: process.store.failures < 2, 'the first try')

    def is_heard() -> bool:
        process.look_after(intake.NEXT_TAKE + 1)
        return bool(ear.heard)

    eventually(is_heard, 'the change')
    assert [frame['n'] for frame in ear.heard] == [1]
    assert process.store.failures == 0


def test_who_has_left_is_forgotten(process: Process) -> None:
    """After the last listener of a collection nothing is known of it, and nothing is done for it."""
    ear = process.listen(b'broadcast:left')
    process.loop.call_soon_threadsafe(process.collections.leave, ear.number)
    eventually(lambda: not process.collections._followed, 'the end')
    assert process.collections.position(b'broadcast:left') == (0, 0)
    del process.store.asked[:]
    process.look_after(60)
    assert process.store.asked == []
