"""djng under uWSGI as these tests start it: what its workers hold, and whether they go on serving pages."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers import PATIENCE, ROOT, UWSGI, Redis, Server, eventually, free_port

#: Seconds in which a page is served whatever happens to Redis and to other browsers; more on a slow machine.
AT_ONCE = PATIENCE / 20


class Workers(Server):
    """uWSGI with ``processes`` workers of 20 gevent cores each, sockets and pages in one application."""

    def __init__(
        self, redis_port: int, *, processes: int = 1, connection: dict[str, Any] | None = None, **settings: Any
    ):
        self.port = free_port()
        self._redis_port = redis_port
        settings['WS4REDIS_CONNECTION'] = {'host': '127.0.0.1', 'port': redis_port, **(connection or {})}
        command = [UWSGI, '--http-socket', f'127.0.0.1:{self.port}', '--gevent', '20', '--master', '--die-on-term']
        command += ['--listen', '1024', '--processes', str(processes), '--wsgi-file', 'tests/faults/wsgi.py']
        super().__init__(
            [*command, '--disable-logging'],
            env={'PYTHONPATH': str(ROOT), 'TESTS_SETTINGS': json.dumps(settings)},
        )
        self.wait_for(self._serves, 'uWSGI')

    def _serves(self) -> bool:
        try:
            return self.page() == 200
        except OSError:
            return False

    def page(self, patience: float = PATIENCE) -> int:
        """Ask for a page on a connection of its own, and return the status."""
        return self._get('/hello/', patience)[0]

    def greenlets(self) -> int:
        """Return how many greenlets there are in the worker that answers."""
        return int(self._get('/greenlets/')[1])

    def counted(self, name: str) -> int:
        """Return what the worker that answers has counted as ``name``; its settings must allow that."""
        status, page = self._get('/ws/-/metrics')
        assert status == 200
        (count,) = re.findall(rf'^{name} (\d+)$', page, re.MULTILINE)
        return int(count)

    def _get(self, path: str, patience: float = PATIENCE) -> tuple[int, str]:
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=patience)
        try:
            connection.request('GET', path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def url(self, path: str) -> str:
        """Return the WebSocket URL of ``path`` below WEBSOCKET_URL."""
        return f'ws://127.0.0.1:{self.port}/ws/{path}'

    def workers(self) -> list[Process]:
        """Return the processes that serve, without their master."""
        found = []
        for stat in Path('/proc').glob('[0-9]*/stat'):
            with contextlib.suppress(OSError):
                # proc(5): the name, in brackets, may hold anything; behind it come state and parent.
                if int(stat.read_text().rpartition(')')[2].split()[1]) == self.pid:
                    found.append(Process(int(stat.parent.name), self._redis_port))
        return found

    @contextlib.contextmanager
    def serving_pages(self) -> Iterator[None]:
        """Ask for pages all through the block, and fail if any takes longer than :data:`AT_ONCE`."""
        ends = threading.Event()
        slowest: list[float] = []
        faults: list[Exception] = []

        def ask() -> None:
            while not ends.wait(0.02):
                begin = time.monotonic()
                try:
                    assert self.page() == 200
                except Exception as error:
                    faults.append(error)
                slowest.append(time.monotonic() - begin)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
            eventually(lambda: slowest, 'a page')
        finally:
            ends.set()
            thread.join()
        assert not faults
        assert max(slowest) < AT_ONCE, f'a page took {max(slowest):.2f} s'


class Process:
    """What one worker holds."""

    def __init__(self, pid: int, redis_port: int) -> None:
        self.pid = pid
        self._proc = Path(f'/proc/{pid}')
        self._redis_port = redis_port

    def descriptors(self) -> int:
        """Return how many file descriptors are open, without those that lead to Redis.

        Their pool opens another one whenever two threads need one in the same moment, and keeps it.
        """
        pool = set()
        for line in (self._proc / 'net' / 'tcp').read_text().splitlines()[1:]:
            fields = line.split()  # proc_pid_net(5): the remote address is the third, the inode the tenth
            if int(fields[2].partition(':')[2], 16) == self._redis_port:
                pool.add(f'socket:[{fields[9]}]')
        return sum(name not in pool for name in self.files())

    def files(self) -> list[str]:
        """Return what the file descriptors lead to."""
        names = []
        for link in (self._proc / 'fd').iterdir():
            with contextlib.suppress(OSError):  # it has been closed meanwhile
                names.append(os.readlink(link))
        return names

    def threads(self) -> int:
        """Return how many native threads there are."""
        return len(os.listdir(self._proc / 'task'))

    def memory(self) -> int:
        """Return the resident bytes."""
        return int((self._proc / 'statm').read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE')


@contextlib.contextmanager
def serving(redis_port: int, **options: Any) -> Iterator[Workers]:
    """Workers that end with the block; their log is shown if it fails."""
    workers = Workers(redis_port, **options)
    try:
        yield workers
    finally:
        workers.stop()
        print(workers.output())


def subscribed_clients(redis_server: Redis) -> list[dict[str, str]]:
    """Return the clients of Redis that have subscribed to anything."""
    return [client for client in redis_server.client.client_list() if client['sub'] != '0']
