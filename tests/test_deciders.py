"""Handshakes are decided in native threads: many together, none held up by one that hangs, and never all greenlets."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import gevent
import pytest

from djng import deciders
from djng.deciders import THREADS, Call, Deciders
from djng.greenlets import GeventPrimitives
from tests.servers import PATIENCE


class Desk:
    """Deciders, and what they were seen to do."""

    def __init__(self, limit: int = 100) -> None:
        self.prepared: list[list[int]] = []
        self.late: list[Any] = []
        self.deciders = Deciders(
            GeventPrimitives().loop(),
            prepare=self.prepare,
            around=contextlib.nullcontext,
            on_late=self.late.append,
            limit=limit,
        )

    def prepare(self, calls: Sequence[Call]) -> None:
        """Note which calls come together."""
        self.prepared.append([call.args[0] for call in calls])

    def ask(self, function: Callable[..., Any], *args: Any) -> gevent.Greenlet:
        """Call ``function`` in a greenlet; its value is what is returned, or the exception that is raised."""

        def ask() -> Any:
            try:
                return self.deciders.call(function, *args)
            except Exception as error:
                return error

        return gevent.spawn(ask)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes half a second otherwise takes a twentieth."""
    monkeypatch.setattr(deciders, 'SWEEP', 0.01)
    monkeypatch.setattr(deciders, 'STALL', 0.05)


def values(greenlets: Sequence[gevent.Greenlet]) -> list[Any]:
    """Wait for all ``greenlets`` and return their values."""
    assert len(gevent.joinall(greenlets, timeout=PATIENCE)) == len(greenlets)
    return [greenlet.value for greenlet in greenlets]


def until(condition: Callable[[], object]) -> None:
    """Let the greenlets go on until ``condition()`` is true."""
    with gevent.Timeout(PATIENCE):
        while not condition():
            gevent.sleep(0.001)


def test_the_answer_comes_back() -> None:
    """What is returned and what is raised reach who asked, in another thread than it was decided in."""
    desk = Desk()
    result, thread, error = values([desk.ask(abs, -1), desk.ask(threading.get_ident), desk.ask(int, 'none')])
    assert result == 1
    assert thread != threading.get_ident()
    assert isinstance(error, ValueError)
    assert desk.late == []


def test_a_crowd_is_prepared_together() -> None:
    """Of many that ask at once each is prepared and answered once, in few lots."""
    desk = Desk()
    assert values([desk.ask(abs, n) for n in range(64)]) == list(range(64))
    assert len(desk.prepared) < 16
    prepared = [n for lot in desk.prepared for n in lot]
    assert len(prepared) == len(set(prepared)) > 32


def test_what_cannot_be_prepared_is_decided() -> None:
    """An error before a lot of calls is logged, and the calls are made later."""
    desk = Desk()
    desk.deciders._prepare = lambda calls: 1 / 0
    assert values([desk.ask(abs, n) for n in range(64)]) == list(range(64))


@pytest.mark.usefixtures('hasty')
def test_who_hangs_holds_up_nobody() -> None:
    """More that hang than there are threads let all others through; then they are answered, too."""
    desk, goes_on = Desk(), threading.Event()
    hanging = [desk.ask(goes_on.wait, PATIENCE) for _ in range(2 * THREADS)]
    assert values([desk.ask(abs, n) for n in range(64)]) == list(range(64))
    assert not any(greenlet.dead for greenlet in hanging)
    goes_on.set()
    assert values(hanging) == [True] * 2 * THREADS


@pytest.mark.usefixtures('hasty')
def test_slow_ones_are_decided_side_by_side() -> None:
    """There are as many threads as it takes, and no more than few where nothing has to wait."""
    desk, together = Desk(), threading.Barrier(5 * THREADS)
    slow = [desk.ask(together.wait, PATIENCE) for _ in range(5 * THREADS)]
    assert sorted(values(slow)) == list(range(5 * THREADS))


@pytest.mark.usefixtures('hasty')
def test_threads_that_are_not_needed_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """After slow times there are few threads again, and they decide."""
    monkeypatch.setattr(deciders, 'IDLE', 0.05)
    desk, together = Desk(), threading.Barrier(5 * THREADS)
    values([desk.ask(together.wait, PATIENCE) for _ in range(5 * THREADS)])
    until(lambda: desk.deciders._started <= THREADS)
    assert values([desk.ask(abs, n) for n in range(64)]) == list(range(64))


@pytest.mark.usefixtures('hasty')
def test_where_all_hang_greenlets_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is decided: all but the limit are given up and newcomers refused; what comes too late is told apart."""
    desk, goes_on = Desk(limit=3), threading.Event()
    asking = [desk.ask(goes_on.wait, PATIENCE) for _ in range(10)]
    until(lambda: sum(greenlet.dead for greenlet in asking) == 7)
    assert all(isinstance(greenlet.value, TimeoutError) for greenlet in asking[3:])
    begin = time.monotonic()
    (refused,) = values([desk.ask(abs, 1)])
    assert isinstance(refused, TimeoutError)
    assert time.monotonic() - begin < PATIENCE / 10
    monkeypatch.setattr(deciders, 'TIMEOUT', 0.01)
    assert all(isinstance(value, TimeoutError) for value in values(asking))
    begun = desk.deciders._busy
    assert begun
    goes_on.set()
    until(lambda: not begun and desk.late)
    assert set(desk.late) == {True}
    assert values([desk.ask(abs, 1)]) == [1]


def test_where_some_hang_they_do_not_get_all_greenlets(monkeypatch: pytest.MonkeyPatch) -> None:
    """While others are decided all the time, no more than the limit may hang."""
    monkeypatch.setattr(deciders, 'SWEEP', 0.01)
    desk, goes_on = Desk(limit=3), threading.Event()
    asking = [desk.ask(goes_on.wait, PATIENCE) for _ in range(10)]
    with gevent.Timeout(PATIENCE):
        while sum(greenlet.dead for greenlet in asking) < 7:
            assert not isinstance(values([desk.ask(abs, 1)])[0], BaseException)
    goes_on.set()
    assert sum(value is True for value in values(asking)) == 3


def test_nobody_waits_any_more() -> None:
    """What is decided for a greenlet that was killed meanwhile comes late."""
    desk, goes_on = Desk(), threading.Event()
    asking = desk.ask(goes_on.wait, PATIENCE)
    until(lambda: desk.deciders._busy)
    asking.kill()
    goes_on.set()
    until(lambda: desk.late)
    assert desk.late == [True]
