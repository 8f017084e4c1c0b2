"""What a project declares of its facilities holds for sockets of each kind, on both servers, and fails closed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from ws4redis import settings as ws4redis_settings

from djng import facilities
from djng.redis_store import RedisMessage, RedisStore
from tests.bound import bound
from tests.relay.declaring import by
from tests.servers import PATIENCE, Redis, Runserver, eventually
from tests.sockets import BOTH, CLIENT_ID, all_heard, heard, opened, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mary() -> User:
    """Somebody with a wall."""
    return User.objects.create_user('mary')


def path(facility: str, query: str = BOTH) -> str:
    """Return the path of a plain socket."""
    return f'{facility}?{query}'


def must_refuse(server: Runserver, facility: str, status: int, code: int | None, query: str = BOTH, **how: Any) -> str:
    """Fail unless plain sockets are refused with ``status``, bound ones with ``code``; return the reason."""
    with pytest.raises(InvalidStatus) as refused, opened(server, path(facility, query), **how):
        pass
    assert refused.value.response.status_code == status
    reason = (refused.value.response.body or b'').decode().strip()
    bound_path = path(facility, f'{query}&djng={CLIENT_ID}')
    if code is None:
        with pytest.raises(InvalidStatus) as refused, opened(server, bound_path, **how):
            pass
        assert refused.value.response.status_code == status
    else:
        with opened(server, bound_path, **how) as websocket, pytest.raises(ConnectionClosed) as closed:
            websocket.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, reason)
    return reason


def test_only_what_is_declared_is_there(server: Runserver, redis_clean: Redis) -> None:
    """A declared facility is as open as it says, any other one is not there, and nothing is subscribed."""
    with bound(server, 'open') as a, opened(server, path('open')) as b:
        a.knows()
        a.say({'home': 1})
        assert json.loads(heard(b))['home'] == 1
    for name in ('foobar', 'open2', 'Open', '', 'wall-x', 'wall-03'):
        must_refuse(server, name, 404, 4404)
    assert redis_clean.client.keys('*foobar*') == redis_clean.client.pubsub_channels('*foobar*') == []


def test_rights_from_the_database(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """The methods use the database: all may hear a wall that is there, and only its user writes on it."""
    wall = f'wall-{mary.pk}'
    with bound(server, wall) as a, bound(server, wall, **by(server, mary)) as b:
        assert (a.hello['sub'], a.hello['pub']) == (['broadcast'], [])
        assert (b.hello['sub'], b.hello['pub']) == (['broadcast'], ['broadcast'])
        a.knows()
        b.knows()
        a.say({'text': 'mine'})
        assert a.hear()['$$djng'] == {'s': 1, 'errors': {'': ['This socket may not publish.']}}
        b.say({'text': 'hers'})
        a.shows({'text': 'hers'})
    must_refuse(server, wall, 403, 4401, 'publish-broadcast')
    must_refuse(server, 'wall-99999', 403, 4401)
    must_refuse(server, 'wall-99999', 403, 4403, **by(server, mary))
    must_refuse(server, f'wall-{"9" * 100}', 403, 4401)
    assert redis_clean.client.pubsub_channels('*:wall-*') == []


def test_a_plain_socket_has_the_same_rights(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """What a plain socket may not say is said to nobody."""
    wall = f'wall-{mary.pk}'
    with opened(server, path(wall, f'{BOTH}&echo')) as a:
        a.send('{"text":"mine"}')
        with opened(server, path(wall), **by(server, mary)) as b:
            b.send('{"text":"hers"}')
        assert heard(a) == '{"text":"hers"}'


def test_who_may_write_and_not_read(server: Runserver, redis_clean: Redis) -> None:
    """A box takes what is put in, acknowledges it, and shows nothing."""
    with bound(server, 'box') as a:
        assert (a.hello['sub'], a.hello['pub']) == ([], ['broadcast'])
        a.say({'vote': 1})
        assert a.hear()['$$djng']['ack'] == 1
    must_refuse(server, 'box', 403, 4401, 'subscribe-broadcast')


def test_reasons(server: Runserver) -> None:
    """PermissionDenied and Http404 are told with their words."""
    assert must_refuse(server, 'denied', 403, 4403) == 'come back on Monday'
    assert must_refuse(server, 'sold-out', 404, 4404) == 'out is gone'


@pytest.mark.parametrize('facility', ['broken', 'torn'])
def test_a_mistake_opens_nothing(server: Runserver, redis_clean: Redis, facility: str) -> None:
    """An exception in a method is a 500 to sockets of both kinds."""
    must_refuse(server, facility, 500, None)
    assert redis_clean.client.pubsub_channels(f'*{facility}*') == []
    with bound(server, 'open') as a:
        a.knows()


def test_what_hangs_is_given_up(both_servers: dict[str, Any], redis_clean: Redis) -> None:
    """Rights that are not decided in time are a 503 under uWSGI, and others are let in meanwhile."""
    server = both_servers['uwsgi']
    begin = time.monotonic()
    with pytest.raises(InvalidStatus) as refused, opened(server, path('hanging'), open_timeout=30):
        pass
    assert refused.value.response.status_code == 503
    assert time.monotonic() - begin < 20


def test_writable_properties(server: Runserver, mary: User) -> None:
    """A change of anything else is refused as a whole, by property; a seed is taken as far as it may be."""
    with bound(server, 'match') as a, bound(server, 'match', **by(server, mary)) as b:
        a.knows()
        b.knows()
        a.websocket.send(json.dumps({'home': 0, 'name': 'x', '$$djng': {'seed': 1}}))
        b.shows({'home': 0})
        a.shows({'home': 0})
        b.say({'name': 'final'})
        a.shows({'home': 0, 'name': 'final'})
        s = a.say({'home': 1, 'name': 'mine'})
        reason = ['You may not change this.']
        assert a.hear()['$$djng'] == {'s': s, 'errors': {'name': reason}}
        s = a.say({'home': 1}, **{'del': ['name', 'other']})
        assert a.hear()['$$djng'] == {'s': s, 'errors': {'name': reason, 'other': reason}}
        s = a.say({}, push=[1])
        assert '' in a.hear()['$$djng']['errors']
        a.say({'home': 1, 'away': 2})
        b.shows({'home': 1, 'away': 2, 'name': 'final'})


def test_plain_sockets_write_all_or_nothing(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """A plain socket says wholes, so it may not publish where it may not write all."""
    with (
        opened(server, path('match')) as a,
        opened(server, path('match'), **by(server, mary)) as b,
    ):
        a.send('{"home":1}')
        b.send('{"home":2}')
        b.send('end')
        assert all_heard(a, 'end') == ['{"home":2}']
    with pytest.raises(InvalidStatus) as refused, opened(server, path('match', 'publish-broadcast')):
        pass
    assert refused.value.response.status_code == 403


def test_limits(server: Runserver, redis_clean: Redis) -> None:
    """What makes the collection too large is refused with the reason; a plain socket that says it is closed."""
    with bound(server, 'small') as a, opened(server, path('small', 'publish-broadcast')) as b:
        a.knows()
        a.say({'a': 1, 'b': 2})
        a.shows({'a': 1, 'b': 2})
        s = a.say({'c': 3})
        assert a.hear()['$$djng'] == {'s': s, 'errors': {'': ['This collection has at most 2 entries.']}}
        s = a.say({'a': 'x' * 30})
        assert a.hear()['$$djng'] == {'s': s, 'errors': {'': ['This collection has at most 30 bytes.']}}
        b.send('{"c":3}')
        with pytest.raises(ConnectionClosed) as closed:
            b.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        a.say({'c': 3}, **{'del': ['a']})
        a.shows({'b': 2, 'c': 3})


def test_how_long_the_state_lives(server: Runserver, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own seconds go before WS4REDIS_EXPIRE, for what plain sockets leave, too."""
    ttl = redis_clean.client.ttl
    with opened(server, path('small')) as a:
        a.send('{"a":1}')
        eventually(lambda: 490 < ttl('broadcast:small') <= 500, 'living for 500 seconds')
    with opened(server, path('open')) as a:
        a.send('{"a":1}')
        eventually(lambda: 50 < ttl('broadcast:open') <= 60, 'living for 60 seconds')
    with bound(server, 'small') as b:
        b.knows()
        b.say({'a': 2})
        b.shows({'a': 2})
        assert 490 < ttl('broadcast:small') <= 500


def test_rate(server: Runserver) -> None:
    """Who says more than the rate is read more slowly, loses nothing and keeps the order; others do not wait."""
    with bound(server, 'slow') as a, bound(server, 'slow') as b:
        a.knows()
        b.knows()
        begin = time.monotonic()
        for n in range(15):
            a.say({'n': n})
        b.say({'other': 1})
        a.hear_until(lambda bound: 'other' in (bound.value or {}))
        assert time.monotonic() - begin < 1
        a.hear_until(lambda bound: bound.value.get('n') == 14)
        assert 1.7 < time.monotonic() - begin < 8
        assert [frame['n'] for frame in a.frames if 'n' in frame] == list(range(15))


def test_the_rate_is_not_evaded_by_going(server: Runserver) -> None:
    """What a socket has said before it is closed comes no faster; some of it may be lost."""
    with bound(server, 'slow') as a:
        a.knows()
        begin = time.monotonic()
        with bound(server, 'slow') as b:
            for n in range(20):
                b.say({'n': n})
        with pytest.raises(TimeoutError):
            # To its end, or it would go on in the next test.
            while True:
                a.hear(patience=1)
        said = [frame['n'] for frame in a.frames if 'n' in frame]
        assert said == list(range(len(said)))
        assert 5 <= len(said) < 5 + 5 * (time.monotonic() - begin) + 1


def test_rights_that_are_revoked(
    server: Runserver, redis_clean: Redis, mary: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sockets to a facility are closed once, to have their rights decided anew; others stay."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})
    wall = f'wall-{mary.pk}'
    with bound(server, wall) as a, bound(server, 'open') as b:
        facilities.revoke(wall)
        with pytest.raises(ConnectionClosed) as closed:
            a.hear_until(lambda bound: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        with bound(server, wall) as again:
            again.knows()
            publish(redis_clean, 'broadcast:open', '{"a":1}')
            b.shows({'a': 1})
            # Nor when it is looked again for who came in between.
            with pytest.raises(TimeoutError):
                again.hear(patience=0.8)


def test_signing_out(server: Runserver, redis_clean: Redis, mary: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever signs out is closed as everywhere, and comes back to what is left."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})
    client = Client()
    client.force_login(mary)
    cookie = {'Cookie': f'sessionid={client.cookies["sessionid"].value}'}
    how: Any = {'additional_headers': cookie, 'origin': f'http://127.0.0.1:{server.port}'}
    with bound(server, f'wall-{mary.pk}', **how) as a:
        assert a.hello['pub'] == ['broadcast']
        client.logout()
        with pytest.raises(ConnectionClosed):
            a.hear_until(lambda bound: False)
    with bound(server, f'wall-{mary.pk}', **how) as a:
        assert a.hello['pub'] == []


def test_the_server_keeps_to_what_is_declared(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Django publishes lives as long as the facility says, unless it says otherwise, and knows no limits."""
    registry = facilities.Registry()
    registry.register('small')(type('Small', (facilities.Facility,), {'expire': 500, 'max_size': 2}))
    monkeypatch.setattr('djng.facilities.terms.registry', registry)
    store = RedisStore(redis_clean.client)
    store._publishers = {'broadcast:small'}
    store.publish_message(RedisMessage('{"a":1}'))
    assert 490 < redis_clean.client.ttl('broadcast:small') <= 500
    store.publish_message(RedisMessage('{"a":1}'), expire=9)
    assert redis_clean.client.ttl('broadcast:small') <= 9
