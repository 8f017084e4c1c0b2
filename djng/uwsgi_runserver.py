"""uWSGI's and gevent's coat on the relay: WebSockets in production.

Used as ws4redis documents its own: ``application = uWSGIWebsocketServer()`` in a ``wsgi_websocket.py`` that is started
with ``uwsgi --gevent N``, alone or dispatched by ``WEBSOCKET_URL`` beside Django.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import gevent
import uwsgi
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

from djng.greenlets import GeventPrimitives, use_native_sockets
from djng.redis_store import make_client
from djng.relay.counts import Counts, names
from djng.relay.handshake import Answer
from djng.relay.process import ProcessRelay
from djng.relay.server import RelayServer
from djng.relay.visitor import Visitor

__all__ = ['uWSGIWebsocketServer']

#: Threads for handshakes that look things up (sessions, users, a project's own callback), at the least.
HANDSHAKE_THREADS = 16

#: Seconds after which a handshake that is not decided yet is a sign that something hangs.
STALL = 0.5

#: Seconds that a handshake may take to decide who may hear what.
HANDSHAKE_TIMEOUT = 10.0


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
        super().__init__(redis_connection or use_native_sockets(make_client()))
        self._handshakes: ThreadPool | None = None
        # When those that are waiting began to.
        self._waiting: dict[object, float] = {}
        self._waiting_limit = max(1, int(uwsgi.opt.get('gevent', b'2')) // 2)

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
            # More threads than cores: those of handshakes that were given up go on for a while, and spawn() would wait.
            self._handshakes = ThreadPool(max(HANDSHAKE_THREADS, 8 * self._waiting_limit))
        # Handshakes that wait, for a Redis that hangs, say, must leave half of uWSGI's cores to the pages. A crowd that
        # comes at once is none of that: the first of it has not waited for long.
        now = time.monotonic()
        if len(self._waiting) >= self._waiting_limit and now - min(self._waiting.values()) > STALL:
            raise TimeoutError('too many handshakes are waiting')
        ticket = object()
        self._waiting[ticket] = now
        try:
            return self._call_in_thread(function, *args)
        finally:
            del self._waiting[ticket]

    def _call_in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        assert self._handshakes is not None
        # gevent prints what a thread raises, refusals too; so nothing is raised there.
        waiting = self._handshakes.spawn(_outcome, function, *args)
        # A crowd takes all cores for a moment; of those that still wait then, half give theirs back.
        if not waiting.wait(STALL) and len(self._waiting) <= self._waiting_limit:
            waiting.wait(HANDSHAKE_TIMEOUT - STALL)
        if not waiting.ready():
            waiting.rawlink(_too_late)
            raise TimeoutError('it was not decided in time')
        result, error = waiting.get()
        if error is not None:
            raise error
        return result

    def take_over(self, environ: dict[str, Any], start_response: Any, answer: Answer) -> tuple[Any, bytes]:
        """Have uWSGI write the answer, so that it logs it; then take the connection, of which it closes its own end."""
        start_response(answer.status, answer.headers)(b'')
        # A native socket, which never waits, also where gevent has patched that module.
        return get_original('socket', 'socket')(fileno=os.dup(uwsgi.connection_fd())), b''

    def leave(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """End the request: the answer was written."""
        return []


def _outcome(function: Callable[..., Any], *args: Any) -> tuple[Any, BaseException | None]:
    try:
        return function(*args), None
    except BaseException as error:
        return None, error


def _too_late(waiting: Any) -> None:
    result, _ = waiting.value
    if isinstance(result, Visitor):
        result.subscriber.release()
