"""``examples/run`` as a newcomer types it, in a clone; only what pip would install is borrowed from these tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.deployment.visitors import declare_any, serve
from tests.servers import PATIENCE, ROOT, UWSGI, WebServer, eventually, free_port


class Demo(WebServer):
    """What ``examples/run`` serves."""

    def __init__(self, clone: Path, *arguments: str) -> None:
        self.port = free_port()
        command = [sys.executable, 'examples/run', *arguments, f'127.0.0.1:{self.port}']
        # Nothing may lead it to the code, or to the Redis, of the tests.
        env = {'PYTHONPATH': '', 'DJANGO_SETTINGS_MODULE': 'settings', 'REDIS_URL': ''}
        super().__init__(command, cwd=clone, env=env)
        self.wait_for(self.serves, 'the demo', 3 * PATIENCE)


@pytest.fixture(scope='module')
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose environment is made already."""
    folder = tmp_path_factory.mktemp('clone')
    left = shutil.ignore_patterns('.venv', '*.sqlite3', '__pycache__')
    for name in ('djng', 'examples'):
        shutil.copytree(ROOT / name, folder / name, ignore=left)
    declare_any(folder / 'examples' / 'demo' / 'facilities.py')
    for name in ('setup.py', 'pyproject.toml', 'README.md'):
        shutil.copy(ROOT / name, folder)
    home = folder / 'examples' / '.venv'
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', str(home)], check=True)
    packages = sysconfig.get_path('purelib', vars={'base': str(home), 'platbase': str(home)})
    Path(packages, 'borrowed.pth').write_text(f'{folder}\n{sysconfig.get_path("purelib")}\n')
    uwsgi = home / 'bin' / 'uwsgi'
    if Path(UWSGI).read_bytes().startswith(b'#!'):
        _, _, script = Path(UWSGI).read_text().partition('\n')
        uwsgi.write_text(f'#!{home}/bin/python\n{script}')
        uwsgi.chmod(0o755)
    else:  # compiled
        uwsgi.symlink_to(UWSGI)
    stamp = 'from launch import environment; environment.STAMP.write_text(environment._recipe())'
    subprocess.run([sys.executable, '-c', stamp], cwd=folder / 'examples', check=True)
    return folder


@pytest.mark.parametrize('arguments', [[], ['uwsgi']], ids=['runserver', 'uwsgi'])
def test_one_command_serves_the_demo(clone: Path, arguments: list[str]) -> None:
    """It starts a Redis of its own, serves pages, static files and sockets, and Ctrl-C ends all of it."""
    demo = Demo(clone, *arguments)
    try:
        serve(demo)
        started = re.search(r'embedded Valkey: redis://127\.0\.0\.1:(\d+)/', demo.output())
        assert started
        os.kill(demo.pid, signal.SIGINT)
        assert demo.wait() == 0
        for port in (int(started[1]), demo.port):
            eventually(lambda port=port: _is_free(port), f'the end of what listened at {port}')
    finally:
        demo.stop()
        print(demo.output())


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(('127.0.0.1', port)) != 0
