"""One channel's log, read by one worker at a time: the lease, how far receivers have been told, what is parked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from djng.state.keys import keys_of
from djng.state.log import KEPT, Entry

#: Seconds for which a worker has a channel to itself without renewing it: after these a dead one's share is taken over.
LEASE = 10.0

#: Seconds that a log is kept of which all has been told.
DONE = 3600

#: Seconds that parked entries are kept, and how many of a channel.
PARKED, MOST_PARKED = 30 * 86400, 1000

#: Entries that are read at once.
PAGE = 100

BEGIN = b'0-0'

_ACQUIRE = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# Nothing is written by who has lost the lease, having been stopped or cut off for long.
_IF_OWNER = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
_RENEW = f"{_IF_OWNER}return redis.call('PEXPIRE', KEYS[1], ARGV[2])"
_RELEASE = f"{_IF_OWNER}return redis.call('DEL', KEYS[1])"
_TRY_AGAIN = f"""{_IF_OWNER}
redis.call('HSET', KEYS[2], 'tries', ARGV[2], 'again', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1
"""
_ACKNOWLEDGE = f"""{_IF_OWNER}
local parked = {{ unpack(ARGV, 11) }}
if #parked > 0 then
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[10], '*', unpack(parked))
    redis.call('EXPIRE', KEYS[4], ARGV[9])
end
redis.call('HSET', KEYS[2], 'id', ARGV[2], 'e', ARGV[4], 'v', ARGV[5], 'tries', 0, 'again', 0)
redis.call('HINCRBY', KEYS[2], 'lost', ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[7])
if #redis.call('XRANGE', KEYS[3], ARGV[3], '+', 'COUNT', 1) == 0 then redis.call('EXPIRE', KEYS[3], ARGV[8]) end
return 1
"""


class Seen(NamedTuple):
    """How far the receivers of a channel have been told."""

    #: The last entry of the log, and its position.
    id: bytes = BEGIN
    e: int = 0
    v: int = 0
    #: How often the next entry was tried, and the time before which it is not again.
    tries: int = 0
    again: float = 0
    #: Entries that were gone before they could be told.
    lost: int = 0


class LeaseLost(Exception):
    """Another worker has the channel now."""


class Share:
    """A channel, as the worker named ``owner`` deals with it."""

    def __init__(self, client: Any, channel: bytes, owner: str = '') -> None:
        self.channel = channel
        self._client = client
        self._owner = owner
        self._keys = keys_of(channel)

    def acquire(self) -> bool:
        """Take the channel for :data:`LEASE` seconds; return whether nobody else has it."""
        return bool(self._run(_ACQUIRE, [self._keys.lease], int(LEASE * 1000)))

    def renew(self) -> bool:
        """Keep it for another :data:`LEASE` seconds, if it is not lost."""
        return bool(self._run(_RENEW, [self._keys.lease], int(LEASE * 1000)))

    def release(self) -> None:
        """Leave it to whoever comes."""
        self._run(_RELEASE, [self._keys.lease])

    def seen(self) -> Seen:
        """Return how far receivers have been told."""
        return seen_of(self._client.hgetall(self._keys.seen))

    def acknowledge(self, entry: Entry, *, lost: int = 0, parked: dict[bytes, bytes] | None = None) -> None:
        """Write down that ``entry`` is dealt with, before which ``lost`` ones were missing.

        What is ``parked`` of it is kept at the same moment. Raises :exc:`LeaseLost`.
        """
        fields = [part for pair in (parked or {}).items() for part in pair]
        keys = [self._keys.lease, self._keys.seen, self._keys.log, self._keys.parked]
        arguments = [entry.id, after(entry.id), entry.e, entry.v, lost, 2 * KEPT, DONE, PARKED, MOST_PARKED, *fields]
        if not self._run(_ACKNOWLEDGE, keys, *arguments):
            raise LeaseLost

    def try_again(self, tries: int, delay: float) -> None:
        """Write down that the next entry has failed ``tries`` times, and rests for ``delay`` seconds."""
        arguments = tries, time.time() + delay, 2 * KEPT
        if not self._run(_TRY_AGAIN, [self._keys.lease, self._keys.seen], *arguments):
            raise LeaseLost

    def entries(self, begin: bytes, end: bytes = b'+') -> list[Entry]:
        """Return the first entries between two of these ids, :data:`PAGE` at the most."""
        return [Entry.read(*entry) for entry in self._client.xrange(self._keys.log, begin, end, count=PAGE)]

    def backwards(self, end: bytes) -> Iterator[Entry]:
        """Read the log from ``end`` to its beginning."""
        while page := self._client.xrevrange(self._keys.log, end, b'-', count=PAGE):
            yield from (Entry.read(*entry) for entry in page)
            end = before(page[-1][0])

    def has(self, id: bytes) -> bool:
        """Whether the log still has the entry ``id``."""
        return bool(self._client.xrange(self._keys.log, id, id, count=1))

    def parked(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """Return what is parked, the oldest first."""
        return list(self._client.xrange(self._keys.parked))

    def unpark(self, id: bytes) -> None:
        """Forget what was parked under ``id``."""
        self._client.xdel(self._keys.parked, id)

    def _run(self, script: str, keys: list[bytes], *arguments: Any) -> Any:
        return self._client.eval(script, len(keys), *keys, self._owner, *arguments)


def seen_of(fields: dict[bytes, bytes]) -> Seen:
    """Read what is kept of it."""
    number = {name.decode(): float(value) for name, value in fields.items() if name != b'id'}
    return Seen(
        fields.get(b'id', BEGIN),
        int(number.get('e', 0)),
        int(number.get('v', 0)),
        int(number.get('tries', 0)),
        number.get('again', 0),
        int(number.get('lost', 0)),
    )


def order(id: bytes) -> tuple[int, int]:
    """Return by what ids of entries are sorted."""
    milliseconds, _, number = id.partition(b'-')
    return int(milliseconds), int(number)


def after(id: bytes) -> bytes:
    """Return the id that is right behind ``id``."""
    return b'%d-%d' % (order(id)[0], order(id)[1] + 1)


def before(id: bytes) -> bytes:
    """Return the id that is right before ``id``."""
    milliseconds, number = order(id)
    return b'%d-%d' % ((milliseconds, number - 1) if number else (milliseconds - 1, 2**64 - 1))
