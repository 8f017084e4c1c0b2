"""ws4redis' documented ``wsgi_websocket.py``, with ``ws4redis.`` replaced by ``djng.``."""

import os

import gevent.socket
import redis.connection

redis.connection.socket = gevent.socket  # type: ignore[attr-defined]
os.environ.update(DJANGO_SETTINGS_MODULE='settings')

from djng.uwsgi_runserver import uWSGIWebsocketServer  # noqa: E402

application = uWSGIWebsocketServer()
