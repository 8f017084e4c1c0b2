"""Who listens to a channel: which kinds there are, and what tells one listener from another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from djng.relay.broadcast import Broadcast


class Listener(Protocol):
    """Who hears what is published on a channel; called on the loop."""

    #: Tells this listener from all others of the process; the number that its own messages are marked with.
    number: int
    #: Which rendition of a message it hears.
    is_bound: bool

    @property
    def readable(self) -> frozenset[str] | None:
        """The names of the properties that a bound one hears of; None for all. The same as long as it listens."""

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Take what was published on ``channel``, encoded once for all listeners; ``own`` if the listener said it.

        With ``more`` it may wait for the next :meth:`flush`, which then comes in the same turn of the loop.
        """

    def flush(self) -> None:
        """Send what waits."""


class Audience(NamedTuple):
    """Who listens to a channel, of each kind by their numbers."""

    plain: dict[int, Listener]
    bound: dict[int, Listener]
    #: The bound ones that hear of some properties only.
    limited: dict[int, Listener]

    def of(self, listener: Listener) -> dict[int, Listener]:
        """Return where ``listener`` belongs."""
        if not listener.is_bound:
            return self.plain
        return self.bound if listener.readable is None else self.limited


def by_readable(listeners: Iterable[Listener]) -> dict[frozenset[str], list[Listener]]:
    """Return ``listeners`` by what they may hear of, which for all of them is not all."""
    groups: dict[frozenset[str], list[Listener]] = {}
    for listener in listeners:
        assert listener.readable is not None
        groups.setdefault(listener.readable, []).append(listener)
    return groups
