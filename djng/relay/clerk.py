"""Changes that a project's own code looks at before they are made: in threads of their own, and with a deadline."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from django import db
from redis.exceptions import RedisError

from djng.relay.courtesy import Courtesy
from djng.relay.examination import Examination, Settled
from djng.relay.lanes import Client, Job, Lane
from djng.relay.licence import Licence
from djng.relay.primitives import Primitives
from djng.state.steps import Submit
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Seconds that may pass until a change is made, and then until what is to be done after it is done.
DEADLINE = 5.0

#: Seconds for which a change has its collection to itself; then others are examined beside it, which it may have to be
#: examined anew for. What hangs holds up nobody for longer.
TURN = 0.25

#: Seconds between two looks at how long changes take.
SWEEP = 0.1

#: Threads for one class of facilities, and for all of them; one that is given up counts as long as it goes on.
THREADS, MOST_THREADS = 4, 32

LATE = {'': ['This change could not be checked in time.']}
FAILED = {'': ['This change could not be checked.']}


class Clerk:
    """Has changes examined: those of one client, or to one collection, one by one, all others side by side."""

    def __init__(self, store: Store, primitives: Primitives) -> None:
        self._store = store
        self._loop = primitives.loop()
        self._spawn = primitives.spawn
        self._courtesy = Courtesy(primitives.lock())
        # Guards all below.
        self._lock = primitives.lock()
        self._lanes: dict[type, Lane] = {}
        self._jobs: dict[Client, deque[Job]] = {}
        self._threads = 0
        # What is being examined, or followed up.
        self._running: dict[Job, Lane] = {}
        self._sweeps = False

    def take(
        self, client: Client, size: int, licence: Licence, steps: Sequence[Submit], answer: Callable[[Settled], object]
    ) -> None:
        """Have a change examined and made, behind those that ``client`` has said before; never waits.

        ``steps`` would make it as it is, ``size`` is that of its message; ``answer()`` is called on the loop.
        """
        examination = Examination(self._store, licence.facility, licence.author, steps)
        job = Job(client, size, tuple(step.channel for step in steps), examination, answer)
        with self._lock:
            jobs = self._jobs.setdefault(client, deque())
            jobs.append(job)
            if len(jobs) == 1:
                lane = self._lanes.setdefault(type(examination.facility), Lane())
                lane.queue(client, job.channels)
                self._staff(lane)

    def _staff(self, lane: Lane) -> None:
        """Let as many threads come as are needed and may be; under the lock."""
        while lane.threads - lane.busy < lane.open and lane.threads < THREADS and self._threads < MOST_THREADS:
            lane.threads += 1
            self._threads += 1
            self._loop.call_soon_threadsafe(self._spawn, self._work, lane)

    # In a thread.

    def _work(self, lane: Lane) -> None:
        """Do what there is to do in ``lane``; ends when there is nothing, or when a job of its was given up."""
        is_given_up = False
        try:
            while not is_given_up:
                with self._lock:
                    if not lane.open:
                        break
                    job = lane.begin(self._jobs)
                    lane.busy += 1
                is_given_up = self._do(lane, job)
        finally:
            db.connections.close_all()
            with self._lock:
                self._threads -= 1
                # Whoever gave the job up has counted its thread out.
                lane.threads -= not is_given_up
                for other in self._lanes.values():
                    self._staff(other)

    def _do(self, lane: Lane, job: Job) -> bool:
        """Carry out ``job``; says whether it was given up meanwhile."""
        self._watch(lane, job)
        settled = None
        try:
            if not job.client.is_cut:
                db.close_old_connections()
                begin, used = time.monotonic(), time.thread_time()
                with self._courtesy.shown():
                    settled = job.examination.settle(lambda: self._may_go_on(job), lambda: self._reopen(job))
                lane.weigh(time.thread_time() - used, time.monotonic() - begin, len(self._running))
        except (RedisError, OSError) as error:
            if self._close(job):
                logger.warning('Lost a change on its way to Redis: %s', error)
                self._lose(job, error)
        except BaseException:  # whatever it is, the thread goes on, and nothing is changed
            logger.exception('%s could not examine a change', type(job.examination.facility).__qualname__)
            settled = Settled.refused(FAILED)
        if settled is not None and self._close(job):
            self._tell(job, settled)
            if settled.is_applied:
                self._watch(lane, job)
                try:
                    with self._courtesy.shown():
                        job.examination.follow_up(settled)
                except Exception:
                    logger.exception('%s failed after a change', type(job.examination.facility).__qualname__)
        self._close(job)
        with self._lock:
            if job.is_given_up:
                return True
            lane.busy -= 1
            self._next(lane, job)
            return False

    def _may_go_on(self, job: Job) -> bool:
        """Whether the change may be made: it is not given up any more from now on."""
        return self._close(job)

    def _reopen(self, job: Job) -> bool:
        with self._lock:
            job.is_open = self._loop.time() < job.deadline
            return job.is_open

    def _close(self, job: Job) -> bool:
        with self._lock:
            job.is_open = False
            return not job.is_given_up

    def _watch(self, lane: Lane, job: Job) -> None:
        with self._lock:
            now = self._loop.time()
            job.is_open = True
            job.turn = job.turn or now + TURN
            job.deadline = now + DEADLINE
            self._running[job] = lane
            if not self._sweeps:
                self._sweeps = True
                self._loop.call_soon_threadsafe(self._loop.call_later, SWEEP, self._sweep)

    def _tell(self, job: Job, settled: Settled) -> None:
        job.is_told = True
        self._loop.call_soon_threadsafe(job.answer, settled)

    def _lose(self, job: Job, error: Exception) -> None:
        job.client.is_cut = True
        job.is_told = True
        self._loop.call_soon_threadsafe(job.client.not_published, error)

    def _next(self, lane: Lane, job: Job) -> None:
        """Be done with ``job``, and let its client's next one wait for its turn; under the lock."""
        self._loop.call_soon_threadsafe(job.client.published, job.size)
        del self._running[job]
        lane.end(job)
        jobs = self._jobs[job.client]
        jobs.popleft()
        if jobs:
            lane.queue(job.client, jobs[0].channels)
        else:
            del self._jobs[job.client]

    # On the loop.

    def _sweep(self) -> None:
        """Give up what takes too long, and end the turn of what takes long."""
        with self._lock:
            now = self._loop.time()
            for job, lane in [*self._running.items()]:
                if job.is_open and now >= job.deadline:
                    self._give_up(lane, job)
                elif now >= job.turn:
                    lane.end(job)
                    self._staff(lane)
            self._sweeps = bool(self._running)
        if self._sweeps:
            self._loop.call_later(SWEEP, self._sweep)

    def _give_up(self, lane: Lane, job: Job) -> None:
        """Let the thread of ``job`` go on for itself; it ends when it comes to an end. Under the lock."""
        job.is_given_up = True
        job.is_open = False
        lane.threads -= 1
        lane.busy -= 1
        if not job.is_told:
            self._tell(job, Settled.refused(LATE))
        self._next(lane, job)
        self._staff(lane)
        logger.error('%s takes too long for a change', type(job.examination.facility).__qualname__)
