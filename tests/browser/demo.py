"""The demo, served for real: it can be killed, and comes back on the same port."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.servers import ROOT, Server, free_port

MANAGE = [sys.executable, str(ROOT / 'examples' / 'manage.py')]


class Demo:
    """``examples/manage.py runserver`` on ``database``, which is migrated first."""

    def __init__(self, redis_port: int, database: Path, **env: str) -> None:
        self.port = free_port()
        #: What makes a process one of this demo.
        self.environment = {
            'DJANGO_SETTINGS_MODULE': 'tests.browser.demo_settings',
            'PYTHONPATH': str(ROOT),
            'PYTHONUNBUFFERED': '1',
            'REDIS_URL': f'redis://127.0.0.1:{redis_port}/0',
            'TESTS_DEMO_DATABASE': str(database),
            **env,
        }
        self._server: Server | None = None
        self._past = ''
        migrate = Server([*MANAGE, 'migrate', '--verbosity', '0'], env=self.environment)
        try:
            status = migrate.wait()
        finally:
            migrate.stop()
        assert status == 0, migrate.output()

    def start(self) -> None:
        """Serve, unless it serves already; return when it accepts connections."""
        if self._server is None:
            server = Server([*MANAGE, 'runserver', '--noreload', f'127.0.0.1:{self.port}'], env=self.environment)
            # Not by a connection: the port could still be another's.
            server.wait_for(lambda: f'127.0.0.1:{self.port}' in server.output(), 'the demo')
            self._server = server

    def kill(self) -> None:
        """End it without a goodbye to anybody."""
        if self._server is not None:
            self._server.stop(signal.SIGKILL)
            self._past += self._server.output()
            self._server = None

    def output(self) -> str:
        """Return what it has printed up to now."""
        return self._past + (self._server.output() if self._server else '')

    def url(self, path: str) -> str:
        """Return the address of a page."""
        return f'http://127.0.0.1:{self.port}{path}'
