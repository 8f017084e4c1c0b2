"""How much one visitor may say: a rate in the long run, with room for bursts (a token bucket each)."""

from __future__ import annotations


class Allowance:
    """Two buckets, for messages and for their size, each given as ``(per second, at once)``; full at ``now``."""

    __slots__ = ('_at', '_left', '_limits')

    def __init__(self, now: float, *, messages: tuple[float, float], size: tuple[float, float]) -> None:
        self._limits = (messages, size)
        self._left = [messages[1], size[1]]
        self._at = now

    def spend(self, now: float, size: int) -> bool:
        """Take a message of ``size`` from what is left at ``now``, in seconds; false if that is too much."""
        elapsed, self._at = now - self._at, now
        for n, ((rate, burst), cost) in enumerate(zip(self._limits, (1, size), strict=True)):
            self._left[n] = min(burst, self._left[n] + elapsed * rate) - cost
        return min(self._left) >= 0
