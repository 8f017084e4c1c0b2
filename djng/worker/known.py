"""Which channels have logs, as those who write them have announced it."""

from __future__ import annotations

import time
from typing import Any

from djng import signals
from djng.state.keys import keys_of
from djng.state.log import ANNOUNCED

#: Seconds after which a channel without a log is forgotten: much longer than clocks differ, and than it takes to
#: announce it again.
FORGOTTEN = 3600.0

#: Channels that are asked for in one round trip.
PAGE = 500


def channels(client: Any, since: float = 0.0) -> list[bytes]:
    """Return the channels whose logs may have been written after the time ``since``."""
    # Each process announces a channel but now and then.
    return list(client.zrangebyscore(signals.log_name(), since - 2 * ANNOUNCED if since else 0, '+inf'))


def forget(client: Any) -> None:
    """Forget the channels that have not been announced for long, and of which nothing is kept."""
    name = signals.log_name()
    old = client.zrangebyscore(name, 0, time.time() - FORGOTTEN)
    for begin in range(0, len(old), PAGE):
        page = old[begin : begin + PAGE]
        with client.pipeline(transaction=False) as pipeline:
            for channel in page:
                keys = keys_of(channel)
                pipeline.exists(keys.log, keys.parked)
            gone = [channel for channel, exists in zip(page, pipeline.execute(), strict=True) if not exists]
        if gone:
            client.zrem(name, *gone)
