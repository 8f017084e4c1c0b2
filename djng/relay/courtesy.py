"""How what calculates lets the relay go first: meanwhile the interpreter changes hands sooner.

Only one thread at a time runs Python. One that calculates gives way to others when these have waited for
:func:`sys.getswitchinterval`, 5 ms as a rule. The relay lets go at each write to a socket, and would have to wait that
long each time that the other one is quicker to take over: a message to 500 browsers could take seconds.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager

#: Seconds that the relay waits for a thread that calculates, each time; to be woken takes longer than that.
INTERVAL = 0.00001


class Courtesy:
    """Counts the threads that may calculate, under ``lock``; without any, the interval is what it was."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._threads = 0
        self._usual = 0.0

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Change hands sooner within the block; any number of threads may be in it."""
        with self._lock:
            self._threads += 1
            if self._threads == 1:
                self._usual = sys.getswitchinterval()
                self._set(INTERVAL)
        try:
            yield
        finally:
            with self._lock:
                self._threads -= 1
                if not self._threads:
                    self._set(self._usual)

    def _set(self, interval: float) -> None:
        # The project may have chosen a shorter one.
        if self._usual > INTERVAL:
            sys.setswitchinterval(interval)
