"""Who loses rights is cut off from what he may no longer hear, within a second."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from ws4redis import settings as ws4redis_settings

from djng import rights
from tests.servers import PATIENCE, Redis, Runserver
from tests.sockets import heard, opened, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _same_redis(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what happens in the tests be told on the servers' Redis."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})


@pytest.fixture
def mary() -> User:
    """A chess player."""
    user = User.objects.create_user('mary')
    user.groups.add(Group.objects.create(name='chess'))
    return user


def lose_group(client: Client, user: User) -> None:
    """Leave all groups, one by one."""
    user.groups.remove(*user.groups.all())


def clear_groups(client: Client, user: User) -> None:
    """Leave all groups at once."""
    user.groups.clear()


def put_out_of_group(client: Client, user: User) -> None:
    """Be left out by the group."""
    Group.objects.get(name='chess').user_set.clear()


def delete_group(client: Client, user: User) -> None:
    """See the group dissolved."""
    Group.objects.get(name='chess').delete()


def deactivate(client: Client, user: User) -> None:
    """Be deactivated."""
    user.is_active = False
    user.save()


def delete(client: Client, user: User) -> None:
    """Be deleted."""
    user.delete()


def log_out(client: Client, user: User) -> None:
    """Sign out."""
    client.logout()


@pytest.mark.parametrize(
    'lose',
    [lose_group, clear_groups, put_out_of_group, delete_group, deactivate, delete, log_out],
    ids=lambda f: f.__name__,
)
def test_who_loses_rights_is_cut_off(
    runserver: Runserver, redis_clean: Redis, mary: User, lose: Callable[[Client, User], None]
) -> None:
    """Within a second the socket is closed with 1012, comes back to nothing, and others stay as they are."""
    client = Client()
    client.force_login(mary)
    headers = {'Cookie': f'sessionid={client.cookies["sessionid"].value}'}
    origin: Any = f'http://127.0.0.1:{runserver.port}'
    path = 'foobar?subscribe-group'
    with (
        opened(runserver, path, origin=origin, additional_headers=headers) as socket,
        opened(runserver, 'foobar?subscribe-broadcast') as other,
    ):
        publish(redis_clean, 'group:chess:foobar', 'for members')
        assert heard(socket) == 'for members'
        begin = time.monotonic()
        lose(client, mary)
        with pytest.raises(ConnectionClosed) as closed:
            heard(socket)
        assert time.monotonic() - begin < 1
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        with pytest.raises(InvalidStatus), opened(runserver, path, origin=origin, additional_headers=headers):
            pass
        publish(redis_clean, 'broadcast:foobar', 'for all')
        assert heard(other, timeout=PATIENCE) == 'for all'


def test_rolled_back_losses_are_not_told(runserver: Runserver, redis_clean: Redis, mary: User) -> None:
    """What a transaction takes back has not happened."""
    from django.db import transaction

    pubsub = redis_clean.client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(rights.channel())
    with transaction.atomic():
        deactivate(Client(), mary)
        transaction.set_rollback(True)
    rights.tell(users=['end'])
    message = None
    while message is None:
        message = pubsub.get_message(timeout=PATIENCE)
    assert json.loads(message['data']) == {'users': ['end'], 'sessions': []}
    pubsub.close()


def test_without_redis_signing_out_goes_on(
    mary: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That nobody could be told is logged, and nothing else happens."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': 1})
    client = Client()
    client.force_login(mary)
    client.logout()
    assert 'Could not tell the sockets' in caplog.text


@pytest.mark.parametrize('message', [b'', b'\xff', b'[]', b'{"users": 5, "sessions": []}', b'null'])
def test_what_is_not_understood_is_ignored(message: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Anything but a word of djng's own names nobody."""
    assert rights.understand(message) == rights.Losers()
    assert 'Not understood' in caplog.text
