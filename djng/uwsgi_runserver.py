"""uWSGI's and gevent's coat on the relay: WebSockets in production.

Used as ws4redis documents its own: ``application = uWSGIWebsocketServer()`` in a ``wsgi_websocket.py`` that is started
with ``uwsgi --gevent N``, alone or dispatched by ``WEBSOCKET_URL`` beside Django.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import gevent
import uwsgi
from gevent.monkey import get_original

from djng.deciders import Call, Deciders
from djng.greenlets import GeventPrimitives, use_native_sockets
from djng.redis_store import make_client
from djng.relay import lookups
from djng.relay.counts import Counts, names
from djng.relay.handshake import Answer
from djng.relay.process import ProcessRelay
from djng.relay.server import RelayServer
from djng.relay.visitor import Visitor

__all__ = ['uWSGIWebsocketServer']


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
        self._deciders: Deciders | None = None

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
        if self._deciders is None:
            self._deciders = Deciders(
                self.primitives.loop(),
                prepare=self._prepare,
                around=lookups.database,
                on_late=_release,
                # Half of uWSGI's cores are left to the pages.
                limit=max(1, int(uwsgi.opt.get('gevent', b'2')) // 2),
            )
        return self._deciders.call(function, *args)

    def _prepare(self, calls: Sequence[Call]) -> None:
        self.prepare([call.args[0] for call in calls if call.function == self.admit])

    def take_over(self, environ: dict[str, Any], start_response: Any, answer: Answer) -> tuple[Any, bytes]:
        """Have uWSGI write the answer, so that it logs it; then take the connection, of which it closes its own end."""
        start_response(answer.status, answer.headers)(b'')
        # A native socket, which never waits, also where gevent has patched that module.
        return get_original('socket', 'socket')(fileno=os.dup(uwsgi.connection_fd())), b''

    def leave(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """End the request: the answer was written."""
        return []


def _release(result: Any) -> None:
    if isinstance(result, Visitor):
        result.subscriber.release()
