"""What is written down of changes and sockets, so that Django code can be told of them later, in another process.

A channel's log is a stream in Redis. A change is written into it by the script that applies it; what sockets do, by the
relay, into the log of a channel that is nothing else. The last changes are kept, :attr:`Log.length` at the least.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from djng.state.keys import keys_of
from djng.state.merge import Collection, Kind
from djng.state.reading import array_items, decode, object_members
from djng.state.steps import Step

#: Seconds that a log is kept after the last entry.
KEPT = 7 * 86400

#: Seconds after which a process says again that a channel has a log.
ANNOUNCED = 60.0


class Log(NamedTuple):
    """How changes are logged."""

    #: Where it is told that there is something new: a channel on which the log's one is published, and the key of a
    #: sorted set of such channels, by the time when this was last written.
    name: str
    #: What a change follows from: 1 for one that the receiver of a change has made, and so on.
    depth: int = 0
    #: How many entries each channel's log holds at the least.
    length: int = 10_000

    def arguments(self, who: str) -> list[Any]:
        """Return what the script needs to know."""
        return [self.length, KEPT, self.name, who or (json.dumps({'depth': self.depth}) if self.depth else '')]


def who(*, user: str | None, address: str, client: str | None = None) -> str:
    """Return what a log holds of a browser: its user's primary key, its address, its public name where it is bound."""
    return json.dumps({'user': user, 'address': address, 'client': client}, separators=(',', ':'))


def logged(call: list[Any], step: Step, log: Log | None) -> list[Any]:
    """Return what the script is told for ``step``, and that it is to log what it changes."""
    if log is None:
        return call
    end = 1 + call[0]
    keys = keys_of(step.channel.encode() if isinstance(step.channel, str) else step.channel)
    # The log's is the fifth; where there is no client's key, none is asked for.
    names = [*[*call[1:end], keys.channel][:4], keys.log, *call[6:end]]
    return [len(names), *names, *call[end:], *log.arguments(getattr(step, 'who', ''))]


class Announcements:
    """Says which channels have logs, each now and then, so that a worker that starts later finds them."""

    def __init__(self) -> None:
        self._announced: dict[str | bytes, float] = {}

    def commands(self, channels: Iterable[tuple[str | bytes, Log | None]]) -> list[tuple[Any, ...]]:
        """Return the commands that announce those of ``channels`` that have a log, and whose time has come."""
        now = time.monotonic()
        due = {
            channel: log
            for channel, log in channels
            if log is not None and now - self._announced.get(channel, -ANNOUNCED) >= ANNOUNCED
        }
        if due:
            self._announced = {channel: at for channel, at in self._announced.items() if now - at < ANNOUNCED}
            self._announced.update(dict.fromkeys(due, now))
        return [('ZADD', log.name, time.time(), channel) for channel, log in due.items()]


def event(log: Log, channel: bytes, name: str, who: str) -> list[tuple[Any, ...]]:
    """Return the commands that log that something called ``name`` has happened on ``channel``."""
    key = keys_of(channel).log
    return [
        ('XADD', key, 'MAXLEN', '~', log.length, '*', 'event', name, 'who', who),
        ('EXPIRE', key, KEPT),
        ('PUBLISH', log.name, channel),
    ]


class Entry(NamedTuple):
    """What a log says: a change, or an event."""

    id: bytes
    #: Who, as the log has it; empty for the server itself.
    who: dict[str, Any]
    event: str | None
    e: int
    v: int
    kind: Kind
    #: The new JSON texts by name, or by index.
    set: dict[str, str]
    delete: tuple[str, ...]
    #: How many items an array has then.
    length: int
    #: All that the collection was then, where the entry before does not lead here.
    text: bytes | None
    #: What was read, to be written elsewhere.
    raw: dict[bytes, bytes]

    @property
    def seconds(self) -> float:
        """When it was written, by the clock of Redis."""
        return int(self.id.partition(b'-')[0]) / 1000

    @classmethod
    def read(cls, id: bytes, fields: dict[bytes, bytes]) -> Entry:
        """Read an entry of the stream."""
        who = json.loads(fields.get(b'who') or '{}')
        if b'event' in fields:
            return cls(id, who, fields[b'event'].decode(), 0, 0, 'object', {}, (), 0, None, fields)
        members = {name: text for name, text, _ in object_members(fields[b'frame'].decode())}
        about = decode(members.pop('$$djng'))
        return cls(
            id,
            who,
            None,
            about['e'],
            about['v'],
            'array' if 'n' in about else 'object',
            members,
            tuple(about.get('del', ())),
            about.get('n', 0),
            fields.get(b'text'),
            fields,
        )


def read_collection(text: bytes) -> Collection:
    """Return the collection that ``text`` is."""
    decoded = text.decode()
    if decoded.lstrip().startswith('['):
        return [item for item, _ in array_items(decoded)]
    return {name: value for name, value, _ in object_members(decoded)}
