"""Native threads that decide handshakes while the greenlets of these wait: many at a time, where a crowd comes."""

from __future__ import annotations

import _queue
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from gevent.hub import Waiter
from gevent.threadpool import ThreadPool

from djng.greenlets import GeventLoop, GeventPrimitives

logger = logging.getLogger('djng.relay')

#: Threads that decide, as long as they keep up: little of it is waiting, and they share one interpreter.
THREADS = 4

#: Handshakes that one thread takes together, at the most.
BATCH = 16

#: Seconds for which a thread lets others gather while another one is at work: a query for many costs little more.
GATHER = 0.002

#: Seconds after which a thread that is not needed ends.
IDLE = 30.0

#: Seconds after which a handshake that is being decided hangs.
STALL = 0.5

#: Seconds that a handshake may take.
TIMEOUT = 10.0

#: Seconds between two looks at who waits, and in which a thread should have begun with it.
SWEEP = 0.1


class Call:
    """What a greenlet waits for."""

    __slots__ = ('_unclaimed', 'args', 'arrived', 'begun', 'function', 'is_given_up', 'outcome', 'queued', 'waiter')

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.function = function
        self.args = args
        self.arrived = self.queued = time.monotonic()
        #: When a thread began with it.
        self.begun: float | None = None
        #: Whether nobody waits for it any more.
        self.is_given_up = False
        #: What it returned, and what it raised.
        self.outcome: tuple[Any, BaseException | None] | None = None
        self.waiter: Any = Waiter()
        self._unclaimed = [True]

    def claim(self) -> bool:
        """Whether it is the caller's to make; it is that to the first caller only."""
        try:
            return self._unclaimed.pop()
        except IndexError:
            return False

    def make(self) -> None:
        """Make it; raises nothing."""
        self.begun = time.monotonic()
        try:
            self.outcome = self.function(*self.args), None
        except BaseException as error:
            self.outcome = None, error


class Deciders:
    """Threads that make calls for greenlets.

    ``prepare(calls)`` is called in a thread before those calls are made there one by one, and ``around()`` gives the
    context of all of that. ``on_late(result)`` hears, on the loop, what was returned to nobody.

    Where they do not keep up, for a database that is slow, or a project's own rules, there are more threads at once.

    When ``limit`` greenlets wait and nothing has been decided for :data:`STALL` seconds, others are refused and those
    beyond the limit are given up: what hangs must not take all of the server's greenlets. Nor may ``limit`` calls that
    hang while others do not. A crowd is none of that, however slow the machine.
    """

    def __init__(
        self,
        loop: GeventLoop,
        *,
        prepare: Callable[[Sequence[Call]], object],
        around: Callable[[], contextlib.AbstractContextManager[object]],
        on_late: Callable[[Any], object],
        limit: int,
    ) -> None:
        self._loop = loop
        self._prepare = prepare
        self._around = around
        self._on_late = on_late
        self._limit = limit
        # Threads that hang, also for those that were given up, are replaced.
        self._threads = ThreadPool(max(THREADS, 8 * limit))
        self._started = 0
        # Whether somebody waits for a thread, or one hangs: then each call is taken by itself.
        self._is_slow = False
        self._queue: _queue.SimpleQueue[Call] = _queue.SimpleQueue()
        # Who waits, in the order of arrival; touched on the loop only.
        self._waiting: dict[Call, None] = {}
        # Since when each thread is at what it is at, those that have nothing to do left out; touched there.
        self._busy: dict[object, float] = {}
        self._decided: deque[Call] = deque()
        self._is_told = False
        self._last = 0.0
        self._sweeps = False

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call ``function`` in a thread, while this greenlet alone waits.

        Raises what it raises, and :exc:`TimeoutError` if that takes too long, or would.
        """
        if len(self._waiting) >= self._limit and self._stands_still(time.monotonic()):
            raise TimeoutError('too many handshakes are waiting')
        call = Call(function, args)
        self._waiting[call] = None
        self._queue.put(call)
        self._start_threads(min(len(self._waiting), THREADS))
        if not self._sweeps:
            self._sweeps = True
            self._loop.call_later(SWEEP, self._sweep)
        try:
            call.waiter.get()
        except BaseException:  # the greenlet was killed
            self._give_up(call)
            raise
        if call.outcome is None:
            raise TimeoutError('it was not decided in time')
        result, error = call.outcome
        if error is not None:
            raise error
        return result

    def _start_threads(self, wanted: int) -> None:
        while self._started < min(wanted, self._threads.maxsize):
            self._started += 1
            self._threads.spawn(self._decide_forever)

    def _stands_still(self, now: float) -> bool:
        oldest = next(iter(self._waiting)).arrived
        return now - max(oldest, self._last) > STALL

    def _give_up(self, call: Call) -> None:
        call.is_given_up = True
        self._waiting.pop(call, None)

    # In the threads.

    def _decide_forever(self) -> None:
        me = object()
        while calls := self._next_calls():
            self._busy[me] = time.monotonic()
            try:
                with self._around():
                    if len(calls) > 1:
                        self._prepare(calls)
                    for call in calls:
                        # Others take over what would have to wait behind one that hangs.
                        if call.claim():
                            call.make()
                            self._busy[me] = time.monotonic()
                            self._decided.append(call)
                            # One word for all that are decided before it is heard.
                            if not self._is_told:
                                self._is_told = True
                                self._loop.call_soon_threadsafe(self._tell)
            except Exception:
                logger.exception('Could not prepare for handshakes')
            finally:
                del self._busy[me]

    def _next_calls(self) -> list[Call]:
        """Wait for calls to make; return none of them if this thread is not needed."""
        while True:
            try:
                calls = [self._queue.get(timeout=IDLE)]
                break
            except _queue.Empty:
                if self._started > THREADS and not self._is_slow:
                    self._loop.call_soon_threadsafe(self._ended)
                    return []
        if not self._is_slow:
            if self._busy:
                GeventPrimitives.sleep(GATHER)
            with contextlib.suppress(_queue.Empty):
                while len(calls) < BATCH:
                    calls.append(self._queue.get_nowait())
        return calls

    # On the loop.

    def _tell(self) -> None:
        self._is_told = False
        self._last = time.monotonic()
        while self._decided:
            call = self._decided.popleft()
            if call.is_given_up:
                assert call.outcome is not None
                self._on_late(call.outcome[0])
            else:
                del self._waiting[call]
                call.waiter.switch(None)

    def _ended(self) -> None:
        self._started -= 1

    def _sweep(self) -> None:
        now = time.monotonic()
        unclaimed = [call for call in self._waiting if call.begun is None and now - call.queued > SWEEP]
        for call in unclaimed:
            call.queued = now
            self._queue.put(call)
        busy = list(self._busy.values())
        self._is_slow = bool(unclaimed) or any(now - since > STALL for since in busy)
        if unclaimed:
            self._start_threads(len(busy) + len(unclaimed))
        late = [call for call in self._waiting if now - call.arrived > TIMEOUT]
        if self._waiting and self._stands_still(now):
            late += list(self._waiting)[self._limit :]
        else:
            hanging = [call for call in self._waiting if call.begun is not None and now - call.begun > STALL]
            late += hanging[self._limit :]
        for call in late:
            if not call.is_given_up and call.outcome is None:
                call.claim()
                self._give_up(call)
                call.waiter.switch(None)
        self._sweeps = bool(self._waiting)
        if self._sweeps:
            self._loop.call_later(SWEEP, self._sweep)
