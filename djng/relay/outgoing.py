"""What browsers say, on its way to Redis: in order, and many messages in one round trip."""

from __future__ import annotations

import logging
import queue
from typing import Any, NamedTuple, Protocol

import redis
from redis.exceptions import RedisError

from djng.redis_store import RedisMessage
from djng.relay.primitives import Loop, Primitives
from djng.subscriber import RedisSubscriber

logger = logging.getLogger('djng.relay')

#: Messages that leave in one transaction at the most; it holds up everybody else's Redis commands.
BATCH = 128


class Author(Protocol):
    """Who said something; the methods are called on the loop."""

    #: ws4redis' subscriber, or a project's own, which knows where to publish.
    subscriber: Any
    #: Whether something that was said did not reach Redis; set in the publishing thread.
    is_cut: bool

    def published(self, size: int) -> None:
        """Hear that ``size`` bytes of what was said have reached Redis."""

    def not_published(self, error: Exception) -> None:
        """Hear that something said did not reach Redis."""


class _Said(NamedTuple):
    author: Author
    message: RedisMessage


class Outgoing:
    """The one way by which all sockets of a process publish; messages keep the order in which they are said."""

    def __init__(self, client: redis.Redis, primitives: Primitives) -> None:
        self._client = client
        self._loop: Loop = primitives.loop()
        self._queue = primitives.queue()
        primitives.spawn(self._publish_forever)

    def say(self, author: Author, message: RedisMessage) -> None:
        """Publish ``message`` as ``author``'s subscriber would; the author hears when it is done. Never waits."""
        self._queue.put(_Said(author, message))

    def _publish_forever(self) -> None:
        while True:
            batch = [self._queue.get()]
            try:
                while len(batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            except queue.Empty:
                pass
            # Runs of messages from djng's own subscribers share a transaction; a project's own publishes by itself.
            run: list[_Said] = []
            for said in batch:
                if _can_share(said.author.subscriber):
                    run.append(said)
                else:
                    self._publish(run)
                    run = []
                    self._publish([said])
            self._publish(run)

    def _publish(self, run: list[_Said]) -> None:
        # What was lost must not be overtaken by what stood behind it.
        run = [said for said in run if not said.author.is_cut]
        if not run:
            return
        try:
            if _can_share(run[0].author.subscriber):
                with self._client.pipeline(transaction=True) as pipeline:
                    for author, message in run:
                        author.subscriber.queue_message(pipeline, message)
                    if len(pipeline):
                        pipeline.execute()
            else:
                run[0].author.subscriber.publish_message(run[0].message)
        except Exception as error:  # a project's subscriber may raise anything, and others wait behind it
            if isinstance(error, (RedisError, OSError)):
                logger.warning('Lost %d messages on their way to Redis: %s', len(run), error)
            else:
                logger.exception('%s failed to publish', type(run[0].author.subscriber).__qualname__)
            for author, _ in run:
                author.is_cut = True
                self._loop.call_soon_threadsafe(author.not_published, error)
        else:
            self._loop.call_soon_threadsafe(_published, run)


def _published(run: list[_Said]) -> None:
    for author, message in run:
        author.published(len(message))


def _can_share(subscriber: Any) -> bool:
    return getattr(type(subscriber), 'publish_message', None) is RedisSubscriber.publish_message
