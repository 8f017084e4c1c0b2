"""The real store on a real Redis, for the programs that otherwise happen to the model of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

import redis

from djng.state.steps import Outcome, Step
from djng.state.store import Store

#: Published behind what a step publishes, so that it is known when all of that has been heard.
_END = 'tests:end'


class RedisStore:
    """Does what :class:`tests.convergence.simulated.SimulatedStore` does; Redis must be this one's alone."""

    def __init__(self, client: redis.Redis, publish: Callable[[str, str], object]) -> None:
        self._client = client
        self._publish = publish
        self._store = Store(client, expire=60)
        self._numbers = itertools.count()
        self._saved: dict[bytes, tuple[bytes, int]] = {}
        client.flushall()
        self._pubsub = client.pubsub()
        self._pubsub.psubscribe('*')
        self._listen()

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Run steps, and hand on what is published."""
        outcomes = self._store.run(steps)
        self._listen()
        return outcomes

    def publish(self, channel: str, text: str) -> None:
        """Publish as another program does."""
        self._client.publish(channel, text)
        self._listen()

    def set(self, channel: str, text: str) -> None:
        """Write a key as another program does."""
        self._client.set(channel, text, ex=60)

    def get(self, channel: str) -> str | None:
        """Read a key as another program does."""
        text = self._client.get(channel)
        return None if text is None else text.decode()

    def wait(self) -> None:
        """Let a moment pass: what is written under a key may yet be published."""
        time.sleep(0.05)

    def lose_all(self) -> None:
        """Lose everything."""
        self._client.flushall()

    def save(self) -> None:
        """Write everything down."""
        self._saved = {key: (self._client.dump(key), self._client.pttl(key)) for key in self._client.scan_iter()}

    def restore(self) -> None:
        """Fall back to what was written down."""
        self._client.flushall()
        for key, (value, left) in self._saved.items():
            self._client.restore(key, max(left, 0), value)

    def close(self) -> None:
        """Listen no more."""
        self._pubsub.close()

    def _listen(self) -> None:
        number = next(self._numbers)
        self._client.publish(_END, number)
        while (message := self._pubsub.get_message(timeout=5)) is not None:
            if message['type'] == 'pmessage':
                if message['channel'] == _END.encode():
                    if int(message['data']) == number:
                        return
                else:
                    self._publish(message['channel'].decode(), message['data'].decode())
        raise AssertionError('Redis is silent')
