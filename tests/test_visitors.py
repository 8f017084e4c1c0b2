"""Who opens sockets under uWSGI: known by any session and as any user, and no more of them than may."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection
from ws4redis import settings as ws4redis_settings

from djng.redis_store import escape
from djng.relay.admission import SOCKETS_PER_SESSION
from djng.relay.visitor import BYTE_BURST, MESSAGE_BURST
from tests.faults import LONG
from tests.faults.browsers import BOTH, code_of_goodbye, heard, opened
from tests.faults.worker import AT_ONCE, Workers, serving
from tests.servers import PATIENCE, ROOT, Redis, eventually
from tests.settings import DATABASE


@contextlib.contextmanager
def opened_by(workers: Workers, cookie: str, path: str) -> Iterator[ClientConnection]:
    """A socket of a browser that shows ``cookie`` and is on a page of the same host."""
    origin: Any = f'http://127.0.0.1:{workers.port}'
    with opened(workers, path, origin=origin, additional_headers={'Cookie': cookie}) as websocket:
        yield websocket


def signed_in(user: User, name: str = 'sessionid') -> str:
    """Return the cookie by which a browser shows that ``user`` has signed in."""
    client = Client()
    client.force_login(user)
    return f'{name}={client.cookies[name].value}'


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize('engine', ['db', 'cached_db', 'cache', 'file', 'signed_cookies'])
def test_sessions_of_every_engine(redis_clean: Redis, settings: Any, tmp_path: Path, engine: str) -> None:
    """Wherever a project keeps sessions, and whatever it calls the cookie, the visitor is known by it."""
    chosen = {
        'SESSION_ENGINE': f'django.contrib.sessions.backends.{engine}',
        'SESSION_COOKIE_NAME': 'visit',
        'SESSION_FILE_PATH': str(tmp_path),
        'CACHES': {
            'default': {
                'BACKEND': 'django.core.cache.backends.filebased.FileBasedCache',
                'LOCATION': str(tmp_path / 'cache'),
            }
        },
    }
    for name, value in chosen.items():
        setattr(settings, name, value)
    cookie = signed_in(User.objects.create_user('mary'), 'visit')
    key = cookie.partition('=')[2]
    with serving(redis_clean.port, **chosen) as workers:
        with opened_by(workers, cookie, 'foobar?subscribe-user&subscribe-session') as socket:
            redis_clean.client.publish('user:mary:foobar', 'for mary')
            assert heard(socket) == 'for mary'
            redis_clean.client.publish(f'session:{escape(key)}:foobar', 'for this session')
            assert heard(socket) == 'for this session'
        with (
            pytest.raises(InvalidStatus) as refused,
            opened_by(workers, cookie.replace('visit', 'sessionid'), 'foobar?subscribe-user'),
        ):
            pass
    assert refused.value.response.status_code == 403


def test_users_of_a_projects_own(redis_clean: Redis, tmp_path: Path) -> None:
    """Users of a model of the project's own are known by what they sign in with."""
    settings = {
        'AUTH_USER_MODEL': 'people.Person',
        'INSTALLED_APPS': [
            'django.contrib.auth',
            'django.contrib.contenttypes',
            'django.contrib.sessions',
            'ws4redis',
            'djng',
            'tests.people',
        ],
        'DATABASES': {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': str(tmp_path / 'people.sqlite3')}},
    }
    env = {**os.environ, 'DJANGO_SETTINGS_MODULE': 'tests.settings', 'TESTS_SETTINGS': json.dumps(settings)}
    command = [sys.executable, '-m', 'tests.people', 'ada@example.com']
    key = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout.strip()
    with serving(redis_clean.port, **settings) as workers:
        with opened_by(workers, f'sessionid={key}', 'foobar?subscribe-user&subscribe-group') as socket:
            redis_clean.client.publish('user:ada@example.com:foobar', 'for ada')
            assert heard(socket) == 'for ada'
        with pytest.raises(InvalidStatus), opened_by(workers, f'sessionid={key}', 'foobar?subscribe-group'):
            pass


@pytest.mark.django_db(transaction=True)
def test_sockets_of_one_session_are_counted(redis_clean: Redis) -> None:
    """A session has so many sockets, one more is a 429, and who closes one may open another."""
    session = SessionStore()
    session.create()
    cookie = f'sessionid={session.session_key}'
    path = 'foobar?subscribe-broadcast'
    with serving(redis_clean.port) as workers, contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(opened_by(workers, cookie, path)) for _ in range(SOCKETS_PER_SESSION)]

        def status() -> int:
            try:
                with opened_by(workers, cookie, path):
                    return 101
            except InvalidStatus as refused:
                return refused.response.status_code

        eventually(lambda: status() == 429, 'the limit')
        with opened(workers, path):
            pass  # others may
        sockets[0].close()
        eventually(lambda: status() == 101, 'a place')


@pytest.mark.parametrize('what', ['messages', 'bytes', 'pings'])
def test_who_says_too_much_is_closed(redis_clean: Redis, what: str) -> None:
    """More messages, bytes or pings than a burst of them close the socket with 1008, and no other."""
    size = 2_000_000 if what == 'bytes' else 10
    count = int(2 * BYTE_BURST / size if what == 'bytes' else 2 * MESSAGE_BURST)
    with serving(redis_clean.port) as workers, opened(workers) as other:
        with opened(workers, 'loud?publish-broadcast') as loud:
            with contextlib.suppress(Exception):  # it is closed while it still talks
                for _ in range(count):
                    if what == 'pings':
                        loud.ping()
                    else:
                        loud.send('x' * size)
            assert code_of_goodbye(loud) == 1008
        redis_clean.client.publish('broadcast:foobar', 'hello')
        assert heard(other) == 'hello'


@pytest.mark.django_db(transaction=True)
def test_lost_rights_are_told_to_every_worker(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is deactivated is cut off within a second, whichever worker has the sockets; others stay."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})
    mary = User.objects.create_user('mary')
    cookie = signed_in(mary)
    with serving(redis_clean.port, processes=2) as workers, contextlib.ExitStack() as stack:
        processes = workers.workers()
        before = [process.descriptors() for process in processes]
        other = stack.enter_context(opened(workers))
        sockets = []
        while len(sockets) < 10 or not all(
            process.descriptors() > count + 2 for process, count in zip(processes, before, strict=True)
        ):
            sockets.append(stack.enter_context(opened_by(workers, cookie, 'foobar?subscribe-user')))
            assert len(sockets) < 150
        mary.is_active = False
        begin = time.monotonic()
        mary.save()
        assert [code_of_goodbye(socket) for socket in sockets] == [1012] * len(sockets)
        assert time.monotonic() - begin < AT_ONCE
        redis_clean.client.publish('broadcast:foobar', 'hello')
        assert heard(other) == 'hello'


@pytest.mark.django_db(transaction=True)
def test_a_callback_may_use_the_database_and_take_its_time(redis_clean: Redis) -> None:
    """It runs in a thread of its own kind: pages and other sockets do not wait, and its connection is closed after."""
    with serving(redis_clean.port, WS4REDIS_ALLOWED_CHANNELS='tests.hooks.ask_the_database') as workers:
        with workers.serving_pages():
            slow: list[str | bytes] = []

            def open_slowly() -> None:
                with opened(workers, f'slow?{BOTH}&echo') as socket:
                    socket.send('at last')
                    slow.append(heard(socket))

            thread = threading.Thread(target=open_slowly)
            begin = time.monotonic()
            thread.start()
            while not slow and time.monotonic() - begin < 1:
                with opened(workers, f'foobar?{BOTH}&echo') as quick:
                    quick.send('at once')
                    assert heard(quick) == 'at once'
            thread.join(PATIENCE)
            assert slow == ['at last']
        (process,) = workers.workers()
        eventually(lambda: not any(DATABASE in name for name in process.files()), 'the end of the connection')


if LONG:  # it waits for the deadline, 10 s

    def test_a_callback_without_end_is_given_up(redis_clean: Redis) -> None:
        """A decision that takes longer than ten seconds is a 503."""
        with serving(redis_clean.port, WS4REDIS_ALLOWED_CHANNELS='tests.hooks.ask_the_database') as workers:
            begin = time.monotonic()
            with pytest.raises(InvalidStatus) as refused, opened(workers, f'endless?{BOTH}', open_timeout=30):
                pass
            assert refused.value.response.status_code == 503
            assert 9 < time.monotonic() - begin < 20
