"""Sockets and pages in one process, dispatched by WEBSOCKET_URL, as uWSGI serves them in these tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from typing import Any

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tests.settings')

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from greenlet import greenlet

from djng.uwsgi_runserver import uWSGIWebsocketServer

_django_app = get_wsgi_application()
_websocket_app = uWSGIWebsocketServer()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Open sockets below WEBSOCKET_URL, and serve the project's pages elsewhere."""
    if environ['PATH_INFO'] == '/greenlets/':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        gc.collect()
        return [str(sum(isinstance(thing, greenlet) for thing in gc.get_objects())).encode()]
    if environ['PATH_INFO'].startswith(settings.WEBSOCKET_URL):
        return _websocket_app(environ, start_response)
    return _django_app(environ, start_response)
