"""ws4redis' words: channels without collisions, audiences that fail closed, messages kept and published as one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory
from redis.exceptions import OutOfMemoryError
from ws4redis.redis_store import RedisStore as UpstreamStore

from djng.redis_store import SELF, RedisMessage, RedisStore, escape, label
from tests.servers import Redis

channels = RedisStore(None)._get_message_channels


def anonymous() -> HttpRequest:
    """A request of nobody, with a session that was never stored."""
    request = RequestFactory().get('/')
    request.user, request.session = AnonymousUser(), SessionStore('made-up')
    return request


def test_ordinary_names_are_ws4redis_own() -> None:
    """For ordinary names the channels are those of ws4redis."""
    audience = {'facility': 'foobar', 'broadcast': True, 'users': ['mary'], 'groups': ['chess'], 'sessions': ['k3y']}
    assert sorted(channels(**audience)) == sorted(UpstreamStore(None)._get_message_channels(**audience))


def test_no_two_names_share_a_channel() -> None:
    """A colon in a name ends nothing: group a:b at facility c is not group a at facility b:c."""
    assert channels(groups=['a:b'], facility='c') == ['group:a%3Ab:c']
    assert channels(groups=['a'], facility='b:c') == ['group:a:b:c']
    assert escape('a%3Ab') == 'a%253Ab'


def test_a_label_tells_the_audience_and_no_key() -> None:
    """Browsers know a channel by its audience; of groups by the name too, since one socket may have many."""
    assert label('broadcast:group:x') == 'broadcast'
    assert label('user:mary:foobar') == 'user'
    assert label('session:0123456789abcdef:foobar') == 'session'
    assert label(channels(groups=['chess: blitz'], facility='a:b')[0]) == 'group:chess%3A blitz'


def test_labels_leave_the_prefix_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With WS4REDIS_PREFIX labels are the same."""
    monkeypatch.setattr('ws4redis.settings.WS4REDIS_PREFIX', 'group')
    assert channels(groups=['chess'], facility='f') == ['group:group:chess:f']
    assert label('group:group:chess:f') == 'group:chess'
    assert label('group:broadcast:f') == 'broadcast'


@pytest.mark.django_db
def test_self_is_nobody_for_an_anonymous_visitor() -> None:
    """Who has not signed in has no channel of a user or of groups, and a made-up session none either."""
    assert channels(request=anonymous(), facility='f', users=[SELF], groups=[SELF], sessions=[SELF]) == []
    assert channels(request=None, facility='f', users=[SELF], groups=[SELF], sessions=[SELF]) == []


@pytest.mark.django_db
def test_self_is_who_asks() -> None:
    """SELF stands for the user, its groups as the database has them now, and its session."""
    mary = User.objects.create_user('mary')
    mary.groups.add(Group.objects.create(name='chess'))
    request = anonymous()
    request.user, request.session = mary, SessionStore()
    request.session['ws4redis:memberof'] = ['left long ago']
    request.session.create()
    assert channels(request=request, facility='f', users=[SELF, 'joe'], groups=[SELF], sessions=[SELF]) == [
        'group:chess:f',
        'user:mary:f',
        'user:joe:f',
        f'session:{request.session.session_key}:f',
    ]


@pytest.mark.django_db
def test_names_may_be_given_in_any_way() -> None:
    """A single name, any iterable of names, user and group objects and True are understood."""
    mary, chess = User(username='mary'), Group(name='chess')
    assert channels(facility='f', users='john') == ['user:john:f']
    assert channels(facility='f', users=mary, groups=iter([chess, 'go'])) == [
        'group:chess:f',
        'group:go:f',
        'user:mary:f',
    ]
    assert channels(request=anonymous(), facility='f', users=True, groups=True, sessions=True) == []
    assert channels(facility='f', users=False, groups=None) == []


def test_a_message_is_kept_and_published_in_one_step(redis_clean: Redis) -> None:
    """Whoever hears a message can read it where it is kept; expire=0 keeps nothing."""
    store = RedisStore(redis_clean.client)
    store._publishers = {'broadcast:f'}
    pubsub = redis_clean.client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe('broadcast:f')
    pubsub.get_message(timeout=5)
    with redis_clean.client.monitor() as monitor:
        store.publish_message(RedisMessage('hello'))
        commands: list[Any] = []
        while not commands or commands[-1][1] != 'PUBLISH':
            command = monitor.next_command()
            commands.append((command['client_type'], command['command'].split()[0]))
    assert commands[-2:] == [('lua', 'SET'), ('lua', 'PUBLISH')]
    message = pubsub.get_message(timeout=5)
    assert message is not None
    assert message['data'] == redis_clean.client.get('broadcast:f') == b'hello'
    pubsub.close()
    redis_clean.client.delete('broadcast:f')
    store.publish_message(RedisMessage('gone'), expire=0)
    assert redis_clean.client.get('broadcast:f') is None


def test_bytes_that_are_no_text_are_published(redis_clean: Redis) -> None:
    """What is not UTF-8 is kept and published as it is."""
    store = RedisStore(redis_clean.client)
    store._publishers = {'broadcast:f'}
    store.publish_message(RedisMessage(b'\xff\xfe'))
    assert redis_clean.client.get('broadcast:f') == b'\xff\xfe'


def test_what_redis_refuses_is_raised(redis_clean: Redis) -> None:
    """Whoever publishes hears of it if Redis does not take the message."""
    store = RedisStore(redis_clean.client)
    store._publishers = {'broadcast:f'}
    redis_clean.client.config_set('maxmemory', 1)
    try:
        with pytest.raises(OutOfMemoryError):
            store.publish_message(RedisMessage('hello'))
    finally:
        redis_clean.client.config_set('maxmemory', 0)


def test_only_messages_are_published(redis_clean: Redis) -> None:
    """Anything but a RedisMessage is refused, with a word on what to do."""
    with pytest.raises(ValueError, match=r'RedisMessage\(text\)'):
        RedisStore(redis_clean.client).publish_message('text')  # type: ignore[arg-type]
