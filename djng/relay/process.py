"""What all sockets of one process share: the subscription, the way out, the heartbeat's clock."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import redis
from redis.exceptions import RedisError

from djng.redis_store import make_subscription_connection
from djng.relay.connection import encode
from djng.relay.hub import Hub
from djng.relay.outgoing import Outgoing
from djng.relay.primitives import Primitives
from djng.relay.pubsub import HubRedis
from djng.relay.visitor import Visitor

logger = logging.getLogger('djng.relay')

#: Seconds between two looks at who has been silent for long.
TICK = 0.5


class ProcessRelay:
    """Made in a process when its first socket comes, hence after any fork; ends with the process."""

    def __init__(self, client: redis.Redis, primitives: Primitives, heartbeat: str | None) -> None:
        self.loop = primitives.loop()
        #: The visitors whose sockets are open; touched on the loop only.
        self.visitors: set[Visitor] = set()
        self._client = client
        self._hub = Hub(lambda: make_subscription_connection(client), primitives)
        self._hub.on_gap = lambda channel: self._gaps.put(channel)
        self._outgoing = Outgoing(client, primitives)
        self._gaps = primitives.queue()
        self._numbers = itertools.count(1)
        self._heartbeat = encode(heartbeat.encode()) if heartbeat else None
        primitives.spawn(self._refill_forever)
        self.loop.call_soon_threadsafe(self._tick)

    def expect(self, subscriber_class: Any, *, echo: bool) -> Visitor:
        """Return a visitor, not yet open, with a subscriber of ``subscriber_class`` that listens through the hub."""
        visitor = Visitor(next(self._numbers), self.loop, self._outgoing, echo=echo)
        visitor.on_gone = self.visitors.discard
        visitor.subscriber = subscriber_class(
            HubRedis.for_listener(self._client, self._hub, visitor, visitor.is_silent)
        )
        return visitor

    def _tick(self) -> None:
        self.loop.call_later(TICK, self._tick)
        now = self.loop.time()
        for visitor in list(self.visitors):
            visitor.look_after(now, self._heartbeat)

    def _refill_forever(self) -> None:
        # What was published while the subscription was lost is gone; the kept message brings everybody up to date.
        while True:
            channel = self._gaps.get()
            try:
                message = self._client.get(channel)
            except (RedisError, OSError) as error:
                # Redis went away again; the hub meets the same and reports the gap anew.
                logger.warning('Could not read what is kept on %r: %s', channel, error)
                continue
            if message:
                self.loop.call_soon_threadsafe(self._hub.deliver, channel, message)
