"""The real thing: people on uWSGI's workers and Valkey, with sockets cut, Valkey killed and a worker reloaded."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from djng.state.merge import Collection
from djng.test.frames import read
from tests.convergence.durable import DurableRedis
from tests.convergence.ledger import Ledger
from tests.convergence.log import Fault
from tests.convergence.people import Person, reconstruct, story
from tests.faults.worker import Workers, serving
from tests.proxy import Proxy, proxied
from tests.servers import eventually

PEOPLE, EDITS = 8, 200

#: Seconds between two cuts of all sockets, and in which all has to be typed and to come to rest.
CUT = 2.0
TYPED, SETTLED = 60.0, 20.0


class Crowd:
    """The people of one facility, and the ledger of what they do."""

    def __init__(self, facility: str, port: int, edit: Callable[[str], Callable[[Collection, int], None]]) -> None:
        self.facility = facility
        self.ledger = Ledger(['broadcast'])
        self.url = f'ws://127.0.0.1:{port}/ws/{facility}'
        self.people = [Person(self.url, self.ledger, f'{facility} {n}', edit(f'p{n}'), EDITS) for n in range(PEOPLE)]

    def is_calm(self) -> bool:
        """Whether all is said, and everybody knows the same."""
        for person in self.people:
            if person.error is not None:
                raise person.error
        places = {person.browser.position() for person in self.people}
        return len(places) == 1 and None not in places and all(person.browser.is_quiet for person in self.people)

    def late_comer(self) -> None:
        """Let somebody come who only looks."""
        person = Person(self.url, self.ledger, 'late comer', lambda scope, n: None, 0)
        self.people.append(person)
        person.start()

    def account(self, kept: Collection) -> None:
        """See that all is there: every change once, in one order, and the same for everybody."""
        reconstruct(self.people, self.ledger)
        log = self.ledger.logs['broadcast']
        if any(each != log.at(log.end) for each in (kept, *(person.browser.scope for person in self.people))):
            raise Fault('not all see the same')
        self.ledger.close()
        if isinstance(kept, list):
            self.ledger.find_all(kept)
        for person in self.people:
            for moment in person.moments:
                self.ledger.judge(moment)


def fill_in(name: str) -> Callable[[Collection, int], None]:
    """Return what somebody does who fills in a form together with others."""

    def edit(scope: Collection, number: int) -> None:
        assert isinstance(scope, dict)
        field = f'field {(number * 7 + int(name[1:])) % 12}' if number % 3 else f'{name} alone'
        if number % 10 == 9:
            scope.pop(field, None)
        else:
            scope[field] = f'"{name}-{number}"'

    return edit


def append(name: str) -> Callable[[Collection, int], None]:
    """Return what somebody does who adds to a list together with others."""

    def edit(scope: Collection, number: int) -> None:
        assert isinstance(scope, list)
        scope.append(f'"{name}-{number}"')

    return edit


@pytest.fixture
def durable_redis() -> Iterator[DurableRedis]:
    """A Redis that keeps what it has acknowledged."""
    server = DurableRedis()
    yield server
    server.stop()


@pytest.fixture
def workers(durable_redis: DurableRedis) -> Iterator[Workers]:
    """Two workers on it."""
    with serving(durable_redis.port, processes=2) as workers:
        yield workers


def test_all_is_there(workers: Workers, durable_redis: DurableRedis) -> None:
    """Eight people make 200 edits of an object and 200 of an array each; everybody then has all of them."""
    with proxied(workers.port) as proxy:
        crowds = [Crowd('form', proxy.port, fill_in), Crowd('list', proxy.port, append)]
        try:
            for crowd in crowds:
                for person in crowd.people:
                    person.start()
            disturb(crowds, proxy, workers, durable_redis)
            for crowd in crowds:
                eventually(crowd.is_calm, f'{crowd.facility} to come to rest', SETTLED)
                crowd.late_comer()
                eventually(crowd.is_calm, 'the late comer to know all', SETTLED)
        finally:
            everybody = [person for crowd in crowds for person in crowd.people]
            for person in everybody:
                person.leave()
            for crowd in crowds:
                print(crowd.facility, [(person.edits, person.sockets, len(person.answers)) for person in crowd.people])
            for person in everybody:
                person.join()
        for crowd in crowds:
            kept = read((durable_redis.client.get(f'broadcast:{crowd.facility}') or b'{}').decode())
            try:
                crowd.account(kept)
            except Fault as fault:
                pytest.fail(f'{fault}\n{story(crowd.people, crowd.ledger, kept)}', pytrace=False)


def disturb(crowds: list[Crowd], proxy: Proxy, workers: Workers, durable_redis: DurableRedis) -> None:
    """Until all is typed, cut all sockets again and again, once kill Redis, and once reload a worker."""
    everybody = [person for crowd in crowds for person in crowd.people]
    goal = len(everybody) * EDITS
    deadline = time.monotonic() + TYPED
    cut_at = time.monotonic() + CUT
    to_come = [(0.4, lambda: kill(durable_redis)), (0.7, lambda: reload(workers))]
    while (typed := sum(person.edits for person in everybody)) < goal:
        assert time.monotonic() < deadline, f'{typed} of {goal} edits were made'
        if time.monotonic() >= cut_at:
            cut_at += CUT
            proxy.cut(reset=bool(typed % 2))
        if to_come and typed >= to_come[0][0] * goal:
            to_come.pop(0)[1]()
        time.sleep(0.02)
    assert not to_come


def kill(durable_redis: DurableRedis) -> None:
    """Kill Redis, and start it again."""
    durable_redis.kill()
    durable_redis.start()


def reload(workers: Workers) -> None:
    """Have one worker replaced by a new one."""
    one = workers.workers()[0]
    os.kill(one.pid, signal.SIGHUP)
    eventually(lambda: one.pid not in [worker.pid for worker in workers.workers()], 'the worker to be replaced')
