"""A relay that begins and ends within a test, and can be asked whether anything is still to come."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from redis.exceptions import RedisError

from djng import rights
from djng.django_runserver import WebsocketRunServer
from djng.redis_store import label, make_client
from djng.relay.broadcast import Broadcast
from djng.relay.connection import encode
from djng.test.ending import PATIENCE, EndingPrimitives

Result = TypeVar('Result')

#: With which code sockets are closed that are left over (RFC 6455, 7.4.1: the server goes away).
GOING_AWAY = 1001


class EndingRelay(WebsocketRunServer):
    """What opens sockets under ``runserver``, for one test; ``shared`` are connections to databases, by their aliases.

    What is asked of it looks inside the relay, as nothing else does.
    """

    def __init__(self, shared: Mapping[str, Any]) -> None:
        self._client = make_client()
        self._barrier: Barrier | None = None
        super().__init__(self._client)
        self.primitives = self._ending = EndingPrimitives(shared)

    def call(self, function: Callable[[], Result]) -> Result:
        """Return what ``function`` returns on the loop, where the state of all sockets can be looked at."""
        future: Future[Result] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except Exception as error:
                future.set_exception(error)

        self.relay.loop.call_soon_threadsafe(run)
        return future.result(PATIENCE)

    def channels_of(self, name: str) -> dict[str, str]:
        """Return by their labels the channels that the bound socket of a public name hears; none where it is away."""

        def look() -> dict[str, str]:
            visitors = [visitor for visitor in self.relay.visitors if visitor.name == name]
            return {label(channel.decode()): channel.decode() for visitor in visitors for channel in visitor.channels}

        return self.call(look)

    def names(self) -> set[str | None]:
        """Return the public names of those whose sockets are open."""
        return self.call(lambda: {visitor.name for visitor in self.relay.visitors})

    def send(self, name: str, frame: bytes) -> None:
        """Have the bound socket of that public name hear a frame, behind all that it has been sent before."""

        def tell() -> None:
            for visitor in self.relay.visitors:
                if visitor.name == name and visitor._connection is not None:
                    visitor._connection.send(encode(frame))

        self.call(tell)

    def is_at_rest(self) -> bool:
        """Whether all that was said and published up to now has been dealt with, hooks and logs of sockets included."""
        self._hear_all()
        return self.call(self._has_nothing_to_do)

    def _has_nothing_to_do(self) -> bool:
        relay = self.relay
        return not (
            any(visitor.is_unpublished or getattr(visitor, 'remarks', 0) for visitor in relay.visitors)
            or relay._clerk._jobs
            or not self._ending.is_idle()
            or any(followed.intake for followed in relay._collections._followed.values())
        )

    def _hear_all(self) -> None:
        """Wait until the process has heard what was published before this, by whomever."""
        if self._barrier is None:
            self._barrier = Barrier(f'{rights.channel()}:{secrets.token_hex(8)}')
            self.relay._hub.subscribe([self._barrier.channel.encode()], self._barrier, PATIENCE)
        heard = self._barrier.heard
        heard.clear()
        self._client.publish(self._barrier.channel, '')
        heard.wait(PATIENCE)

    def end(self) -> None:
        """Close what is open, and wait until all threads have ended."""
        self.call(self._close_all)
        deadline = time.monotonic() + PATIENCE
        while self.call(lambda: len(self.relay.visitors)) and time.monotonic() < deadline:
            time.sleep(0.005)
        self._ending.end(self._wake)
        self._client.close()

    def _close_all(self) -> None:
        for visitor in list(self.relay.visitors):
            visitor.turn_out(GOING_AWAY, 'the test is over')

    def _wake(self) -> None:
        # Where Redis is away the hub's thread wakes by itself.
        with suppress(RedisError, OSError):
            self._client.publish(rights.channel(), '{}')


class Barrier:
    """Hears a message on a channel of its own, behind all that was published before."""

    is_bound = False
    readable = None
    # Visitors have those from 1 on.
    number = -1

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.heard = threading.Event()

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Take note."""
        self.heard.set()

    def flush(self) -> None:
        """Have nothing to send."""
