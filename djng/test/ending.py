"""What a runner hands in for a relay that ends before its process does."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import Any

from django.db import connections

from djng.django_runserver import ThreadPrimitives

#: Seconds that threads are waited for; one in which the project's own code hangs is left to itself.
PATIENCE = 5.0

_END = object()


class Ended(BaseException):
    """The relay is at its end, and so is the thread in which this is raised; nobody else need catch it."""


class EndingQueue(queue.SimpleQueue[Any]):
    """A queue of which its one reader comes to an end, behind all that was put in before."""

    def __init__(self) -> None:
        super().__init__()
        # How many items were put in; how many were taken, and how many of these are dealt with.
        self._lock = threading.Lock()
        self._put = self._taken = self._done = 0

    @property
    def is_idle(self) -> bool:
        """Whether all that was put in is dealt with: the reader has come for more."""
        with self._lock:
            return self._put == self._done

    def end(self) -> None:
        """Put in the end."""
        self.put(_END)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add an item; never waits."""
        with self._lock:
            self._put += item is not _END
        super().put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the oldest item; raises :exc:`Ended` where there will be none."""
        with self._lock:
            self._done = self._taken
        item = super().get(block, timeout)
        if item is _END:
            raise Ended
        with self._lock:
            self._taken += 1
        return item

    def get_nowait(self) -> Any:
        """Take the oldest item; raises :exc:`queue.Empty` where there is none, as there is at the end."""
        item = super().get(False)
        if item is _END:
            # What was taken before is to be dealt with first.
            self.put(_END)
            raise queue.Empty
        with self._lock:
            self._taken += 1
        return item


class EndingLoop(asyncio.SelectorEventLoop):
    """A loop that nothing can be handed to once it has ended."""

    has_ended = False

    def call_soon_threadsafe(  # type: ignore[override]  # Python 3.10 has no word for the arguments of a callback
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Call ``callback(*args)`` on the loop; raises :exc:`Ended` where it never will be."""
        if self.has_ended:
            raise Ended
        return super().call_soon_threadsafe(callback, *args, context=context)


class EndingPrimitives(ThreadPrimitives):
    """Threads that use the test's database, and that all end: :class:`djng.relay.primitives.Primitives`.

    ``shared`` are connections by their aliases that belong to all threads, as those to SQLite in memory must.
    """

    def __init__(self, shared: Mapping[str, Any]) -> None:
        super().__init__()
        self._shared = shared
        self._threads: list[threading.Thread] = []
        self._queues: list[EndingQueue] = []
        self._ended = threading.Event()
        self._own_loop = EndingLoop()
        self._turns = self.spawn(self._own_loop.run_forever)

    def loop(self) -> EndingLoop:
        """Return the loop, which runs."""
        return self._own_loop

    def queue(self) -> EndingQueue:
        """Return a new queue."""
        self._queues.append(EndingQueue())
        return self._queues[-1]

    def is_idle(self) -> bool:
        """Whether all that was put into queues is dealt with."""
        return all(each.is_idle for each in self._queues)

    def sleep(self, seconds: Any) -> None:
        """Wait; raises :exc:`Ended` where nothing is to come."""
        if self._ended.wait(seconds):
            raise Ended

    def spawn(self, function: Callable[..., object], *args: Any) -> threading.Thread:
        """Run ``function`` in a thread that ends with the relay."""
        name = f'djng {function.__name__}'
        thread = threading.Thread(target=self._run, args=(function, *args), name=name, daemon=True)
        thread.start()
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]
        return thread

    def _run(self, function: Callable[..., object], *args: Any) -> None:
        for alias, connection in self._shared.items():
            connections[alias] = connection
        try:
            function(*args)
        except Ended:
            pass
        finally:
            for connection in connections.all(initialized_only=True):
                if connection is not self._shared.get(connection.alias):
                    connection.close()

    def end(self, wake: Callable[[], object]) -> None:
        """Let every thread come to its end, and wait for that; not for one of these threads to call.

        What was said is done first, unless somebody sleeps over it. ``wake()`` lets who waits for Redis hear something.
        """
        self._ended.set()
        for each in self._queues:
            each.end()
        # Left are then the loop, and who waits for Redis.
        self._wait_until_alive(2)
        self._own_loop.call_soon_threadsafe(self._own_loop.stop)
        self._turns.join(PATIENCE)
        self._own_loop.has_ended = True
        wake()
        self._wait_until_alive(0)
        if not self._turns.is_alive():
            self._own_loop.close()

    def _wait_until_alive(self, most: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(alive := [thread for thread in self._threads if thread.is_alive()]) > most:
            if time.monotonic() > deadline:
                return
            alive[-1].join(0.005)
