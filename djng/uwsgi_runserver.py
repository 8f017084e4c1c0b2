"""uWSGI's and gevent's coat on the relay: WebSockets in production.

Used as ws4redis documents its own: ``application = uWSGIWebsocketServer()`` in a ``wsgi_websocket.py`` that is started
with ``uwsgi --gevent N``, alone or dispatched by ``WEBSOCKET_URL`` beside Django.
"""

from __future__ import annotations

import _queue
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import gevent
import uwsgi
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

from djng.relay.counts import Counts, names
from djng.relay.process import ProcessRelay
from djng.relay.server import RelayServer

__all__ = ['GeventPrimitives', 'uWSGIWebsocketServer']

#: Handshakes that look things up (sessions, users, a project's own callback) at the same time, in a process.
HANDSHAKE_THREADS = 16

#: Seconds that a handshake may take to decide who may hear what.
HANDSHAKE_TIMEOUT = 10.0

#: Threads for what the relay spawns: the hub's reader and commands, the way out, and what refills gaps.
RELAY_THREADS = 8


class NativeEvent:
    """:class:`threading.Event` for one native thread that waits, also where gevent has patched that module."""

    def __init__(self) -> None:
        self._queue: _queue.SimpleQueue[None] = _queue.SimpleQueue()

    def set(self) -> None:
        """Let who waits go on."""
        self._queue.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set; says whether it is."""
        try:
            self._queue.get(timeout=timeout)
        except _queue.Empty:
            return False
        self._queue.put(None)
        return True


class Timer:
    """A call that gevent's loop is to make later."""

    def __init__(self, watcher: Any) -> None:
        self._watcher = watcher

    def cancel(self) -> None:
        """Drop the call; does nothing once it has been made."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher.close()
            self._watcher = None


class GeventLoop:
    """gevent's own loop, under the names of :class:`djng.relay.primitives.Loop`; its callbacks run in the hub greenlet.

    They must not wait, and they do not: what does runs in native threads.
    """

    time = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self._loop = gevent.get_hub().loop
        self._readers: dict[int, Any] = {}
        self._writers: dict[int, Any] = {}

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> Timer:
        """Call ``callback(*args)`` on the loop; any thread or greenlet may ask for it."""
        return Timer(self._loop.run_callback_threadsafe(callback, *args))

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call ``callback(*args)`` after ``delay`` seconds."""
        watcher = self._loop.timer(delay)
        timer = Timer(watcher)

        def fire() -> None:
            timer.cancel()
            callback(*args)

        # Timers count from the loop's idea of now, which stands still while callbacks run.
        watcher.start(fire, update=True)
        return timer

    def add_reader(self, fd: int, callback: Callable[..., object], *args: Any) -> None:
        """Call ``callback(*args)`` whenever ``fd`` can be read; replaces an earlier callback."""
        self.remove_reader(fd)
        self._readers[fd] = watcher = self._loop.io(fd, 1)
        watcher.start(callback, *args)

    def remove_reader(self, fd: int) -> bool:
        """Stop watching ``fd`` for reading; false if nobody did."""
        return _end(self._readers.pop(fd, None))

    def add_writer(self, fd: int, callback: Callable[..., object], *args: Any) -> None:
        """Call ``callback(*args)`` whenever ``fd`` can be written; replaces an earlier callback."""
        self.remove_writer(fd)
        self._writers[fd] = watcher = self._loop.io(fd, 2)
        watcher.start(callback, *args)

    def remove_writer(self, fd: int) -> bool:
        """Stop watching ``fd`` for writing; false if nobody did."""
        return _end(self._writers.pop(fd, None))


def _outcome(function: Callable[..., Any], *args: Any) -> tuple[Any, BaseException | None]:
    try:
        return function(*args), None
    except BaseException as error:
        return None, error


def _too_late(waiting: Any) -> None:
    visitor, error = waiting.value
    if error is None:
        visitor.subscriber.release()


def _end(watcher: Any) -> bool:
    if watcher is None:
        return False
    watcher.stop()
    watcher.close()
    return True


class GeventPrimitives:
    """gevent's loop for the sockets, native threads for all that blocks: :class:`djng.relay.primitives.Primitives`.

    So a Redis that hangs, or a slow database, holds up neither sockets nor the HTTP requests of the same process, and
    it does not matter what the project has let gevent patch.
    """

    event = NativeEvent
    queue: Callable[[], Any] = _queue.SimpleQueue
    sleep = staticmethod(get_original('time', 'sleep'))

    def __init__(self) -> None:
        self._loop: GeventLoop | None = None
        self._threads: ThreadPool | None = None

    def loop(self) -> GeventLoop:
        """Return the process' loop."""
        if self._loop is None:
            self._loop = GeventLoop()
            self._threads = ThreadPool(RELAY_THREADS)
        return self._loop

    def spawn(self, function: Callable[..., object], *args: Any) -> object:
        """Run ``function`` in a native thread that ends with the process."""
        assert self._threads is not None
        return self._threads.spawn(function, *args)


class SharedCounts:
    """A process' share in the metrics that uWSGI keeps for all workers, and shows in its statistics.

    uWSGI keeps those that its options name: ``metric = name=djng.sockets,type=gauge`` and so on; it passes over others.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._told = dict.fromkeys(names(), 0)
        self._kept = bool(uwsgi.metric_inc('djng.sockets', 0))

    def share(self) -> None:
        """Tell uWSGI by how much each count has changed since it was told last."""
        for name, value in self._counts.values().items():
            change, self._told[name] = value - self._told[name], value
            if change:
                move = uwsgi.metric_inc if change > 0 else uwsgi.metric_dec
                move(f'djng.{name}', abs(change))

    def totals(self) -> dict[str, int] | None:
        """Return the counts of all workers together; None where uWSGI does not keep them."""
        self.share()
        return {name: uwsgi.metric_get(f'djng.{name}') for name in names()} if self._kept else None


class uWSGIWebsocketServer(RelayServer):
    """The WSGI application that opens sockets under uWSGI with ``--gevent``.

    A request lasts until its socket is open: uWSGI's cores, whose number ``--gevent`` gives, are needed for handshakes
    only. Nothing of uWSGI's own WebSocket code is used: 2.0.31 crashes on a stray continuation frame and mixes the
    fragments of two clients.
    """

    primitives = GeventPrimitives()

    def __init__(self, redis_connection: Any = None) -> None:
        super().__init__(redis_connection)
        self._handshakes: ThreadPool | None = None

    def made(self, relay: ProcessRelay) -> None:
        """Have the sockets told when uWSGI ends or reloads this worker."""
        self._shared = SharedCounts(relay.counts)
        relay.on_tick = self._shared.share
        uwsgi.atexit = partial(self._end, relay)

    def _end(self, relay: ProcessRelay) -> None:
        relay.say_goodbye(gevent.sleep)
        relay.counts.sockets = 0
        self._shared.share()

    def totals(self) -> dict[str, int]:
        """Return the counts: of all workers where uWSGI keeps metrics of these names, else of this one alone."""
        own = super().totals()  # makes the relay, where there is none yet
        return self._shared.totals() or own

    def call_blocking(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call ``function`` in a native thread, while this greenlet alone waits."""
        if self._handshakes is None:
            self._handshakes = ThreadPool(HANDSHAKE_THREADS)
        # gevent prints what a thread raises, refusals too; so nothing is raised there.
        waiting = self._handshakes.spawn(_outcome, function, *args)
        try:
            result, error = waiting.get(timeout=HANDSHAKE_TIMEOUT)
        except gevent.Timeout:
            waiting.rawlink(_too_late)
            raise TimeoutError(f'no answer within {HANDSHAKE_TIMEOUT} s') from None
        if error is not None:
            raise error
        return result

    def take_over(self, environ: dict[str, Any], start_response: Any) -> tuple[Any, bytes]:
        """Take the connection from uWSGI, which closes no more than its own descriptor of it."""
        # A native socket, which never waits, also where gevent has patched that module.
        return get_original('socket', 'socket')(fileno=os.dup(uwsgi.connection_fd())), b''

    def leave(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """End the request with nothing said: the answer was written to the connection."""
        return []
