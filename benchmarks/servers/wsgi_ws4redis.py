"""ws4redis under uWSGI, as its documentation has it."""

import gevent.socket
import redis.connection

# ws4redis' documentation asks for this: its sockets wait for Redis with gevent.
redis.connection.socket = gevent.socket

from ws4redis.uwsgi_runserver import uWSGIWebsocketServer  # noqa: E402

application = uWSGIWebsocketServer()
