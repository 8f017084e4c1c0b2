"""In ``runserver`` receivers are called by themselves, for what browsers say and for those that come and go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from djng.state.merge import Change
from tests.bound import bound
from tests.servers import Redis, Runserver, eventually, running
from tests.sockets import BOTH, CLIENT_ID, heard, opened, session_cookie
from tests.worker.conftest import settings_with_listeners, submit
from tests.worker.test_worker import told


@pytest.fixture(scope='module')
def listening(redis_server: Redis) -> Iterator[Runserver]:
    """A development server of a project that has receivers."""
    server = Runserver(redis_server.port, '--noreload', TESTS_SETTINGS=settings_with_listeners())
    yield server
    server.stop()
    print(server.output())


def test_what_a_browser_changes_is_told(listening: Runserver, client: redis.Redis) -> None:
    """A bound socket's change is told to a receiver in the development server."""
    with bound(listening, 'scores') as browser:
        browser.say({'home': 1})
        eventually(lambda: client.exists('told:scores'), 'the socket')
        eventually(lambda: client.llen('told:scores') == 2, 'the change')
    eventually(lambda: client.llen('told:scores') == 3, 'the end')
    calls = told(client, 'scores')
    [change] = [call for call in calls if 'event' not in call]
    assert (change['changed'], change['collection']) == ({'home': 1}, {'home': 1})
    assert (change['user'], change['address']) == ('', '127.0.0.1')
    assert [call['event'] for call in calls if 'event' in call] == ['opened', 'closed']
    assert {call['client'] for call in calls if 'event' in call} == {browser.hello['me']}


def test_what_a_plain_socket_says_is_told(listening: Runserver, client: redis.Redis) -> None:
    """On a collection, a socket of ws4redis' kind and a bare PUBLISH make changes as well."""
    with bound(listening, 'scores') as browser, opened(listening, f'scores?{BOTH}') as plain:
        browser.say({'home': 1})
        browser.shows({'home': 1})
        plain.send('{"away": 2}')
        browser.shows({'home': 1, 'away': 2})
        client.publish('broadcast:scores', '{"minute": 3}')
        browser.shows({'home': 1, 'away': 2, 'minute': 3})

        def changes() -> list[dict[str, Any]]:
            return [call for call in told(client, 'scores') if 'event' not in call]

        eventually(lambda: len(changes()) == 3, 'three changes')
        assert [call['changed'] for call in changes()] == [{'home': 1}, {'away': 2}, {'minute': 3}]
        assert [call['address'] for call in changes()] == ['127.0.0.1', '127.0.0.1', None]
        assert changes()[-1]['collection'] == {'home': 1, 'away': 2, 'minute': 3}


@pytest.mark.django_db(transaction=True)
def test_who_it_is_is_told(listening: Runserver, client: redis.Redis) -> None:
    """A receiver gets the user, and whose collection it is."""
    from django.contrib.auth.models import User

    headers = session_cookie(User.objects.create_user('mary'))
    path = f'notes?subscribe-user&publish-user&djng={CLIENT_ID}'
    origin: Any = f'http://127.0.0.1:{listening.port}'
    with opened(listening, path, origin=origin, additional_headers=headers) as socket:
        assert '"me"' in str(heard(socket))
        assert '"full"' in str(heard(socket))
        socket.send(json.dumps({'text': 'hello', '$$djng': {'s': 1}}))
        eventually(lambda: client.llen('told:notes') == 2, 'the change')
    [change] = [call for call in told(client, 'notes') if 'event' not in call]
    assert (change['user'], change['audience'], change['name']) == ('mary', 'user', 'mary')
    eventually(lambda: client.llen('told:notes') == 3, 'the end')
    assert {call['user'] for call in told(client, 'notes')} == {'mary'}


def test_who_does_not_listen_pays_nothing(runserver: Runserver, client: redis.Redis) -> None:
    """Without receivers there is no log."""
    with bound(runserver, 'scores') as browser:
        browser.say({'home': 1})
        browser.shows({'home': 1})
        assert client.keys('*log*') == []


def test_the_reloader_has_a_worker() -> None:
    """With the reloader it is the process that serves pages which calls receivers, and only that one."""
    with (
        running(Redis()) as alone,
        running(Runserver(alone.port, TESTS_SETTINGS=settings_with_listeners())) as server,
    ):
        for n in range(5):
            submit(alone.client, 'scores', Change('object', {'n': str(n)}))
        eventually(lambda: alone.client.llen('told:scores') == 5, 'five changes')
        [pid] = {call['pid'] for call in told(alone.client, 'scores')}
        assert pid != server.pid
