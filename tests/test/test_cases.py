"""Authors' test cases: what the documentation shows, run by ``manage.py test`` and by pytest, and what goes wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import LiveServerTestCase, TestCase

from djng.collection import Collection
from djng.test import BindingMixin, BindingTestCase, NoRedis
from tests.servers import ROOT, Redis, free_port
from tests.test_docs import DOCS, read, shown

SETTINGS = """
INSTALLED_APPS += ['ws4redis', 'djng', 'scores']
WEBSOCKET_URL = '/ws/'
WS4REDIS_CONNECTION = {{'host': '127.0.0.1', 'port': {port}}}
"""

APPS = """
from django.apps import AppConfig


class ScoresConfig(AppConfig):
    name = 'scores'
    default_auto_field = 'django.db.models.BigAutoField'

    def ready(self):
        from scores import receivers
"""

Run = Callable[..., 'subprocess.CompletedProcess[str]']


@pytest.fixture(scope='module')
def project(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project made by ``startproject`` and the snippets of the page on testing, and nothing else."""
    folder = tmp_path_factory.mktemp('project')
    subprocess.run([sys.executable, '-m', 'django', 'startproject', 'mysite', folder], check=True)
    settings = folder / 'mysite' / 'settings.py'
    settings.write_text(read(settings) + SETTINGS.format(port=redis_server.port))
    (folder / 'scores' / 'migrations').mkdir(parents=True)
    for name in ('scores/__init__.py', 'scores/migrations/__init__.py'):
        (folder / name).touch()
    (folder / 'scores' / 'apps.py').write_text(APPS)
    for code in shown(DOCS / 'testing.rst', 'python'):
        if name := re.match(r'# (\S+\.py)\n', code):
            (folder / name[1]).write_text(code)
    (folder / 'pytest.ini').write_text('[pytest]\nDJANGO_SETTINGS_MODULE = mysite.settings\naddopts = -p no:valkey\n')
    done = run_in(folder, 'manage.py', 'makemigrations', 'scores')
    assert done.returncode == 0, done.stderr
    return folder


def run_in(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a project."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(('DJANGO', 'PYTEST', 'TESTS'))}
    command = [sys.executable, '-W', 'error::ResourceWarning', *arguments]
    env['PYTHONPATH'] = f'{project}{os.pathsep}{ROOT}'
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=100)


@pytest.fixture
def run(project: Path, redis_clean: Redis) -> Run:
    """Run Python in the project, on an empty Redis."""
    return partial(run_in, project)


def test_what_is_shown(run: Run, redis_clean: Redis) -> None:
    """The example of the page passes as written, with the database in memory, and leaves nothing in Redis."""
    done = run('manage.py', 'test', '--noinput')
    assert done.returncode == 0, done.stderr
    assert 'Ran 5 tests' in done.stderr
    assert done.stderr.count('Exception') == 0, done.stderr
    assert redis_clean.client.keys() == []


def test_what_is_shown_under_pytest(run: Run) -> None:
    """Under pytest-django it passes, too, and so does the test that is a function."""
    done = run('-m', 'pytest', '-q', 'scores/tests.py', 'test_scores.py')
    assert done.returncode == 0, done.stdout
    assert '6 passed' in done.stdout


def test_a_database_on_disk(run: Run, project: Path) -> None:
    """It passes where each thread has a connection of its own."""
    (project / 'on_disk.py').write_text(
        "from mysite.settings import *\nDATABASES['default']['TEST'] = {'NAME': BASE_DIR / 'test.sqlite3'}\n"
    )
    done = run('manage.py', 'test', '--noinput', '--settings', 'on_disk')
    assert done.returncode == 0, done.stderr


def test_in_parallel(run: Run, project: Path, redis_clean: Redis) -> None:
    """Several processes test at once, none of which hears another."""
    code = read(project / 'scores' / 'tests.py')
    for number in range(2):
        (project / 'scores' / f'again_{number}.py').write_text(code)
    done = run('manage.py', 'test', '--noinput', '--parallel', '2', '--pattern', 'again_*.py')
    assert done.returncode == 0, done.stderr
    assert 'Ran 10 tests' in done.stderr
    assert redis_clean.client.keys() == []


def test_no_redis(run: Run, project: Path) -> None:
    """Without Redis each test is in error, with advice, and none hangs."""
    (project / 'no_redis.py').write_text(
        f"from mysite.settings import *\nWS4REDIS_CONNECTION = {{'port': {free_port()}}}\n"
    )
    done = run('manage.py', 'test', '--noinput', '--settings', 'no_redis')
    assert done.returncode == 1
    assert 'FAILED (errors=5)' in done.stderr
    assert 'djng.test.place.NoRedis: djng.test needs a Redis or Valkey. WS4REDIS_CONNECTION names' in done.stderr


@pytest.mark.usefixtures('on_redis')
class TestCases(BindingTestCase):
    """In this process, under pytest."""

    def test_pages(self) -> None:
        """The live server serves pages beside sockets."""
        self.bind('scores')['home'] = 1
        self.assert_converged()
        with urlopen(f'{self.live_server_url}/hello/') as page:
            assert page.read() == b'hello'
        assert self.live_server_url == self.browsers.url

    def test_one_test_does_not_hear_another(self) -> None:
        """Each test begins with empty collections, and with no browsers."""
        assert dict(Collection('scores', broadcast=True)) == {}
        assert self.bind('scores') == {}

    async def test_async(self) -> None:
        """A test may be async; what blocks is called in Django's thread."""
        mary = await sync_to_async(self.bind)('scores', user=await User.objects.acreate(username='mary'))
        await Collection('scores', broadcast=True).aset('home', 1)
        await sync_to_async(self.assert_converged)()
        assert mary == {'home': 1}

    def test_users(self) -> None:
        """Users are those of the test's database."""
        mary = self.bind('scores', ['subscribe-user', 'publish-user'], user=User.objects.create_user('mary'))
        mary['home'] = 1
        self.assert_converged()
        self.wait_until(lambda: Collection('scores', users='mary') == {'home': 1})
        assert self.run_receivers() == 0


def result_of(case: type[Any], name: str) -> unittest.TestResult:
    """Run one test of a class, and return what came of it."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromName(name, case).run(result)
    return result


def test_an_error(settings: Any, transactional_db: None) -> None:
    """A test that cannot have its browsers is in error, and those of others go on."""

    class Case(BindingMixin, LiveServerTestCase):
        def test_nothing(self) -> None:
            raise AssertionError('it was run')

    settings.WS4REDIS_CONNECTION = {'host': '127.0.0.1', 'port': free_port()}
    result = result_of(Case, 'test_nothing')
    assert result.testsRun == 1
    [(_, told)] = result.errors
    assert NoRedis.__name__ in told


def test_in_a_test_case_with_a_transaction() -> None:
    """Whoever mixes browsers into a TestCase is told at once what to take instead."""

    class Case(BindingMixin, TestCase):
        def test_nothing(self) -> None:
            raise AssertionError('it was run')

    result = result_of(Case, 'test_nothing')
    [(_, told)] = result.errors
    assert 'Case is made of a LiveServerTestCase' in told
