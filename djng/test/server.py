"""Django's live server for tests, with WebSockets below ``WEBSOCKET_URL``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from django.apps import apps
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connections
from django.test import LiveServerTestCase
from django.test.testcases import LiveServerThread

from djng.conf import websocket_url

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


#: Seconds after which the server's end is noticed; each test that has one of its own waits for it.
POLL = 0.02


class SocketServer(ThreadedWSGIServer):
    """Serves pages, and hands requests for sockets to whoever takes them."""

    #: Takes them; None where none are opened at the moment.
    sockets: Application | None = None

    def set_app(self, application: Any) -> None:
        """Have ``application`` serve the pages."""
        super().set_app(partial(self._serve, application))

    def serve_forever(self, poll_interval: float = POLL) -> None:
        """Serve until the end, which is noticed after so many seconds."""
        super().serve_forever(poll_interval)

    def _serve(self, pages: Application, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get('PATH_INFO', '').startswith(websocket_url()):
            return pages(environ, start_response)
        if self.sockets is None:
            start_response('503 Service Unavailable', [('Content-Type', 'text/plain')])
            return [b'no test is running']
        return self.sockets(environ, start_response)


class SocketServerThread(LiveServerThread):
    """The thread in which it runs."""

    server_class = SocketServer


@contextmanager
def live_server() -> Iterator[SocketServerThread]:
    """Start Django's live server, as :class:`~django.test.LiveServerTestCase` does, while the block runs."""
    shared = {
        connection.alias: connection
        for connection in cast('list[Any]', connections.all())
        # A database in memory is that of one connection.
        if connection.vendor == 'sqlite' and connection.is_in_memory_db()
    }
    for connection in shared.values():
        connection.inc_thread_sharing()
    thread = SocketServerThread('localhost', pages_handler(), connections_override=shared)
    thread.daemon = True
    thread.start()
    try:
        thread.is_ready.wait()
        if thread.error:
            raise thread.error
        yield thread
    finally:
        thread.terminate()
        for connection in shared.values():
            connection.dec_thread_sharing()


def pages_handler() -> Any:
    """Return what serves static files beside pages: as runserver does where it can, else those that were collected."""
    if not apps.is_installed('django.contrib.staticfiles'):
        return LiveServerTestCase.static_handler
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    return StaticFilesHandler
