"""How soon threads change hands: while something is examined, and else."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from djng.relay.courtesy import INTERVAL, Courtesy


@pytest.fixture(autouse=True)
def usual() -> Iterator[float]:
    """The interval as it is."""
    usual = sys.getswitchinterval()
    yield usual
    sys.setswitchinterval(usual)


def test_interval_is_short_meanwhile(usual: float) -> None:
    """It is short from the first thread to the last, also where one fails."""
    courtesy = Courtesy(threading.Lock())
    with courtesy.shown():
        with pytest.raises(KeyError), courtesy.shown():
            raise KeyError
        assert sys.getswitchinterval() == pytest.approx(INTERVAL)
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_shorter_interval_is_kept() -> None:
    """Who has chosen a shorter one keeps it."""
    sys.setswitchinterval(INTERVAL / 2)
    with Courtesy(threading.Lock()).shown():
        assert sys.getswitchinterval() == pytest.approx(INTERVAL / 2)
    assert sys.getswitchinterval() == pytest.approx(INTERVAL / 2)


def test_relay_runs_beside_what_calculates() -> None:
    """A thread that lets go all the time does not wait long for one that calculates."""
    courtesy = Courtesy(threading.Lock())
    is_over = threading.Event()

    def calculate() -> None:
        with courtesy.shown():
            while not is_over.is_set():
                sum(range(1000))

    thread = threading.Thread(target=calculate)
    thread.start()
    waits = [turn() for _ in range(200)]
    is_over.set()
    thread.join()
    assert sorted(waits)[100] < 0.002


def turn() -> float:
    """Let go for a moment, and return how long it took to come back, in seconds."""
    begin = time.monotonic()
    time.sleep(0)
    return time.monotonic() - begin
