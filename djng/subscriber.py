"""What one socket may say, and what it hears."""

from __future__ import annotations

from typing import Any

from ws4redis import subscriber as upstream

from djng.conf import websocket_url
from djng.redis_store import SELF, RedisStore

__all__ = ['RedisSubscriber']


class RedisSubscriber(RedisStore, upstream.RedisSubscriber):  # type: ignore[misc]  # ws4redis has no types
    """ws4redis' subscriber on djng's store.

    A project's own one derives from it, or from ws4redis', and is named by ``WS4REDIS_SUBSCRIBER``. Its Redis
    connection is the process' one: ``pubsub()`` listens through the hub, and what is published is marked as the
    socket's own.
    """

    def set_pubsub_channels(self, request: Any, channels: list[str]) -> None:
        """Subscribe to what ``channels`` ask for at the request's facility, and remember where to publish to.

        ``channels`` are ``subscribe-`` and ``publish-`` with ``broadcast``, ``user``, ``group`` or ``session``, all of
        them already allowed. Blocks until Redis confirms; raises redis-py's exceptions if it does not.
        """
        facility = request.path_info.removeprefix(websocket_url())
        self._publishers = set(self._audience('publish', request, facility, channels))
        self._subscription = self._connection.pubsub()
        subscribed = self._audience('subscribe', request, facility, channels)
        if subscribed:
            self._subscription.subscribe(*subscribed)

    def _audience(self, verb: str, request: Any, facility: str, channels: list[str]) -> list[str]:
        return self._get_message_channels(
            request=request,
            facility=facility,
            broadcast=f'{verb}-broadcast' in channels,
            groups=[SELF] if f'{verb}-group' in channels else [],
            users=[SELF] if f'{verb}-user' in channels else [],
            sessions=[SELF] if f'{verb}-session' in channels else [],
        )

    def _mark(self, channel: str) -> tuple[bytes | None, bytes | None]:
        mark: tuple[bytes | None, bytes | None] = self._connection.mark(channel.encode())
        return mark
