"""What Redis does not let djng do is found out at the start, and what the advice allows is enough."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.core.checks import run_checks
from ws4redis import settings as ws4redis_settings

from djng import permissions
from djng.signals import collection_changed
from tests.bound import bound
from tests.servers import Redis, eventually
from tests.sockets import heard, opened, server_with


@pytest.fixture(scope='module')
def guarded() -> Iterator[Redis]:
    """A Redis with a user of whom each test says what may be done."""
    server = Redis()
    yield server
    server.stop()


@pytest.fixture
def speaks_as(guarded: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that sets the rules of the user, and returns a client."""
    clients = []
    connection = {'host': '127.0.0.1', 'port': guarded.port, 'username': 'djng', 'password': 'secret'}
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', connection)

    def speak(*rules: str) -> redis.Redis:
        guarded.client.execute_command('ACL', 'SETUSER', 'djng', 'reset', 'on', '>secret', *rules)
        clients.append(redis.Redis(**connection))
        return clients[-1]

    yield speak
    for client in clients:
        client.close()


def test_who_may_do_all(speaks_as: Any) -> None:
    """Nothing is missing."""
    assert permissions.missing(speaks_as('+@all', 'allkeys', 'allchannels')) == []


def test_what_is_missing_is_named(speaks_as: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Channels, which a user has none of by default, keys and commands; and what to do, in one line."""
    client = speaks_as('+@all', 'allkeys', 'resetchannels')
    lacks = permissions.missing(client)
    assert {'PUBLISH broadcast:…', 'SUBSCRIBE broadcast:…', 'PUBLISH djng:marks:…', 'PUBLISH djng:rights'} <= {*lacks}
    assert all(what.startswith(('PUBLISH ', 'SUBSCRIBE ')) for what in lacks)
    permissions.report(client)
    (line,) = caplog.messages
    assert permissions.advice() in line
    assert 'PUBLISH broadcast:…' in line
    assert {'SET broadcast:…'} == {*permissions.missing(speaks_as('+@all', '-set', 'allkeys', 'allchannels'))} - {
        'SET group:…',
        'SET user:…',
        'SET session:…',
        'SET djng:…',
    }
    lacks = permissions.missing(speaks_as('+@all', '~broadcast:*', 'allchannels'))
    assert 'HSET djng:…' in lacks
    assert not any('broadcast' in what for what in lacks)
    assert permissions.missing(speaks_as('+@all', '-@scripting', 'allkeys', 'allchannels')) == ['EVAL', 'EVALSHA']


def test_what_a_prefix_and_a_receiver_need(speaks_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that are asked for, and advised, are those that are used."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_PREFIX', 'demo')

    def receiver(**kwargs: Any) -> None:
        """Listen."""

    collection_changed.connect(receiver)
    try:
        lacks = permissions.missing(speaks_as('+@all', '~broadcast:*', '&broadcast:*'))
        assert {'PUBLISH demo:broadcast:…', 'PUBLISH demo:djng:rights', 'ZADD demo:djng:log', 'XADD djng:…'} <= {*lacks}
        assert '&demo:djng:*' in permissions.advice()
        assert permissions.missing(speaks_as(*permissions.advice().split()[3:])) == []
    finally:
        collection_changed.disconnect(receiver)


def test_what_cannot_be_asked(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Without Redis nothing is said: whoever needs it will."""
    permissions.report(redis.Redis(port=1))
    assert caplog.messages == []


def test_w009(speaks_as: Any, settings: Any) -> None:
    """``check --deploy`` names what is missing, and is quiet where nothing is, or where there is no Redis."""

    def fired() -> list[Any]:
        found = run_checks(tags=['djng'], include_deployment_checks=True)
        return [message for message in found if message.id == 'djng.W009']

    speaks_as('+@all', 'allkeys', 'resetchannels')
    (warning,) = fired()
    assert 'PUBLISH broadcast:…' in warning.msg
    assert permissions.advice() in (warning.hint or '')
    speaks_as('+@all', 'allkeys', 'allchannels')
    assert fired() == []
    ws4redis_settings.WS4REDIS_CONNECTION['port'] = 1
    assert fired() == []


@pytest.mark.django_db(transaction=True)
def test_the_advice_is_enough(speaks_as: Any, guarded: Redis) -> None:
    """With the rules that the log advises everything works, and the log is quiet; without, it says so at the start."""
    speaks_as(*permissions.advice().split()[3:])
    with server_with(guarded, WS4REDIS_CONNECTION=ws4redis_settings.WS4REDIS_CONNECTION) as server:
        with bound(server) as a, bound(server) as b, opened(server, 'foobar?subscribe-broadcast') as c:
            a.knows()
            b.knows()
            a.say({'a': 1})
            a.say({'b': [1]}, **{'del': ['a']})
            b.shows({'b': [1]})
            a.shows({'b': [1]})
            assert json.loads(heard(c)) == {'a': 1}
        assert 'Redis does not let' not in server.output()
        assert 'Lost' not in server.output()
    speaks_as('+@all', '-zadd', '-setrange', 'allkeys', 'allchannels')
    with server_with(guarded, WS4REDIS_CONNECTION=ws4redis_settings.WS4REDIS_CONNECTION) as server:
        with opened(server, 'foobar?subscribe-broadcast'):
            eventually(lambda: 'Redis does not let djng do what it must: SETRANGE' in server.output(), 'the log')
