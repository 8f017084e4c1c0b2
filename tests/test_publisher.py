"""djng.publisher: ws4redis' publisher, whose dicts and lists go into the collections."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory
from ws4redis.publisher import RedisPublisher as UpstreamPublisher

from djng.collection import Collection
from djng.publisher import SELF, RedisMessage, RedisPublisher
from djng.speaking import shared_client
from tests.servers import Redis
from tests.state.conftest import Ear

K = 'broadcast:foobar'


@pytest.fixture
def publisher(spoken_to: Redis) -> RedisPublisher:
    """A publisher for everybody."""
    return RedisPublisher(facility='foobar', broadcast=True)


@pytest.fixture
def ear(spoken_to: Redis) -> Any:
    """What is published for everybody."""
    ear = Ear(spoken_to.client, K)
    yield ear
    ear.close()


def visitor(user: Any) -> HttpRequest:
    """A request of somebody who has a session."""
    request = RequestFactory().get('/')
    request.user, request.session = user, SessionStore()
    request.session.create()
    return request


def test_is_ws4redis_publisher(publisher: RedisPublisher) -> None:
    """It is one of ws4redis', also for code that asks; all of a process share one client."""
    assert isinstance(publisher, UpstreamPublisher)
    assert publisher._connection is RedisPublisher()._connection is shared_client()


@pytest.mark.django_db
def test_audiences(spoken_to: Redis) -> None:
    """All ways to name an audience lead to its channels, and each is published to."""
    mary = User.objects.create_user('mary')
    chess = Group.objects.create(name='chess')
    mary.groups.add(chess)
    request = visitor(mary)
    key = request.session.session_key
    for arguments, channels in (
        ({'users': 'john'}, {'user:john:f'}),
        ({'users': [mary, 'john']}, {'user:mary:f', 'user:john:f'}),
        ({'users': (name for name in ('a', 'b'))}, {'user:a:f', 'user:b:f'}),
        ({'groups': chess, 'broadcast': True}, {'group:chess:f', 'broadcast:f'}),
        ({'groups': [SELF], 'users': SELF, 'request': request}, {'group:chess:f', 'user:mary:f'}),
        ({'sessions': [SELF], 'request': request}, {f'session:{key}:f'}),
        ({'users': [SELF], 'request': visitor(AnonymousUser())}, set()),
    ):
        spoken_to.client.flushall()
        RedisPublisher(facility='f', **arguments).publish_message({'a': 1})
        assert {name.decode() for name in spoken_to.client.keys('*:f')} == channels


def test_dict(publisher: RedisPublisher, ear: Ear) -> None:
    """A dict sets its properties: browsers hear these, and who comes late finds the whole."""
    publisher.publish_message({'home': 1, 'away': 2})
    publisher.publish_message({'home': 2})
    messages = ear.messages()
    assert messages[0].startswith(b'{"home":1,"away":2,"$$djng":{"c":"broadcast","e":')
    assert messages[1].startswith(b'{"home":2,"$$djng":')
    assert publisher.fetch_message(None, 'foobar', 'broadcast') == b'{ "home":2,"away":2}'
    assert Collection('foobar', broadcast=True) == {'home': 2, 'away': 2}


def test_list(publisher: RedisPublisher) -> None:
    """A list is all items there are."""
    publisher.publish_message(['a', 'b', 'c'])
    publisher.publish_message(['d'])
    assert Collection('foobar', broadcast=True, kind=list) == ['d']
    with pytest.raises(ValueError, match=r'broadcast:foobar: The collection is an array\.'):
        publisher.publish_message({'home': 1})


@pytest.mark.parametrize('wrap', [str, RedisMessage])
def test_text(publisher: RedisPublisher, ear: Ear, spoken_to: Redis, wrap: Any) -> None:
    """A text is published and kept as it is where no collection is, and a change where one is."""
    publisher.publish_message(wrap('hello'))
    assert (ear.messages(), spoken_to.client.get(K)) == ([b'hello'], b'hello')
    assert publisher.fetch_message(None, 'foobar') == b'hello'
    publisher.publish_message(wrap('{"home": 1}'), expire=5)
    assert 0 < spoken_to.client.ttl(K) <= 5  # type: ignore[operator]
    publisher.publish_message({'away': 2})
    ear.messages()
    publisher.publish_message(wrap('{"home": 3}'))
    [message] = ear.messages()
    assert message.startswith(b'{"home": 3,"$$djng":{"c":"broadcast","e":')
    assert Collection('foobar', broadcast=True) == {'home': 3, 'away': 2}


def test_text_that_is_not_kept(publisher: RedisPublisher, ear: Ear, spoken_to: Redis) -> None:
    """With expire=0 a text is published and not kept."""
    publisher.publish_message('{"home": 1}', expire=0)
    assert (ear.messages(), spoken_to.client.keys()) == ([b'{"home": 1}'], [])


@pytest.mark.parametrize('message', [3, None, object(), '--heartbeat--', {3: 1}, {'home': object()}, {'$$djng': 1}])
def test_what_is_no_message(publisher: RedisPublisher, spoken_to: Redis, message: object) -> None:
    """What is no message is refused, and so is the heartbeat, which is for nobody; nothing is published."""
    with pytest.raises((TypeError, ValueError)):
        publisher.publish_message(message)
    assert spoken_to.client.keys() == []


@pytest.mark.django_db(transaction=True)
def test_publisher_waits_for_nothing(publisher: RedisPublisher, ear: Ear) -> None:
    """It publishes at once within a transaction, too, as ws4redis' does."""
    with transaction.atomic():
        publisher.publish_message({'home': 1})
        assert len(ear.messages()) == 1


def test_pipeline(publisher: RedisPublisher, ear: Ear, spoken_to: Redis) -> None:
    """In a pipeline of one's own nothing is published before that is executed; then it is kept, too."""
    pipeline = spoken_to.client.pipeline()
    publisher.pipeline_publish_message(pipeline, RedisMessage('{"home": 1}'))
    publisher.pipeline_publish_message(pipeline, {'home': 2, 'name': '\ud800'})
    publisher.pipeline_publish_message(pipeline, [1], expire=0)
    pipeline.set('own', 1)
    assert ear.messages() == []
    pipeline.execute()
    second = b'{"home":2,"name":"\\ud800"}'
    assert (ear.messages(), spoken_to.client.get(K)) == ([b'{"home": 1}', second, b'[1]'], second)


def test_pipeline_on_a_collection(publisher: RedisPublisher, spoken_to: Redis) -> None:
    """A collection takes in what was published by a pipeline."""
    publisher.publish_message({'home': 1, 'away': 1})
    pipeline = spoken_to.client.pipeline()
    publisher.pipeline_publish_message(pipeline, {'home': 2})
    pipeline.execute()
    scores = Collection('foobar', broadcast=True)
    scores['of'] = 'cup'
    assert scores == {'home': 2, 'away': 1, 'of': 'cup'}


@pytest.mark.django_db
def test_fetch_message(spoken_to: Redis) -> None:
    """What is kept for a visitor is that of the session, the user, a group, or everybody, in this order."""
    mary = User.objects.create_user('mary')
    mary.groups.add(Group.objects.create(name='chess'))
    request, nobody = visitor(mary), visitor(AnonymousUser())
    fetch = RedisPublisher().fetch_message
    assert fetch(request, 'f') is None
    for name, arguments in (
        ('broadcast', {'broadcast': True}),
        ('group', {'groups': 'chess'}),
        ('user', {'users': mary}),
        ('session', {'sessions': [SELF], 'request': request}),
    ):
        RedisPublisher(facility='f', **arguments).publish_message(RedisMessage(name))
        assert fetch(request, 'f') == fetch(request, 'f', audience=name) == name.encode()
    assert fetch(nobody, 'f') == b'broadcast'
    assert fetch(nobody, 'f', 'user') is None
    assert fetch(None, 'f', 'session') is None


def test_redis_is_away(publisher: RedisPublisher, spoken_to: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Redis cannot be reached, redis-py's exception says so."""
    monkeypatch.setattr('ws4redis.settings.WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': 1})
    shared_client.cache_clear()
    with pytest.raises(redis.exceptions.ConnectionError):
        publisher.publish_message({'home': 1})
