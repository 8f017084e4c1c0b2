"""A copy of the examples for the tests to start, and a Redis of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.deployment.visitors import declare_any
from tests.servers import ROOT, Redis

#: What the wheel needs in an .ini, and uWSGI from source must not have: examples/uwsgi.ini says why.
WHEEL_ONLY = re.compile(r'if-env = VIRTUAL_ENV\nbinary-path.*\nendif =\n')


@pytest.fixture(scope='package')
def redis_alone() -> Iterator[Redis]:
    """A Redis with no clients but those of these tests."""
    server = Redis()
    yield server
    server.stop()


@pytest.fixture(scope='package')
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples as a clone has them, with static files collected."""
    folder = tmp_path_factory.mktemp('examples')
    left = shutil.ignore_patterns('.venv', '*.sqlite3', '__pycache__')
    shutil.copytree(ROOT / 'examples', folder, ignore=left, dirs_exist_ok=True)
    declare_any(folder / 'demo' / 'facilities.py')
    shutil.rmtree(folder / 'var')
    (folder / 'var').mkdir()
    if find_spec('pyuwsgi') is None:
        for ini in folder.rglob('*.ini'):
            ini.write_text(WHEEL_ONLY.sub('', ini.read_text()))
    collect = [sys.executable, 'manage.py', 'collectstatic', '--no-input', '--verbosity', '0']
    env = {**os.environ, 'DJANGO_SETTINGS_MODULE': 'settings', 'PYTHONPATH': str(ROOT)}
    subprocess.run(collect, cwd=folder, env=env, check=True)
    return folder
