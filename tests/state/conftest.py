"""What the tests of the state share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from djng.state.store import Store
from tests.servers import Redis


@pytest.fixture
def client(redis_clean: Redis) -> redis.Redis:
    """A client of the run's Redis, which is empty."""
    return redis_clean.client


@pytest.fixture
def store(client: redis.Redis) -> Store:
    """A store that keeps collections for a minute."""
    return Store(client, expire=60)


class Ear:
    """Hears what is published on some channels."""

    def __init__(self, client: redis.Redis, *channels: str) -> None:
        self._client = client
        self._pubsub = client.pubsub(ignore_subscribe_messages=True)
        self._pubsub.subscribe('ear', *channels)
        self.heard()

    def heard(self) -> list[tuple[str, bytes]]:
        """Return what was published since it was asked before: channels and messages."""
        self._client.publish('ear', 'now')
        messages = []
        while True:
            message = self._pubsub.get_message(timeout=10)
            if message is None:
                continue
            if message['channel'] == b'ear':
                return messages
            messages.append((message['channel'].decode(), message['data']))

    def messages(self) -> list[bytes]:
        """Return only the messages."""
        return [message for _, message in self.heard()]

    def close(self) -> None:
        """Hear no more."""
        self._pubsub.close()


@pytest.fixture
def ear(client: redis.Redis) -> Iterator[Ear]:
    """What is heard on the channel that the tests use, and on this process' marks."""
    ear = Ear(client, 'broadcast:foobar', 'marks')
    yield ear
    ear.close()
