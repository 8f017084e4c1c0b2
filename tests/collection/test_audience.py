"""Tests for whose collection it is: exactly one channel."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.test import RequestFactory

from djng.collection import SELF, Collection
from tests.servers import Redis


def test_audiences() -> None:
    """The channel is that of everybody, a user, a group or a session, whichever way this is said."""
    mary, chess = User(username='mary'), Group(name='chess')
    session = SimpleNamespace(session_key='k3y')
    request = RequestFactory().get('/')
    request.user = mary
    for audience, channel, label in (
        ({'broadcast': True}, 'broadcast:f', 'broadcast'),
        ({'users': 'mary'}, 'user:mary:f', 'user'),
        ({'users': [mary]}, 'user:mary:f', 'user'),
        ({'users': SELF, 'request': request}, 'user:mary:f', 'user'),
        ({'groups': chess}, 'group:chess:f', 'group:chess'),
        ({'groups': ('a:b',)}, 'group:a%3Ab:f', 'group:a%3Ab'),
        ({'sessions': session}, 'session:k3y:f', 'session'),
    ):
        collection = Collection('f', **audience)
        assert (collection.channel, collection.audience, collection.facility) == (channel, label, 'f')
    assert repr(Collection('f', broadcast=True, kind=list)) == '<ListCollection: broadcast:f>'


def test_not_one_audience() -> None:
    """Nobody, several, and what is no audience at all are refused with what to say instead."""
    nobody = RequestFactory().get('/')
    nobody.user = AnonymousUser()
    with pytest.raises(ValueError, match=r'say broadcast=True, or .* This one is nobody'):
        Collection('f')
    with pytest.raises(ValueError, match='nobody'):
        Collection('f', users=SELF, request=nobody)
    with pytest.raises(ValueError, match='nobody'):
        Collection('f', users=nobody.user)
    with pytest.raises(ValueError, match='These are 2: broadcast:f, user:mary:f'):
        Collection('f', broadcast=True, users='mary')
    with pytest.raises(TypeError):
        Collection('f', everybody=True)
    with pytest.raises(ValueError, match='a dict or a list'):
        Collection('f', broadcast=True, kind=set)  # type: ignore[call-overload]


def test_collections_are_apart(spoken_to: Redis) -> None:
    """What one audience has nobody else has."""
    Collection('f', users='mary')['home'] = 1
    assert (Collection('f', users='john'), Collection('f', users='mary')) == ({}, {'home': 1})


def test_life(spoken_to: Redis) -> None:
    """A collection lives as long as WS4REDIS_EXPIRE says."""
    collection = Collection('f', broadcast=True)
    collection['home'] = 1
    assert 3590 < spoken_to.client.ttl(collection.channel) <= 3600  # type: ignore[operator]
