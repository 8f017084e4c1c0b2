"""A Redis that can be killed and comes back with everything that it has acknowledged."""

from __future__ import annotations

import signal
import tempfile

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers import Server, free_port, valkey_binary


class DurableRedis:
    """Writes each command to disk before it answers (``appendfsync always``)."""

    def __init__(self) -> None:
        self.port = free_port()
        self.client = redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0))
        self._directory = tempfile.TemporaryDirectory()
        self._server: Server | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {'port': self.port, 'bind': '127.0.0.1', 'save': '', 'dir': self._directory.name}
        options |= {'appendonly': 'yes', 'appendfsync': 'always'}
        command = [word for name, value in options.items() for word in (f'--{name}', str(value))]
        self._server = Server([valkey_binary(), *command])
        self._server.wait_for(self._answers, 'Redis')

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.exceptions.RedisError:  # while it reads its file, too
            return False

    def kill(self) -> None:
        """End it at once."""
        assert self._server
        self._server.stop(signal.SIGKILL)

    def stop(self) -> None:
        """End it, and forget what it kept."""
        self.client.close()
        self.kill()
        self._directory.cleanup()
