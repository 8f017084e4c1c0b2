"""Threads of a relay end before their process does, and what was handed to them is done first."""

from __future__ import annotations

import queue
import threading

import pytest
from django.db import connections

from djng.test.ending import Ended, EndingPrimitives
from tests.servers import PATIENCE, eventually


@pytest.fixture
def primitives() -> EndingPrimitives:
    """What a runner hands in."""
    return EndingPrimitives({})


def test_a_queue_is_emptied(primitives: EndingPrimitives) -> None:
    """What is in a queue is dealt with before its reader ends, however the reader asks."""
    waiting, taken = primitives.queue(), []

    def work() -> None:
        while True:
            batch = [waiting.get()]
            try:
                while True:
                    batch.append(waiting.get_nowait())
            except queue.Empty:
                taken.extend(batch)

    thread = primitives.spawn(work)
    for number in range(5):
        waiting.put(number)
    primitives.end(lambda: None)
    assert taken == [0, 1, 2, 3, 4]
    assert not thread.is_alive()


def test_a_queue_is_idle(primitives: EndingPrimitives) -> None:
    """A queue is idle when its reader has dealt with what it took, and has come for more."""
    waiting, goes_on = primitives.queue(), threading.Event()

    def work() -> None:
        while True:
            waiting.get()
            assert goes_on.wait(PATIENCE)

    assert primitives.is_idle()
    waiting.put(1)
    assert not primitives.is_idle()
    primitives.spawn(work)
    eventually(waiting.empty, 'it to be taken')
    assert not primitives.is_idle()
    goes_on.set()
    eventually(primitives.is_idle, 'it to be dealt with')
    primitives.end(lambda: None)


def test_a_sleeper_is_woken(primitives: EndingPrimitives) -> None:
    """Whoever sleeps, or waits for what ``wake`` sends, ends."""
    woken = threading.Event()

    def read() -> None:
        assert woken.wait(PATIENCE)
        primitives.loop().call_soon_threadsafe(print)

    threads = primitives.spawn(primitives.sleep, 3600), primitives.spawn(read)
    primitives.sleep(0)
    primitives.end(woken.set)
    assert not any(thread.is_alive() for thread in threads)
    with pytest.raises(Ended):
        primitives.sleep(0)


def test_the_loop_ends(primitives: EndingPrimitives) -> None:
    """The loop does what it was handed, and takes nothing any more."""
    done = threading.Event()
    primitives.loop().call_soon_threadsafe(done.set)
    primitives.end(lambda: None)
    assert done.is_set()
    assert primitives.loop().is_closed()
    with pytest.raises(Ended):
        primitives.loop().call_soon_threadsafe(print)


def test_connections_are_shared() -> None:
    """A connection that belongs to all threads is the one in each of them."""
    shared = connections['default']
    found = []
    primitives = EndingPrimitives({'default': shared})
    shared.inc_thread_sharing()
    try:
        primitives.spawn(lambda: found.append(connections['default'])).join(PATIENCE)
        primitives.end(lambda: None)
    finally:
        shared.dec_thread_sharing()
    assert found == [shared]


def test_code_that_hangs_is_left(primitives: EndingPrimitives, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that does not end is not waited for without end."""
    monkeypatch.setattr('djng.test.ending.PATIENCE', 0.05)
    let_go = threading.Event()
    threads = [primitives.spawn(let_go.wait, PATIENCE) for _ in range(3)]
    primitives.end(lambda: None)
    assert all(thread.is_alive() for thread in threads)
    let_go.set()
    for thread in threads:
        thread.join(PATIENCE)
