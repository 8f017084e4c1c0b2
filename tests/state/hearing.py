"""What is published, as a test hears it."""

from __future__ import annotations

import redis


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
