"""Who is there is told right whatever ends: a worker, Redis, or thousands of sockets at once."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import secrets
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException

from djng.channels import presence_of
from djng.presence import key_of
from djng.relay.attendance import FAREWELL, MISSING, PAUSE, RENEWAL
from djng.relay.room import LINGER
from djng.state.steps import Attend, Snapshot
from djng.state.store import Store
from tests.bound import Bound, bound
from tests.faults import LONG
from tests.faults.browsers import bare
from tests.faults.worker import Workers, serving
from tests.relay.declaring import APPS
from tests.servers import PATIENCE, Redis, eventually

#: Seconds for which who was at a worker that was killed is seen at the most, and then some.
FORGOTTEN = (MISSING + 1) * RENEWAL + 2 * PAUSE + PATIENCE / 10

LIST = f'broadcast:{presence_of("cafe")}'


@pytest.fixture
def workers(redis_clean: Redis) -> Iterator[Workers]:
    """Two workers, their metrics open to the test."""
    with serving(redis_clean.port, processes=2, INSTALLED_APPS=APPS, INTERNAL_IPS=['127.0.0.1']) as workers:
        yield workers


class Guest:
    """Somebody in a café, by one tab."""

    def __init__(self, workers: Workers, stack: contextlib.ExitStack) -> None:
        self._workers = workers
        self._stack = stack
        self.client_id = secrets.token_hex(16)
        self.come()
        self.key = key_of('cafe', user=None, client=self._bound.hello['me'])

    def come(self) -> None:
        """Open a socket, the first one or another in its place; try again where a worker ends just then."""
        eventually(self._is_let_in, 'a socket')

    def _is_let_in(self) -> bool:
        try:
            self._bound = self._stack.enter_context(bound(self._workers, 'cafe', client_id=self.client_id))
        except (OSError, WebSocketException):
            return False
        return True

    def is_cut_off(self) -> bool:
        """Whether the socket is closed."""
        try:
            while True:
                self._bound.hear(patience=0.1)
        except TimeoutError:
            return False
        except ConnectionClosed:
            return True


@contextlib.contextmanager
def looking(workers: Workers) -> Iterator[Bound]:
    """Somebody who has bound the list of who is in the café."""
    with bound(workers, presence_of('cafe'), query='subscribe-broadcast') as looker:
        yield looker.knows()


def full_house(workers: Workers, stack: contextlib.ExitStack) -> list[Guest]:
    """Return so many guests that both workers have some."""
    before = {process.pid: process.descriptors() for process in workers.workers()}
    guests = [Guest(workers, stack) for _ in range(6)]
    while any(process.descriptors() < before[process.pid] + 2 for process in workers.workers()):
        guests.append(Guest(workers, stack))
    return guests


def tabs(value: Any) -> dict[str, int]:
    """Return how many tabs each person has."""
    return {key: person['tabs'] for key, person in (value or {}).items()}


@pytest.mark.parametrize(
    ('number', 'seconds'), [(signal.SIGKILL, FORGOTTEN), (signal.SIGHUP, FAREWELL + RENEWAL + PATIENCE / 10)]
)
def test_a_worker_ends(workers: Workers, number: signal.Signals, seconds: float) -> None:
    """Its people vanish within seconds; those who come back to another one have been there all the time, once."""
    with contextlib.ExitStack() as stack:
        lookers = [stack.enter_context(looking(workers)) for _ in range(3)]
        guests = full_house(workers, stack)
        everybody = {guest.key: 1 for guest in guests}
        for looker in lookers:
            looker.hear_until(lambda looker: tabs(looker.value) == everybody)
        victim = workers.workers()[0]
        begin = time.monotonic()
        os.kill(victim.pid, number)
        eventually(lambda: victim.pid not in [process.pid for process in workers.workers()], 'its end')
        gone = [guest for guest in guests if guest.is_cut_off()]
        assert 0 < len(gone) < len(guests)
        for guest in gone[1:]:
            guest.come()
        del everybody[gone[0].key]
        # One that was not cut off, or has come back itself.
        looker = stack.enter_context(looking(workers))
        looker.hear_until(lambda looker: tabs(looker.value) == everybody)
        assert time.monotonic() - begin < seconds
        assert all(frame['$$djng'].get('del', [gone[0].key]) == [gone[0].key] for frame in looker.frames)
        assert {value['tabs'] for frame in looker.frames for name, value in frame.items() if name != '$$djng'} == {1}


def present(store: Store) -> dict[str, int]:
    """Return who is there, as Django code reads it."""
    _, kept = store.run([Attend(LIST, 'broadcast'), Snapshot(LIST, 'broadcast')])
    return tabs(json.loads(getattr(kept, 'text', None) or b'{}'))


def test_redis_is_killed() -> None:
    """A Redis that comes back without anything is told everything anew, without those who have gone meanwhile."""
    server = Redis()
    with serving(server.port, processes=2, INSTALLED_APPS=APPS) as workers, contextlib.ExitStack() as staying:
        store = Store(server.client, expire=0)
        with contextlib.ExitStack() as leaving:
            everybody = [Guest(workers, stack).key for stack in 3 * [leaving, staying]]
            eventually(lambda: present(store) == dict.fromkeys(everybody, 1), 'all of them')
            server.stop()
        server = Redis(server.port)
        store = Store(server.client, expire=0)
        try:
            eventually(lambda: present(store) == dict.fromkeys(everybody[1::2], 1), 'those who stay', 3 * PATIENCE)
        finally:
            server.stop()


def test_many_come_and_go_at_once(workers: Workers, redis_clean: Redis) -> None:
    """Hundreds of sockets, thousands in a long run, are told in a few changes, and hold up nobody."""
    count = 5000 if LONG else 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * count + 1000)), hard))
    store = Store(redis_clean.client, expire=0)
    with contextlib.ExitStack() as stack, workers.serving_pages():
        begin = time.monotonic()
        for n in range(count):
            stack.enter_context(bare(workers.port, f'cafe?subscribe-broadcast&as=guest{n}'))
        opened = time.monotonic() - begin
        eventually(lambda: len(present(store)) == count, 'all of them', 3 * PATIENCE)
        took = time.monotonic() - begin
        (kept,) = store.run([Snapshot(LIST, 'broadcast')])
        changes = getattr(kept, 'v', 0)
        print(f'{count} opened in {opened:.1f} s, listed after {took:.1f} s in {changes} changes')
        # Each worker tells at most some times a second, and some hundreds at a time.
        assert changes < 2 * (took / PAUSE * 2 + count / 256 + 2)
    begin = time.monotonic()
    eventually(lambda: present(store) == {}, 'the end of all of them', 3 * PATIENCE)
    print(f'forgotten after {time.monotonic() - begin:.1f} s')
    assert time.monotonic() - begin < LINGER + PATIENCE
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
