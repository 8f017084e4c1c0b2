"""The receivers of djng's signals, called at once and in the test's own thread, as a worker would call them."""

from __future__ import annotations

from typing import Any

from djng.redis_store import make_client
from djng.worker.delivery import Failure, deliver
from djng.worker.known import channels
from djng.worker.replica import Replica
from djng.worker.share import Share, after

OWNER = 'djng.test'


def run_receivers() -> int:
    """Hand all that was logged to receivers, what these change themselves included; return how many entries it was.

    What a receiver raises is raised here. The entry is not done with then: the next call hands it out again.
    """
    client = make_client()
    replicas: dict[bytes, Replica] = {}
    total = 0
    try:
        while count := sum(_tell(client, channel, replicas) for channel in channels(client)):
            total += count
    finally:
        client.close()
    return total


def _tell(client: Any, channel: bytes, replicas: dict[bytes, Replica]) -> int:
    share, replica = Share(client, channel, OWNER), replicas.setdefault(channel, Replica())
    if not share.acquire():
        raise RuntimeError(f'another worker has {channel.decode()}')
    count, at = 0, share.seen().id
    try:
        replica.catch_up(share, at)
        while entries := share.entries(after(at)):
            for entry in entries:
                at = entry.id
                deleted = replica.follow(entry) if entry.event is None else []
                # What nobody knows any more a worker passes over, too.
                if entry.event is not None or replica.is_known:
                    deliver(channel, entry, replica.value, deleted)
                share.acknowledge(entry)
                count += 1
    except Failure as failure:
        raise failure.errors[0] from None
    finally:
        share.release()
    return count
