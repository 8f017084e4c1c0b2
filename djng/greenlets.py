"""What gevent lends to the relay: its loop for the sockets, and native threads, beside it, for all that blocks."""

from __future__ import annotations

import _queue
import time
from collections.abc import Callable
from typing import Any

import gevent
import redis
from django.core.exceptions import ImproperlyConfigured
from gevent.monkey import get_original, is_module_patched
from gevent.threadpool import ThreadPool
from redis.connection import Connection, SSLConnection

from djng.relay.clerk import MOST_THREADS

#: Threads for what the relay spawns: the hub's reader and commands, the way out, what refills gaps, what examines
#: changes.
RELAY_THREADS = 8 + MOST_THREADS


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
    lock = staticmethod(get_original('_thread', 'allocate_lock'))
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


class NativeConnection(Connection):
    """redis-py's TCP connection on a native socket.

    Connections go from thread to thread, and a socket of gevent's is bound to the one that it was made in. redis-py
    makes such sockets where gevent has patched :mod:`socket`, or where a project follows ws4redis' instructions
    (``redis.connection.socket = gevent.socket``).
    """

    def _connect(self) -> Any:
        return native(super()._connect())  # type: ignore[no-untyped-call]


def native(sock: Any) -> Any:
    """Return ``sock``, made over into a native socket where it is one of gevent's."""
    cls = get_original('socket', 'socket')
    if isinstance(sock, cls):
        return sock
    timeout = sock.gettimeout()
    made_over = cls(fileno=sock.detach())
    made_over.settimeout(timeout)
    return made_over


def use_native_sockets(client: redis.Redis) -> redis.Redis:
    """Have ``client`` connect by native sockets only; return it.

    Raises :exc:`ImproperlyConfigured` for TLS where gevent has patched :mod:`ssl`, whose sockets cannot be made over.
    """
    pool = client.connection_pool
    cls = pool.connection_class
    if issubclass(cls, SSLConnection):
        if is_module_patched('ssl'):
            raise ImproperlyConfigured(
                'WS4REDIS_CONNECTION asks for TLS, which needs the ssl module as it is: start uWSGI without '
                '--gevent-monkey-patch, or patch with gevent.monkey.patch_all(ssl=False). djng needs nothing patched.'
            )
        pool.connection_class = type(cls.__name__, (cls, NativeConnection), {})
    elif cls is Connection:
        pool.connection_class = NativeConnection
    else:
        pool.connection_class = type(cls.__name__, (cls,), {'_connect': lambda self: native(cls._connect(self))})
    return client
