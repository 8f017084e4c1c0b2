"""Keys under which another program keeps what is no text: whoever runs the server is told once of each."""

from __future__ import annotations

import logging

from djng.redis_store import label

logger = logging.getLogger('djng.relay')

#: Why sockets are closed, with 1011: it does not pass by itself.
REASON = 'another program keeps something else under the key of this channel'

#: Keys that are remembered.
MOST = 10_000


def is_strange(error: Exception) -> bool:
    """Whether Redis says by ``error`` that a key holds something of another type."""
    return 'WRONGTYPE' in str(error)


class Strangers:
    """Remembers which keys have been complained of; any thread may ask."""

    def __init__(self) -> None:
        self._met: set[bytes] = set()

    def meet(self, channel: str | bytes) -> None:
        """Log what is in the way on ``channel``, and what to do, unless that is known."""
        name = channel.encode() if isinstance(channel, str) else channel
        if name in self._met or len(self._met) >= MOST:
            return
        self._met.add(name)
        shown = name.decode(errors='replace')
        if label(shown) == 'session':
            # A key of a session opens it, and is nothing for a log.
            shown = f'session:…:{shown.rpartition(":")[2]}'
        logger.error(
            'Another program keeps something under the key %r, or under one of djng:{…}:* that belongs to it, which is '
            'no collection. No socket can be bound to it until that is gone: delete it (redis-cli DEL), or set '
            'WS4REDIS_PREFIX so that djng has keys of its own. It is not said again.',
            shown,
        )

    def forget(self, channel: bytes) -> None:
        """Hear that ``channel`` could be read."""
        self._met.discard(channel)
