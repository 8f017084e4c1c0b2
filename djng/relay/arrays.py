"""Plain sockets know no change of an array, so they are sent all of it: read once for all, and not at each change."""

from __future__ import annotations

from djng.relay.audience import Listener
from djng.relay.hub import Hub
from djng.relay.kept import Reading, Readings
from djng.relay.primitives import Loop

#: Seconds for which changes of an array gather before it is read.
GATHERING = 0.05


class WholeArrays:
    """Has arrays read for plain sockets; every method is called on the loop."""

    #: What it asks for is there, since it changed.
    is_bound = False

    def __init__(self, hub: Hub, kept: Readings, loop: Loop) -> None:
        self._kept = kept
        self._loop = loop
        # Who is to be told of which channel, by their numbers; what is read holds all changes heard before it.
        self._waiting: dict[bytes, dict[int, Listener]] = {}
        hub.on_array = self._changed

    def _changed(self, channel: bytes, listeners: list[Listener]) -> None:
        waiting = self._waiting.get(channel)
        if waiting is None:
            waiting = self._waiting[channel] = {}
            self._loop.call_later(GATHERING, self._kept.tell, channel, self)
        waiting.update((listener.number, listener) for listener in listeners)

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Hand the array out."""
        whole = None if reading is None else reading.for_plain
        for listener in self._waiting.pop(channel, {}).values():
            if whole is not None:
                listener.hear(channel, whole, False, False)
