"""What Redis keeps on channels, read for who comes and for who has missed something: many at a time."""

from __future__ import annotations

import itertools
import logging
import queue
from collections.abc import Iterable

import redis
from redis.exceptions import RedisError, ResponseError

from djng.relay.broadcast import Broadcast
from djng.relay.hub import Hub
from djng.relay.primitives import Primitives
from djng.relay.visitor import Visitor

logger = logging.getLogger('djng.relay')

#: Visitors and channels that are served by one round trip at the most.
BATCH = 512

#: Seconds before what could not be read is tried again.
RETRY = 0.5

#: Publishes what is kept on a channel to this process alone, so that it arrives among the channel's messages in the
#: order that Redis gave them. What comes as a reply, by another connection, may overtake them or be overtaken.
SCRIPT = """
local kept = redis.call('GET', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2] .. KEYS[1] .. (kept and '=' .. kept or ''))
"""


class Kept:
    """Reads what is kept; when many ask at once, each channel is read once for all of them.

    Every method is called on the loop; Redis is asked in a thread.
    """

    def __init__(self, client: redis.Redis, hub: Hub, primitives: Primitives) -> None:
        self._client = client
        self._hub = hub
        self._loop = primitives.loop()
        self._sleep = primitives.sleep
        self._wanted = primitives.queue()
        self._numbers = itertools.count(1)
        # Who waits for which channel of a reading, by the number of the reading.
        self._readings: dict[int, dict[bytes, list[Visitor | None]]] = {}
        hub.on_kept = self._heard
        hub.on_gap = self.refill
        hub.on_reconnect = self._ask_again
        primitives.spawn(self._read_forever)

    def greet(self, visitor: Visitor) -> None:
        """Have ``visitor`` told what is kept on its channels; never waits."""
        for channel in visitor.awaited:
            self._wanted.put((channel, visitor))

    def refill(self, channel: bytes) -> None:
        """Have everybody who listens to ``channel`` told what is kept on it; never waits."""
        self._wanted.put((channel, None))

    def _heard(self, number: int, channel: bytes, message: bytes | None) -> None:
        reading = self._readings.get(number, {})
        broadcast = None if message is None else Broadcast(message)
        for visitor in reading.pop(channel, ()):
            if visitor is not None:
                visitor.greet(channel, broadcast)
            elif message is not None:
                self._hub.fill(channel, message)
        if not reading:
            self._readings.pop(number, None)

    def _ask_again(self) -> None:
        # What was on its way by the lost connection is lost.
        for number in list(self._readings):
            self._give_up(number)

    def _give_up(self, number: int) -> None:
        for channel, visitors in self._readings.pop(number, {}).items():
            for visitor in visitors:
                self._wanted.put((channel, visitor))

    def _read_forever(self) -> None:
        while True:
            wanted = [self._wanted.get()]
            try:
                while len(wanted) < BATCH:
                    wanted.append(self._wanted.get_nowait())
            except queue.Empty:
                pass
            reading: dict[bytes, list[Visitor | None]] = {}
            for channel, visitor in wanted:
                reading.setdefault(channel, []).append(visitor)
            number = next(self._numbers)
            self._loop.call_soon_threadsafe(self._readings.__setitem__, number, reading)
            try:
                self._read(number, list(reading))
            except (RedisError, OSError) as error:
                logger.warning('Could not read what is kept on %d channels (%s); trying again.', len(reading), error)
                self._sleep(RETRY)
                self._loop.call_soon_threadsafe(self._give_up, number)

    def _read(self, number: int, channels: Iterable[bytes]) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            names = list(channels)
            for name in names:
                pipeline.eval(SCRIPT, 1, name, self._hub.marks, b'kept %d %d ' % (number, len(name)))
            for name, reply in zip(names, pipeline.execute(raise_on_error=False), strict=True):
                if isinstance(reply, ResponseError) and 'WRONGTYPE' in str(reply):
                    # Some other program's key: nothing that is kept for browsers.
                    self._loop.call_soon_threadsafe(self._heard, number, name, None)
                elif isinstance(reply, Exception):
                    raise reply
