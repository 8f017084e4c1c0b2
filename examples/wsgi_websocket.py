"""The WebSockets alone, for a uWSGI of their own, started with --gevent.

Nothing has to be patched: djng waits for Redis and the database in native threads.
"""

import os

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')

from djng.uwsgi_runserver import uWSGIWebsocketServer

application = uWSGIWebsocketServer()
