"""What the logs hold, how far receivers are behind, and what is parked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from djng.state.keys import keys_of
from djng.state.log import Log
from djng.worker.known import PAGE, channels
from djng.worker.share import after, order, seen_of


class Status(NamedTuple):
    """One channel's."""

    channel: str
    #: Entries that the log holds, told and untold.
    entries: int
    #: Entries that receivers have not been told, and the seconds for which the oldest of them has waited.
    behind: int
    seconds: float
    #: How often the next entry was tried and failed.
    tries: int
    #: Entries that no receiver has ever been told, because they were gone before.
    lost: int
    parked: int
    #: Why the newest parked one is.
    error: str
    #: The worker that deals with it now, if any does.
    worker: str


def statuses(client: Any) -> Iterator[Status]:
    """Look at all channels that have a log, or something parked."""
    known = sorted(channels(client))
    for begin in range(0, len(known), PAGE):
        page = known[begin : begin + PAGE]
        with client.pipeline(transaction=False) as pipeline:
            for channel in page:
                keys = keys_of(channel)
                pipeline.xlen(keys.log)
                pipeline.hgetall(keys.seen)
                pipeline.xlen(keys.parked)
                pipeline.xrevrange(keys.parked, count=1)
                pipeline.get(keys.lease)
            answers = iter(pipeline.execute())
        for channel in page:
            entries, fields, parked, newest, worker = (next(answers) for _ in range(5))
            if not entries and not parked:
                continue
            seen = seen_of(fields)
            behind, oldest = _untold(client, keys_of(channel).log, after(seen.id))
            yield Status(
                channel.decode(),
                entries,
                behind,
                max(0.0, time.time() - oldest) if behind else 0.0,
                seen.tries,
                seen.lost,
                parked,
                newest[0][1][b'error'].decode() if newest else '',
                worker.decode() if worker else '',
            )


def _untold(client: Any, log: bytes, begin: bytes) -> tuple[int, float]:
    """Return how many entries there are from ``begin`` on, and when the first was written."""
    count, oldest = 0, 0.0
    while page := client.xrange(log, begin, '+', count=Log('').length):
        oldest = oldest or order(page[0][0])[0] / 1000
        count += len(page)
        begin = after(page[-1][0])
    return count, oldest
