"""Who asks for a socket, what is shown to whom, and what failing tests say."""

from __future__ import annotations

import json
import random
import threading
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.test import Client, override_settings

from djng.collection import Collection
from djng.facilities import Facility, Registry
from djng.publisher import RedisPublisher
from djng.speaking import shared_client
from djng.test import Browsers, NoRedis, NotConverged, SocketRefused
from tests.servers import Redis, eventually, free_port

BOTH = ['subscribe-broadcast', 'publish-broadcast', 'subscribe-user']


def test_who_asks(browsers: Browsers, registry: Registry) -> None:
    """A browser asks as a user, with the session of a client, or as nobody."""
    seen: list[Any] = []

    @registry.register('scores')
    class Scores(Facility):
        def may_subscribe(self, request: Any) -> bool:
            seen.append((request.user, request.session.get('team'), request.headers.get('Origin')))
            return True

    mary = User.objects.create_user('mary')
    client = Client()
    client.force_login(mary)
    session = client.session
    session['team'] = 'red'
    session.save()
    for who in ({'user': mary}, {'client': client}, {}):
        browsers.bind('scores', ['subscribe-broadcast'], **who)
    assert seen == [(mary, None, browsers.url), (mary, 'red', browsers.url), (AnonymousUser(), None, browsers.url)]
    with pytest.raises(TypeError, match='not both'):
        browsers.bind('scores', user=mary, client=client)


def test_audiences(browsers: Browsers) -> None:
    """Each browser shows what is for it: the narrower audience over the wider one."""
    mary, paul = User.objects.create_user('mary'), User.objects.create_user('paul')
    mary.groups.add(Group.objects.create(name='a:b'))
    client = Client()
    client.force_login(paul)
    for_mary = browsers.bind('scores', [*BOTH, 'subscribe-group'], user=mary)
    for_paul = browsers.bind('scores', [*BOTH, 'subscribe-session'], client=client, name='paul')
    browsers.bind('scores')['home'] = 1
    Collection('scores', users='mary')['home'] = 'hers'
    Collection('scores', groups='a:b').update(group=True)
    Collection('scores', sessions=client.session.session_key)['home'] = 'of this session'
    browsers.assert_converged()
    assert for_mary == {'home': 'hers', 'group': True}
    assert for_paul == {'home': 'of this session'}
    assert for_mary.name == 'mary'
    assert browsers.bind('scores', user=mary).name == 'mary (2)'


def test_refused(browsers: Browsers, registry: Registry) -> None:
    """Who may not open a socket is an exception with the code and the server's words."""

    @registry.register('members')
    class Members(Facility):
        def may_subscribe(self, request: Any) -> bool:
            if request.user.get_username() == 'paul':
                raise PermissionDenied('not paul')
            return bool(request.user.is_authenticated)

    @registry.register('broken')
    class Broken(Facility):
        def may_subscribe(self, request: Any) -> float:
            return 1 / 0

    paul = User.objects.create_user('paul')
    for facility, user, code, reason in (
        ('other', None, 4404, 'there is no such facility'),
        ('members', None, 4401, 'sign in to use subscribe-broadcast, publish-broadcast here'),
        ('members', paul, 4403, 'not paul'),
    ):
        with pytest.raises(SocketRefused, match=rf"^'{facility}': {code}: {reason}$") as caught:
            browsers.bind(facility, user=user)
        assert (caught.value.code, caught.value.status, caught.value.reason) == (code, None, reason)
    with pytest.raises(
        SocketRefused, match=r'500 .*: this socket could not be opened \(the log of djng\.relay says why'
    ):
        browsers.bind('broken')
    with pytest.raises(SocketRefused, match=r"^'members': 403 Forbidden: this origin") as caught:
        browsers.bind('members', headers={'Origin': 'http://elsewhere.example'})
    assert (caught.value.code, caught.value.status) == (None, 403)
    browsers.assert_converged()


def test_turned_out(browsers: Browsers, registry: Registry) -> None:
    """Who loses a right later is not let in again, which is said where that was not expected."""

    @registry.register('scores')
    class Scores(Facility):
        def may_subscribe(self, request: Any) -> bool:
            return bool(request.user.is_authenticated)

    user = User.objects.create_user('mary')
    mary = browsers.bind('scores', user=user)
    user.is_active = False
    user.save()
    browsers.wait_until(lambda: mary.status == 'closed', 'mary to be turned out')
    assert mary.reason is not None
    assert mary.reason.code == 4401
    with pytest.raises(NotConverged, match="mary was turned out: 'scores': 4401: sign in"):
        browsers.assert_converged()
    mary.unbind()
    browsers.assert_converged()


def test_query_and_headers(browsers: Browsers, settings: Any) -> None:
    """What a project's own hook looks at is sent along."""
    seen = []

    def process_request(request: Any) -> None:
        seen.append((request.GET['token'], request.headers['Authorization']))
        request.session, request.user = None, AnonymousUser()

    settings.WS4REDIS_PROCESS_REQUEST = process_request
    browsers.bind('scores', query={'token': 'a b&c'}, headers={'Authorization': 'Bearer x'})
    assert seen == [('a b&c', 'Bearer x')]


def test_settings_hold(on_redis: Redis, transactional_db: None, settings: Any) -> None:
    """ws4redis' settings are those of the test, which it would otherwise read but once."""
    settings.WS4REDIS_PREFIX = 'demo'
    settings.WS4REDIS_ALLOWED_CHANNELS = lambda request, channels: ['subscribe-broadcast']
    with Browsers() as browsers:
        mary = browsers.bind('scores')
        Collection('scores', broadcast=True)['home'] = 1
        browsers.assert_converged()
        assert mary.browser.published == []
        [key] = on_redis.client.keys('demo:test-*:broadcast:scores')
        assert json.loads(on_redis.client.get(key)) == {'home': 1}
        mary['home'] = 2
        with pytest.raises(NotConverged, match=r'browser 1 may not publish, and has edited \{"home":2\}'):
            browsers.assert_converged()


def test_publishers(browsers: Browsers, on_redis: Redis) -> None:
    """What is published has arrived when all have converged, even by a program that only knows Redis."""
    mary = browsers.bind('scores')
    RedisPublisher(facility='scores', broadcast=True).publish_message({'home': 1})
    browsers.assert_converged()
    assert mary == {'home': 1}
    on_redis.client.publish(Collection('scores', broadcast=True).channel, '{"away": 2}')
    browsers.assert_converged()
    assert mary == {'home': 1, 'away': 2}


def test_one_that_misses_a_change(browsers: Browsers) -> None:
    """Where a browser has not what Redis has, the message says which, where, and who shows what."""
    mary, paul = browsers.bind('scores', name='mary'), browsers.bind('scores', name='paul')
    mary['home'] = 1
    browsers.assert_converged()
    # A seam: one of the client's rules is broken.
    with patch.object(paul.browser, '_take_change', lambda heard, frame: None):
        mary.update(home=2, away=None)
        with pytest.raises(NotConverged) as caught:
            browsers.assert_converged(patience=0.3)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith('not converged, after 0.')
    assert lines[1:] == [
        '  - paul does not have what Redis has for broadcast: home is 1 instead of 2, away is missing instead of null',
        "'scores':",
        '    Redis for broadcast  version 2    {"home":2,"away":null}',
        '    mary                 version 2    {"home":2,"away":null}',
        '    paul                 version 1    {"home":1}',
    ]


def test_one_that_knows_but_does_not_show(browsers: Browsers) -> None:
    """Where a page does not show what it has been told, that is said too."""
    mary, paul = browsers.bind('scores', name='mary'), browsers.bind('scores', name='paul')
    with patch.object(paul.browser, '_show', lambda: None):
        mary['home'] = 1
        with pytest.raises(NotConverged, match='paul does not show what it has: home is missing instead of 1'):
            browsers.assert_converged(patience=0.3)


def test_one_that_is_cut_off(browsers: Browsers) -> None:
    """Nobody waits for a browser that a test has cut off itself."""
    mary = browsers.bind('scores', name='mary')
    mary.cut()
    mary['home'] = 1
    browsers.patience = 3600
    with pytest.raises(NotConverged, match=r'mary is cut off: heal\(\) it\n'):
        browsers.assert_converged()


def test_one_without_an_answer(browsers: Browsers) -> None:
    """What the server has not answered is named."""
    mary = browsers.bind('chat', kind=list, name='mary')
    with patch.object(mary.socket, 'say', lambda text: None):
        mary.append('a')
        with pytest.raises(NotConverged, match=r'mary waits for an answer to \["a"\]'):
            browsers.assert_converged(patience=0.2)


def test_large_collections_are_told_shortly(browsers: Browsers) -> None:
    """A message names twenty differences, and the begin of what is shown."""
    mary, paul = browsers.bind('scores', name='mary'), browsers.bind('scores', name='paul')
    with patch.object(paul.browser, '_take_change', lambda heard, frame: None):
        mary.update({f'name {number}': 'x' * 50 for number in range(100)})
        with pytest.raises(NotConverged, match=r'name 19 is missing .*, and 80 more\n') as caught:
            browsers.assert_converged(patience=0.2)
    assert len(str(caught.value)) < 3500


def test_waiting(browsers: Browsers) -> None:
    """What does not come true is named."""
    browsers.patience = 0.1
    with pytest.raises(NotConverged, match=r'waited 0\.1 s for the moon'):
        browsers.wait_until(lambda: False, 'the moon')


def test_nothing_is_left(on_redis: Redis, transactional_db: None) -> None:
    """After a test there are neither keys of its own, nor threads, and others' keys are as they were."""
    on_redis.client.set('broadcast:scores', '{"home":0}')
    before = {*threading.enumerate()}
    with Browsers() as browsers:
        mary = browsers.bind('scores', user=User.objects.create_user('mary'))
        assert mary == {}
        mary['home'] = 1
        browsers.assert_converged()
        assert len(on_redis.client.keys()) > 1
    assert on_redis.client.keys() == [b'broadcast:scores']
    eventually(lambda: {*threading.enumerate()} <= before, 'all threads to end')


def test_a_test_that_fails(on_redis: Redis, transactional_db: None) -> None:
    """What a test raises ends its browsers, too."""
    with pytest.raises(ZeroDivisionError), Browsers() as browsers:
        mary = browsers.bind('scores')
        mary['home'] = 1 / 0
    assert mary.status == 'closed'
    assert on_redis.client.keys() == []
    with pytest.raises(RuntimeError, match='with Browsers'):
        Browsers().assert_converged()


def test_no_redis(settings: Any, transactional_db: None) -> None:
    """Where no Redis answers it is said which one, and what to do."""
    port = free_port()
    settings.WS4REDIS_CONNECTION = {'host': '127.0.0.1', 'port': port}
    with pytest.raises(NoRedis, match=f'WS4REDIS_CONNECTION names 127.0.0.1:{port}, which does not answer'):
        Browsers().__enter__()


def test_redis_ends(on_redis: Redis, transactional_db: None, settings: Any) -> None:
    """A test may end Redis; it is over all the same."""
    server = Redis()
    settings.WS4REDIS_CONNECTION = {'host': '127.0.0.1', 'port': server.port}
    with Browsers() as browsers:
        browsers.bind('scores')['home'] = 1
        browsers.assert_converged()
        server.stop()


def test_within_a_transaction(on_redis: Redis, transactional_db: None) -> None:
    """In a transaction, of which the relay would see nothing, browsers are refused with advice."""
    with transaction.atomic(), pytest.raises(ImproperlyConfigured, match='transactional_db'):
        Browsers().__enter__()


def test_settings_of_one_method(browsers: Browsers) -> None:
    """What a test overrides itself holds, if no browser was bound before; its place in Redis stays its own."""
    allow = {'WS4REDIS_ALLOWED_CHANNELS': lambda request, channels: ['subscribe-broadcast']}
    with override_settings(WS4REDIS_PREFIX='mine', WS4REDIS_EXPIRE=5, **allow):
        assert browsers.bind('scores').browser.published == []
        collection = Collection('scores', broadcast=True)
        collection['home'] = 1
        assert collection.channel.startswith('test-')
        assert shared_client().ttl(collection.channel) <= 30


@pytest.mark.parametrize('seed', range(3))
def test_a_crowd(browsers: Browsers, seed: int) -> None:
    """Six browsers edit at once and lose their network again and again; all is there once, and the same everywhere."""
    draw = random.Random(seed)
    lists = [browsers.bind('chat', kind=list) for _ in range(6)]
    forms = [browsers.bind('form') for _ in range(6)]
    for number in range(20):
        for who, (items, form) in enumerate(zip(lists, forms, strict=True)):
            items.append(f'{who}-{number}')
            form[f'own {who}'] = number
            form[f'shared {draw.randrange(3)}'] = f'{who}-{number}'
            for binding in (items, form):
                draw.choice([binding.cut, binding.heal])()
    for binding in (*lists, *forms):
        binding.heal()
    browsers.assert_converged()
    assert sorted(lists[0]) == sorted(f'{who}-{number}' for who in range(6) for number in range(20))
    assert {name: forms[0][f'own {name}'] for name in range(6)} == dict.fromkeys(range(6), 19)
    assert all(items == lists[0] for items in lists)
    assert all(form == forms[0] for form in forms)
