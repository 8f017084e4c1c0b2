"""djng under uWSGI, as docs/installation.rst has it."""

from djng.uwsgi_runserver import uWSGIWebsocketServer

application = uWSGIWebsocketServer()
