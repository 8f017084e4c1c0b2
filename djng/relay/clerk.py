"""Changes that a project's own code looks at before they are made: in threads of their own, and with a deadline."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from django import db
from redis.exceptions import RedisError

from djng.relay.examination import Examination, Settled
from djng.relay.licence import Licence
from djng.relay.primitives import Handle, Primitives
from djng.state.steps import Submit
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Seconds that may pass until a change is made, and then until what is to be done after it is done.
DEADLINE = 5.0

#: Threads for one class of facilities, and for all of them; one that is given up counts as long as it goes on.
THREADS, MOST_THREADS = 4, 32

LATE = {'': ['This change could not be checked in time.']}
FAILED = {'': ['This change could not be checked.']}


class Client(Protocol):
    """Who has said a change; compared by identity."""

    is_cut: bool

    # Called on the loop.

    def not_published(self, error: Exception) -> None:
        """Hear that it did not reach Redis."""

    def published(self, size: int) -> None:
        """Hear that a message of that size is done with."""


class _Job:
    """One change of a client's."""

    def __init__(
        self, client: Client, size: int, examination: Examination, answer: Callable[[Settled], object]
    ) -> None:
        self.client = client
        self.size = size
        self.examination = examination
        self.answer = answer
        # Whether it may be given up at this moment, whether it was, and what the client has been told.
        self.is_open = True
        self.is_given_up = False
        self.is_told = False
        self.deadline = 0.0
        self.timer: Handle | None = None


class _Lane:
    """The clients of one class of facilities, of which a slow one holds up no others."""

    def __init__(self) -> None:
        self.ready: deque[Client] = deque()
        # Threads, and those of them that have a job; those that are given up do not count.
        self.threads = 0
        self.busy = 0


class Clerk:
    """Has changes examined: those of one client one by one, those of several side by side."""

    def __init__(self, store: Store, primitives: Primitives) -> None:
        self._store = store
        self._loop = primitives.loop()
        self._spawn = primitives.spawn
        # Guards all below.
        self._lock = primitives.lock()
        self._lanes: dict[type, _Lane] = {}
        self._jobs: dict[Client, deque[_Job]] = {}
        self._threads = 0

    def take(
        self, client: Client, size: int, licence: Licence, steps: Sequence[Submit], answer: Callable[[Settled], object]
    ) -> None:
        """Have a change examined and made, behind those that ``client`` has said before; never waits.

        ``steps`` would make it as it is, ``size`` is that of its message; ``answer()`` is called on the loop.
        """
        examination = Examination(self._store, licence.facility, licence.author, steps)
        job = _Job(client, size, examination, answer)
        with self._lock:
            jobs = self._jobs.setdefault(client, deque())
            jobs.append(job)
            if len(jobs) == 1:
                lane = self._lanes.setdefault(type(examination.facility), _Lane())
                lane.ready.append(client)
                self._staff(lane)

    def _staff(self, lane: _Lane) -> None:
        """Let as many threads come as are needed and may be; under the lock."""
        while lane.threads - lane.busy < len(lane.ready) and lane.threads < THREADS and self._threads < MOST_THREADS:
            lane.threads += 1
            self._threads += 1
            self._loop.call_soon_threadsafe(self._spawn, self._work, lane)

    # In a thread.

    def _work(self, lane: _Lane) -> None:
        """Do what there is to do in ``lane``; ends when there is nothing, or when a job of its was given up."""
        is_given_up = False
        try:
            while not is_given_up:
                with self._lock:
                    if not lane.ready:
                        break
                    client = lane.ready.popleft()
                    job = self._jobs[client][0]
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

    def _do(self, lane: _Lane, job: _Job) -> bool:
        """Carry out ``job``; says whether it was given up meanwhile."""
        self._watch(lane, job)
        settled = None
        try:
            if not job.client.is_cut:
                db.close_old_connections()
                settled = job.examination.settle(lambda: self._may_go_on(job), lambda: self._reopen(job))
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

    def _may_go_on(self, job: _Job) -> bool:
        """Whether the change may be made: it is not given up any more from now on."""
        return self._close(job)

    def _reopen(self, job: _Job) -> bool:
        with self._lock:
            job.is_open = self._loop.time() < job.deadline
            return job.is_open

    def _close(self, job: _Job) -> bool:
        with self._lock:
            job.is_open = False
            return not job.is_given_up

    def _watch(self, lane: _Lane, job: _Job) -> None:
        with self._lock:
            job.is_open = True
            job.deadline = self._loop.time() + DEADLINE
        self._loop.call_soon_threadsafe(self._set_timer, lane, job)

    def _tell(self, job: _Job, settled: Settled) -> None:
        job.is_told = True
        self._loop.call_soon_threadsafe(job.answer, settled)

    def _lose(self, job: _Job, error: Exception) -> None:
        job.client.is_cut = True
        job.is_told = True
        self._loop.call_soon_threadsafe(job.client.not_published, error)

    def _next(self, lane: _Lane, job: _Job) -> None:
        """Be done with ``job``, and let its client's next one wait for a thread; under the lock."""
        self._loop.call_soon_threadsafe(self._done, job)
        jobs = self._jobs[job.client]
        jobs.popleft()
        if jobs:
            lane.ready.append(job.client)
        else:
            del self._jobs[job.client]

    # On the loop.

    def _done(self, job: _Job) -> None:
        if job.timer is not None:
            job.timer.cancel()
        job.client.published(job.size)

    def _set_timer(self, lane: _Lane, job: _Job) -> None:
        if job.timer is not None:
            job.timer.cancel()
        job.timer = self._loop.call_later(DEADLINE, self._expire, lane, job)

    def _expire(self, lane: _Lane, job: _Job) -> None:
        with self._lock:
            if not job.is_open:
                return
            job.is_given_up = True
            job.is_open = False
            # Its thread goes on for itself, and ends when it comes to an end.
            lane.threads -= 1
            lane.busy -= 1
            if not job.is_told:
                self._tell(job, Settled.refused(LATE))
            self._next(lane, job)
            self._staff(lane)
        logger.error('%s takes too long for a change', type(job.examination.facility).__qualname__)
