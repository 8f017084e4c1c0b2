"""What is measured: how each relay is installed, started, spoken to, and published to."""

import getpass
import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path

from benchmarks import environment
from benchmarks.environment import BENCHMARKS, CLONE, Missing
from tests.servers import Server, free_port

SERVERS = BENCHMARKS / 'servers'

#: Stands for a message where a library is asked how it would publish one; as long as a message of load.c.
PLACEHOLDER = '#' * 100

#: Handshakes that may wait to be accepted.
BACKLOG = int(Path('/proc/sys/net/core/somaxconn').read_text())


class Peer:
    """A relay to measure; a new one is made for each number of sockets."""

    name: str
    #: What the tables call it.
    title: str
    #: What a reader of the tables has to know about it.
    note = ''
    #: Where its sockets are opened.
    path = '/ws/foobar'

    def __init__(self, redis_port, sockets):
        self.redis_port = redis_port
        self.sockets = sockets
        self.port = free_port()
        self._directory = tempfile.TemporaryDirectory()
        self.home = Path(self._directory.name)

    @classmethod
    def versions(cls):
        """Return what was installed, each with its version."""
        raise NotImplementedError

    def start(self):
        """Start it and return the process, which the caller stops; raises :exc:`Missing` where that is impossible."""
        server = Server(self.command(), env=self.environment())
        server.wait_for(self._listens, self.title)
        return server

    def close(self):
        """Forget what it wrote to disk."""
        self._directory.cleanup()

    def command(self):
        """Return what starts it; installs it before."""
        raise NotImplementedError

    def environment(self):
        """Return the environment variables that it is started with."""
        return {}

    def publishing(self):
        """Return the options that let load.c publish, and join where that takes a message."""
        return ['-r', str(self.redis_port), '-c', 'broadcast:foobar']

    def options(self):
        """Return all options of load.c for it."""
        return ['-u', f'127.0.0.1:{self.port}{self.path}', *self.publishing()]

    def _listens(self):
        with socket.socket() as sock:
            return sock.connect_ex(('127.0.0.1', self.port)) == 0

    def _published_as(self, *command):
        """Return options to publish what ``command`` prints for a placeholder: a channel, and bytes in hex."""
        printed = subprocess.run(  # noqa: S603
            [*command, PLACEHOLDER],
            env={**os.environ, **self.environment()},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        channel, message = printed.split()
        before, after = message.split(PLACEHOLDER.encode().hex())
        return ['-r', str(self.redis_port), '-c', channel, '-b', before, '-e', after]


class DjangoPeer(Peer):
    """A relay in a Django project; each socket's session is looked up in its database."""

    #: What it is called in environment.py and in servers/.
    project: str

    #: Whether WS4REDIS_HEARTBEAT is set.
    has_heartbeats = False

    def environment(self):
        """Return what servers/settings.py reads."""
        return {
            'BENCHMARK_PEER': self.project,
            'BENCHMARK_HEARTBEAT': '--heartbeat--' if self.has_heartbeats else '',
            'BENCHMARK_DATABASE': str(self.home / 'database.sqlite3'),
            'BENCHMARK_REDIS': str(self.redis_port),
            'DJANGO_SETTINGS_MODULE': 'benchmarks.servers.settings',
            'PYTHONPATH': str(CLONE),
        }

    @classmethod
    def versions(cls):
        """Return what was installed, each with its version."""
        return _output(environment.python(cls.project), str(SERVERS / 'versions.py'), *cls.packages)

    def python(self):
        """Return the Python that has it installed."""
        return environment.python(self.project)

    def options(self):
        """Return all options of load.c for it; makes the sessions, of which each socket has its own."""
        subprocess.run(  # noqa: S603
            [self.python(), '-m', 'benchmarks.servers.database', 'benchmark', str(self.sockets)],
            env={**os.environ, **self.environment()},
            check=True,
        )
        return [*super().options(), '-k', 'sessionid=benchmark']

    def uwsgi(self, cores):
        """Return what starts uWSGI with one worker that can do ``cores`` requests at a time."""
        return [
            str(Path(self.python()).parent / 'uwsgi'),
            *('--http-socket', f'127.0.0.1:{self.port}'),
            *('--gevent', str(cores)),
            *('--listen', str(BACKLOG)),
            *('--module', f'benchmarks.servers.wsgi_{self.project}'),
            '--need-app',
            '--die-on-term',
            '--disable-logging',
        ]


class Djng(DjangoPeer):
    """This project."""

    name = project = 'djng'
    title = 'djng, pyuwsgi'
    packages = ['Django', 'pyuwsgi', 'gevent', 'redis', 'websockets']
    note = 'one worker; with heartbeats'
    has_heartbeats = True
    path = '/ws/foobar?subscribe-broadcast'

    def command(self):
        """Return uWSGI with as many cores as the documentation says."""
        return self.uwsgi(100)


class Ws4redis(DjangoPeer):
    """What djng grew out of."""

    name = project = 'ws4redis'
    title = 'ws4redis 0.6.0, uWSGI'
    packages = ['Django', 'django-websocket-redis', 'uWSGI', 'gevent', 'redis']
    note = 'one worker; without heartbeats; its pool of Redis connections raised from 100 to 20,000'
    path = '/ws/foobar?subscribe-broadcast'

    def command(self):
        """Return uWSGI with a core for each socket."""
        if self.sockets > 500:
            # gevent.select.select() refuses others; beyond 510 sockets each is closed right after its handshake.
            raise Missing('a process holds 510: select() takes descriptors below 1024, two for each socket')
        return self.uwsgi(self.sockets + 100)


class BeatingWs4redis(Ws4redis):
    """The same with heartbeats, as its documentation has it; it then sends one after each message."""

    name = 'ws4redis-heartbeat'
    title = 'ws4redis, heartbeats'
    note = 'the same with WS4REDIS_HEARTBEAT, which it then sends after each message, too'
    has_heartbeats = True


class Channels(DjangoPeer):
    """Django's own."""

    name = project = 'channels'
    title = 'Channels 4, uvicorn'
    packages = ['Django', 'channels', 'channels_redis', 'uvicorn', 'uvloop', 'websockets']
    note = 'one worker with uvloop; the pub/sub layer of channels_redis'

    def command(self):
        """Return uvicorn with one worker."""
        return [
            *(self.python(), '-m', 'uvicorn', 'benchmarks.servers.asgi_channels:application'),
            *('--host', '127.0.0.1', '--port', str(self.port), '--backlog', str(BACKLOG)),
            *('--log-level', 'warning', '--no-access-log', '--lifespan', 'off'),
        ]

    def publishing(self):
        """Return options to publish what ``group_send`` does."""
        return self._published_as(self.python(), str(SERVERS / 'channels_message.py'))


class NodePeer(Peer):
    """A relay that runs in Node; nobody's session is looked up."""

    note = 'no session is looked up'
    packages: list[str]

    @classmethod
    def versions(cls):
        """Return what was installed, each with its version."""
        node, modules = environment.node()
        found = {name: json.loads(Path(modules, name, 'package.json').read_text()) for name in cls.packages}
        versions = ', '.join(f'{name} {package["version"]}' for name, package in found.items())
        return f'Node {_output(node, "--version").removeprefix("v")}, {versions}'

    def command(self):
        """Return Node with the server."""
        node, _ = environment.node()
        return [node, str(SERVERS / f'{self.name}.js'), str(self.port), str(self.redis_port)]

    def environment(self):
        """Return where Node finds packages."""
        return {'NODE_PATH': environment.node()[1], 'NODE_ENV': 'production'}


class Ws(NodePeer):
    """The usual WebSocket library of Node."""

    name = 'ws'
    title = 'ws 8, Node'
    packages = ['ws', 'redis']


class SocketIO(NodePeer):
    """The best known one."""

    name = 'socketio'
    title = 'Socket.IO 4, Node'
    packages = ['socket.io', '@socket.io/redis-adapter', '@socket.io/redis-emitter', 'redis']
    path = '/socket.io/?EIO=4&transport=websocket'

    def publishing(self):
        """Return options to publish what the Redis emitter does, and to join the default namespace."""
        node, _ = environment.node()
        return [*self._published_as(node, str(SERVERS / 'socketio_message.js')), '-j', '40', '-a', '40{']


class Nchan(Peer):
    """The one in C, inside nginx."""

    name = 'nchan'
    title = 'nchan, nginx'
    note = 'one worker; no session is looked up; published by HTTP'

    @classmethod
    def versions(cls):
        """Return what was installed, each with its version."""
        nginx = environment.program('nginx', 'nginx is not installed')
        module = _output('sh', '-c', "dpkg-query -f '${Version}' -W libnginx-mod-nchan 2>/dev/null || echo unknown")
        return f'{_output(nginx, "-v").removeprefix("nginx version: ")}, nchan {module}'

    def command(self):
        """Return nginx with a configuration of its own."""
        nginx = environment.program('nginx', 'nginx is not installed')
        module = Path('/usr/lib/nginx/modules/ngx_nchan_module.so')
        if not module.exists():
            raise Missing(f'nginx has no nchan here: there is no {module} (on Debian: libnginx-mod-nchan)')
        text = (SERVERS / 'nchan.conf').read_text()
        for name, value in {
            'MODULE': module,
            'HOME': self.home,
            'USER': getpass.getuser(),
            'PORT': self.port,
            'REDIS': self.redis_port,
        }.items():
            text = text.replace(f'@{name}@', str(value))
        configuration = self.home / 'nginx.conf'
        configuration.write_text(text)
        return [nginx, '-e', str(self.home / 'error.log'), '-c', str(configuration)]

    def publishing(self):
        """Return options to publish as nchan documents it."""
        return ['-p', f'127.0.0.1:{self.port}/publish']


def _output(*command):
    """Return what ``command`` prints, on whichever stream."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)  # noqa: S603
    return done.stdout.strip()


#: In the order in which they are measured.
PEERS = {peer.name: peer for peer in (Ws4redis, BeatingWs4redis, Djng, Ws, SocketIO, Channels, Nchan)}
