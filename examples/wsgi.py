"""Pages and WebSockets in one uWSGI, started with --gevent."""

import os

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from djng.uwsgi_runserver import uWSGIWebsocketServer

_django_app = get_wsgi_application()
_websocket_app = uWSGIWebsocketServer()


def application(environ, start_response):
    """Open sockets below WEBSOCKET_URL, and serve the project's pages elsewhere."""
    if environ.get('PATH_INFO', '').startswith(settings.WEBSOCKET_URL):
        return _websocket_app(environ, start_response)
    return _django_app(environ, start_response)
