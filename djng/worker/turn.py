"""A worker's turn at one channel: entry after entry is handed to the receivers, tried again, and parked in the end."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from djng.state.log import Entry
from djng.worker.delivery import Failure, deliver
from djng.worker.replica import Replica
from djng.worker.share import BEGIN, Seen, Share, after

logger = logging.getLogger('djng.worker')

#: Seconds after which what a receiver has failed to take is tried again, time after time; after the last, it is parked.
DELAYS = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]

#: Seconds that one channel is dealt with while others wait.
TURN = 1.0


def take_turn(share: Share, replica: Replica, is_over: Callable[[], bool]) -> float | None:
    """Hand what is new to receivers until :data:`TURN` is over, or ``is_over``; the channel must have been acquired.

    Return when to go on, in seconds since 1970; None if there is nothing left.
    """
    seen = share.seen()
    if seen.again > time.time():
        return seen.again
    replica.catch_up(share, seen.id)
    finish = time.monotonic() + TURN
    at, skipped = seen.id, 0
    while entries := share.entries(after(at)):
        for entry in entries:
            if is_over() or time.monotonic() > finish:
                return time.time()
            at = entry.id
            deleted = replica.follow(entry) if entry.event is None else []
            if entry.event is None and not replica.is_known:
                skipped += 1
                continue
            lost = _lost(share, seen, entry, skipped)
            parked = None
            try:
                deliver(share.channel, entry, replica.value, deleted)
            except Failure as failure:
                if seen.tries < len(DELAYS):
                    return _try_again(share, seen, failure)
                parked = _park(share, entry, replica, deleted, failure)
            share.acknowledge(entry, lost=lost, parked=parked)
            seen, skipped = Seen(entry.id, entry.e, entry.v), 0
    return None


def replay(share: Share) -> tuple[int, list[str]]:
    """Hand what is parked to receivers once more; return how many were taken, and why the others were not."""
    taken, errors = 0, []
    for id, fields in share.parked():
        entry, replica = Entry.read(fields[b'id'], fields), Replica()
        if entry.event is None:
            replica.follow(entry)
        try:
            deliver(share.channel, entry, replica.value, json.loads(fields[b'deleted']))
        except Failure as failure:
            errors.append(str(failure))
        else:
            share.unpark(id)
            taken += 1
    return taken, errors


def _try_again(share: Share, seen: Seen, failure: Failure) -> float:
    delay = DELAYS[seen.tries]
    logger.warning('%s has to wait, and is tried again in %s s: %s', share.channel.decode(), delay, failure)
    share.try_again(seen.tries + 1, delay)
    return time.time() + delay


def _park(share: Share, entry: Entry, replica: Replica, deleted: list[Any], failure: Failure) -> dict[bytes, bytes]:
    logger.error('An entry of %s is parked, djng_worker --replay tries it: %s', share.channel.decode(), failure)
    whole = {} if entry.event is not None else {b'text': replica.text.encode('utf-8', 'backslashreplace')}
    return {
        **entry.raw,
        **whole,
        b'id': entry.id,
        b'deleted': json.dumps(deleted).encode(),
        b'error': str(failure).encode('utf-8', 'backslashreplace'),
    }


def _lost(share: Share, seen: Seen, entry: Entry, skipped: int) -> int:
    """Return how many changes before ``entry`` are gone from the log without having been told."""
    lost = skipped
    if seen.id != BEGIN and seen.e == entry.e and entry.v > seen.v + 1:
        # Those that are missing, but have not been there, were made by processes in which nobody listens.
        lost = entry.v - seen.v - 1 if skipped or not share.has(seen.id) else 0
    if lost:
        logger.error(
            '%d changes of %s before version %d are lost: the worker was further behind than the log is long.',
            lost,
            share.channel.decode(),
            entry.v,
        )
    return lost
