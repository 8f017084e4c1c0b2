"""The connection by which a process hears Redis: kept alive, and read to the end at each turn."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Callable
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from djng.relay.primitives import Primitives

logger = logging.getLogger('djng.relay')

#: Seconds between two attempts to reach Redis: the first is the least, the second the most (full jitter between).
RECONNECT_MIN, RECONNECT_MAX = 0.1, 5.0

# Of its own, so that who seeds the common one gets from it what is expected.
_jitter = random.Random()  # noqa: S311 jitter is no secret

#: Messages handed over to the loop at once, at the most; so a burst costs few turns, and heartbeats still go out.
BATCH = 256


class Link:
    """One connection, from its beginning to its loss; ``is_first`` where there was none before."""

    def __init__(self, connection: Any, *, is_first: bool) -> None:
        self.connection = connection
        self.is_first = is_first
        #: Set where it is read: what is said to it then would connect it anew.
        self.is_lost = False


class Subscription:
    """Connects by ``connect()`` again and again, and reads, in a thread of its own; what to say is said in another."""

    def __init__(self, connect: Callable[[], Any], primitives: Primitives) -> None:
        #: Called on the loop, in this order: with each link that is there, with what was read of it, when it is lost.
        self.on_connected: Callable[[Link], object] = lambda link: None
        self.on_received: Callable[[Link, list[list[Any]]], object] = lambda link, replies: None
        self.on_disconnected: Callable[[], object] = lambda: None
        #: Called in the reading thread when a link is lost.
        self.on_lost: Callable[[], object] = lambda: None
        self._connect = connect
        self._primitives = primitives
        self._loop = primitives.loop()
        self._commands = primitives.queue()
        self._delay = RECONNECT_MIN

    def start(self) -> None:
        """Begin; what is to be called is known by now."""
        self._primitives.spawn(self._read_forever)
        self._primitives.spawn(self._command_forever)

    def say(self, link: Link, name: str, *channels: bytes) -> None:
        """Send a command on ``link``, behind those before it; never waits, from any thread."""
        self._commands.put((link, name, channels))

    # Spawned.

    def _command_forever(self) -> None:
        while True:
            link, name, channels = self._commands.get()
            if link.is_lost:
                continue  # a new connection subscribes to everything anew
            try:
                link.connection.send_command(name, *channels, check_health=False)
            except (RedisError, OSError) as error:
                # The reader meets the same fault and connects again.
                logger.debug('%s did not reach Redis: %s', name, error)

    def _read_forever(self) -> None:
        for number in itertools.count(1):
            link = Link(self._connect(), is_first=number == 1)
            try:
                link.connection.connect()
                self._loop.call_soon_threadsafe(self.on_connected, link)
                self._read(link)
            except (RedisError, OSError) as error:
                logger.warning('No subscription to Redis (%s); trying again.', error)
            link.is_lost = True
            self._loop.call_soon_threadsafe(self.on_disconnected)
            self.on_lost()
            link.connection.disconnect()
            self._primitives.sleep(_jitter.uniform(RECONNECT_MIN, self._delay))
            self._delay = min(RECONNECT_MAX, 2 * self._delay)

    def _read(self, link: Link) -> None:
        connection = link.connection
        pinged = False
        while True:
            try:
                replies = [connection.read_response(disconnect_on_error=False)]
                pinged = False
                # Not before: a Redis that lets us in and then turns us away is not back.
                self._delay = RECONNECT_MIN
            except RedisTimeoutError:
                if pinged:
                    raise RedisConnectionError('no answer to PING') from None
                pinged = True
                connection.send_command('PING', check_health=False)
                continue
            try:
                # redis-py reads in chunks: a readable socket is not the only sign of a message, so it is asked
                # until it has nothing left.
                while len(replies) < BATCH and connection.can_read(timeout=0):
                    replies.append(connection.read_response(disconnect_on_error=False))
            finally:
                self._loop.call_soon_threadsafe(self.on_received, link, replies)
