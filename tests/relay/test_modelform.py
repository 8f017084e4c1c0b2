"""Sockets share the draft of an instance, which another process may save, change or delete, on both servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.contrib.auth.models import User
from websockets.exceptions import ConnectionClosed

from tests.bound import bound
from tests.relay.declaring import APPS
from tests.servers import PATIENCE, ROOT, Redis, Runserver
from tests.sockets import BOTH, CLIENT_ID, opened

pytestmark = pytest.mark.django_db(transaction=True)

PROLOGUE = """
import django
django.setup()
from django.contrib.auth.models import User
from djng import facilities
"""


@pytest.fixture
def mary() -> User:
    """Somebody."""
    return User.objects.create_user('mary')


def elsewhere(redis_server: Redis, code: str) -> str:
    """Run ``code`` in another process of the project; return what it prints."""
    env = {
        'DJANGO_SETTINGS_MODULE': 'tests.settings',
        'PYTHONPATH': str(ROOT),
        'TESTS_REDIS_PORT': str(redis_server.port),
        'TESTS_SETTINGS': json.dumps({'INSTALLED_APPS': APPS}),
    }
    command = [sys.executable, '-c', PROLOGUE + code]
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def must_be_gone(server: Runserver, facility: str) -> None:
    """Fail unless a bound socket is told that there is no such facility."""
    with opened(server, f'{facility}?{BOTH}&djng={CLIENT_ID}') as websocket, pytest.raises(ConnectionClosed) as closed:
        websocket.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


def test_begins_as_the_instance(server: Runserver, mary: User) -> None:
    """The first one who comes is told what the database holds, and that there is no draft of what is not there."""
    with bound(server, f'account-{mary.pk}') as a:
        a.shows({'username': 'mary'})
        assert a.position[1] == 1
        with bound(server, f'account-{mary.pk}') as b:
            b.shows({'username': 'mary'})
            assert b.position == a.position
    must_be_gone(server, 'account-999')


def test_saved_elsewhere(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """Another process saves the draft, or something else, and sockets hear what the database holds then."""
    name = f'account-{mary.pk}'
    with bound(server, name) as a, bound(server, name) as b:
        b.knows()
        a.knows()
        a.say({'username': 'mary2'})
        b.shows({'username': 'mary2'})
        assert 'mary2' in elsewhere(redis_clean, f'print(facilities.get({name!r}).commit().username)')
        mary.refresh_from_db()
        assert mary.username == 'mary2'
        elsewhere(redis_clean, 'user = User.objects.get()\nuser.username = "john"\nuser.save()')
        for client in (a, b):
            client.shows({'username': 'john'})


def test_deleted_elsewhere(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """Who is bound to what another process deletes is closed, and is told that it is gone when coming back."""
    name = f'account-{mary.pk}'
    with bound(server, name) as a:
        a.knows()
        # Without a signal the socket stays, but there is nothing any more that its changes could be checked with.
        User._base_manager.filter(pk=mary.pk)._raw_delete('default')
        s = a.say({'username': 'john'})
        assert a.hear()['$$djng'] == {'s': s, 'errors': {'': ['there is no such user']}}
        mary.save(force_insert=True)
        elsewhere(redis_clean, 'User.objects.get().delete()')
        with pytest.raises(ConnectionClosed) as closed:
            a.hear_until(lambda bound: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
    must_be_gone(server, name)
