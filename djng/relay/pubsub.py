"""The Redis connection that a subscriber is handed: its ``pubsub()`` is the hub's, its words are marked as its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis

from djng.relay.audience import Listener
from djng.relay.hub import Hub
from djng.state.heard import heard

#: Seconds that a new subscription has to be confirmed by Redis, connecting to it included.
CONFIRM_TIMEOUT = 5.0


class HubPubSub:
    """What ws4redis' subscriber uses of :class:`redis.client.PubSub`, on the process' one subscription."""

    #: Nothing to select on; the hub calls instead.
    connection = None

    def __init__(self, hub: Hub, listener: Listener) -> None:
        self.channels: dict[bytes, None] = {}
        self._hub = hub
        self._listener = listener
        # Mostly empty; an empty deque takes 600 bytes, for each socket.
        self._replies: list[list[bytes]] = []

    @property
    def subscribed(self) -> bool:
        """Whether any channel is listened to."""
        return bool(self.channels)

    def subscribe(self, *channels: str | bytes) -> None:
        """Listen to ``channels`` too; blocks until Redis confirms.

        Raises :exc:`redis.exceptions.ConnectionError` if it does not within :data:`CONFIRM_TIMEOUT`.
        """
        names = [channel.encode() if isinstance(channel, str) else channel for channel in channels]
        self.channels.update(dict.fromkeys(names))
        if not self._hub.subscribe(names, self._listener, CONFIRM_TIMEOUT):
            raise redis.exceptions.ConnectionError('Redis did not confirm the subscription')

    def unsubscribe(self) -> None:
        """Listen to nothing any more."""
        channels, self.channels = self.channels, {}
        self._hub.unsubscribe(channels, self._listener)

    def reset(self) -> None:
        """Listen to nothing any more; the connection is the hub's and stays."""
        self.unsubscribe()

    def feed(self, channel: bytes, message: bytes) -> None:
        """Keep a message for :meth:`parse_response`."""
        self._replies.append([b'message', channel, message])

    def parse_response(self) -> list[bytes] | None:
        """Return the oldest message that was fed, as redis-py's ``[b'message', channel, data]``; None without one."""
        return self._replies.pop(0) if self._replies else None


class HubRedis(redis.Redis):
    """A Redis client whose ``pubsub()`` and ``publish()`` are those of one socket.

    Made by :meth:`for_listener` from one that the process shares: the connection pool is the same.
    """

    hub: Hub
    listener: Listener
    #: Whether the listener must not hear what it publishes on a channel.
    is_silent: Callable[[bytes], bool]

    @classmethod
    def for_listener(
        cls, client: redis.Redis, hub: Hub, listener: Listener, is_silent: Callable[[bytes], bool]
    ) -> HubRedis:
        """Return a client for ``listener`` that uses the connections of ``client``."""
        new = cls.__new__(cls)
        new.__dict__.update(client.__dict__)
        # The pool outlives this client; redis-py would disconnect it when the client is collected.
        new.auto_close_connection_pool = False
        new.hub, new.listener, new.is_silent = hub, listener, is_silent
        return new

    def pubsub(self, **kwargs: Any) -> HubPubSub:
        """Return the listener's subscription."""
        return HubPubSub(self.hub, self.listener)

    def publish(self, channel: Any, message: Any, **kwargs: Any) -> Any:
        """Publish ``message``, marked as the listener's own where it must not hear it."""
        mark, marks = self.mark(channel.encode() if isinstance(channel, str) else channel)
        with self.pipeline(transaction=True) as pipeline:
            if mark is not None and marks is not None:
                pipeline.publish(marks, mark)
            pipeline.publish(channel, unmistakable(message))
            return pipeline.execute()[-1]

    def mark(self, channel: bytes) -> tuple[bytes | None, bytes | None]:
        """Return what is to be published right before a message of the listener's own, and where; nothing for nowhere.

        The two must be one transaction, or one script.
        """
        if not self.is_silent(channel):
            return None, None
        return b'own %d %s' % (self.listener.number, channel), self.hub.marks


def unmistakable(message: Any) -> Any:
    """Return ``message`` with a space behind it where it would pass for what the script publishes, else as it is."""
    return message + b' ' if isinstance(message, bytes) and heard(message) else message
