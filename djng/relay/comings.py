"""Sockets that open and close, on their way to the log."""

from __future__ import annotations

import logging
import queue
from typing import Any

from redis.exceptions import RedisError

from djng.channels import sockets_of
from djng.relay.primitives import Primitives
from djng.signals import socket_log
from djng.state.log import Announcements, Log, event

logger = logging.getLogger('djng.relay')

#: Events that are written in one round trip, and how many wait at the most while Redis cannot be reached.
BATCH, WAITING_LIMIT = 128, 10_000

#: Seconds after which it is tried again.
AGAIN = 1.0


class Comings:
    """Logs the comings and goings of all sockets of a process, where somebody listens to them.

    They have a log of their own for each facility: one socket listens to several channels, and channels that are no
    collections have no log.
    """

    def __init__(self, client: Any, primitives: Primitives) -> None:
        self._client = client
        self._primitives = primitives
        self._queue = primitives.queue()
        self._announcements = Announcements()
        #: How many events have not been written yet; as it is counted on the loop, so it is read there.
        self.waiting = 0
        primitives.spawn(self._write_forever)

    def tell(self, name: str, facility: str, who: str) -> None:
        """Log that a socket of ``who`` has ``'opened'`` or ``'closed'`` at ``facility``; on the loop, never waits."""
        log = socket_log(facility)
        if log is None:
            return
        if self.waiting >= WAITING_LIMIT:
            logger.warning('Too many sockets wait to be logged; that one has %s is passed over', name)
            return
        self.waiting += 1
        self._queue.put((log, sockets_of(facility).encode(), name, who))

    def _write_forever(self) -> None:
        while True:
            batch = [self._queue.get()]
            try:
                while len(batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            except queue.Empty:
                pass
            while not self._write(batch):
                self._primitives.sleep(AGAIN)
            self._primitives.loop().call_soon_threadsafe(self._written, len(batch))

    def _write(self, batch: list[tuple[Log, bytes, str, str]]) -> bool:
        commands = self._announcements.commands((channel, log) for log, channel, _, _ in batch)
        for log, channel, name, who in batch:
            commands += event(log, channel, name, who)
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                answers = pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            logger.warning('Could not log %d sockets yet: %s', len(batch), error)
            return False
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        if refused:
            logger.warning('Redis refused to log a socket: %s', refused[0])
        return True

    def _written(self, count: int) -> None:
        self.waiting -= count
