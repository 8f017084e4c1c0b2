"""``manage.py runserver``'s coat on the relay: WebSockets beside the project's pages, for development.

Named by the setting ``WSGI_APPLICATION = 'djng.django_runserver.application'``.
"""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from djng.conf import websocket_url
from djng.relay.handshake import Answer
from djng.relay.server import RelayServer
from djng.worker.along import run_along

__all__ = ['ThreadPrimitives', 'WebsocketRunServer', 'application']


class ThreadPrimitives:
    """Threads, and one :mod:`asyncio` loop in a thread of its own: :class:`djng.relay.primitives.Primitives`."""

    event = threading.Event
    lock = staticmethod(threading.Lock)
    queue: Callable[[], Any] = queue.SimpleQueue
    sleep = staticmethod(time.sleep)

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop, started when it is first asked for."""
        if self._loop is None:
            # The one kind of loop that can watch sockets for reading and writing on every platform.
            self._loop = asyncio.SelectorEventLoop()
            self.spawn(self._loop.run_forever)
        return self._loop

    def spawn(self, function: Callable[..., object], *args: Any) -> threading.Thread:
        """Run ``function`` in a thread that ends with the process."""
        thread = threading.Thread(target=function, args=args, name=f'djng {function.__name__}', daemon=True)
        thread.start()
        return thread


class WebsocketRunServer(RelayServer):
    """The WSGI application that opens sockets under ``runserver``, whichever app provides that command."""

    primitives = ThreadPrimitives()

    def take_over(self, environ: dict[str, Any], start_response: Any, answer: Answer) -> tuple[socket.socket, bytes]:
        """Take the connection out of :mod:`wsgiref`, on which ``runserver`` is built.

        WSGI has no word for this. ``start_response`` is a method of wsgiref's handler of this request, which knows the
        request handler of :mod:`socketserver`, whose connection it is; all of these are public attributes.
        """
        try:
            handler = start_response.__self__.request_handler
            connection: socket.socket = handler.connection
        except AttributeError:
            raise RuntimeError(
                'WebSockets need the connection that runserver hands to WSGI_APPLICATION; '
                'a middleware around djng.django_runserver.application, or another server, hides it.'
            ) from None
        timeout = connection.gettimeout()
        connection.setblocking(False)
        early = handler.rfile.read1() or b''
        handler.log_request(101, '-')
        handler.close_connection = True
        # From here on wsgiref and socketserver hold a socket object without a descriptor, and can't shut it down.
        taken = socket.socket(fileno=connection.detach())
        try:
            taken.settimeout(timeout)
            taken.sendall(bytes(answer))
        except BaseException:
            taken.close()
            raise
        return taken, early

    def leave(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """End the request in the one way in which wsgiref neither answers nor complains: the client is gone to it."""
        raise ConnectionAbortedError('the WebSocket lives on the relay now')


_django_app = get_wsgi_application()
if not apps.is_installed('djng'):
    raise ImproperlyConfigured("Add 'djng' to INSTALLED_APPS to use djng.django_runserver.")
_websocket_app = WebsocketRunServer()
run_along()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Open sockets below ``WEBSOCKET_URL``, and serve the project's pages elsewhere."""
    if environ.get('PATH_INFO', '').startswith(websocket_url()):
        return _websocket_app(environ, start_response)
    return _django_app(environ, start_response)
