"""What the tests of the state share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from djng.state.store import Store
from tests.servers import Redis
from tests.state.hearing import Ear


@pytest.fixture
def client(redis_clean: Redis) -> redis.Redis:
    """A client of the run's Redis, which is empty."""
    return redis_clean.client


@pytest.fixture
def store(client: redis.Redis) -> Store:
    """A store that keeps collections for a minute."""
    return Store(client, expire=60)


@pytest.fixture
def ear(client: redis.Redis) -> Iterator[Ear]:
    """What is heard on the channel that the tests use, and on this process' marks."""
    ear = Ear(client, 'broadcast:foobar', 'marks')
    yield ear
    ear.close()
