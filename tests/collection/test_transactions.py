"""Tests for writing within a database transaction: nothing is published before it commits."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.transaction import TransactionManagementError
from redis.exceptions import RedisError

from djng.collection import Collection, DictCollection, ListCollection
from tests.servers import Redis
from tests.state.conftest import Ear

pytestmark = pytest.mark.django_db(transaction=True)


def test_writing_waits(scores: DictCollection, chat: ListCollection, ear: Ear) -> None:
    """What is written within a transaction is published in its order when that commits, as it was when written."""
    players = ['mary']
    scores.update(left=1, old=1)
    ear.messages()
    with transaction.atomic():
        with transaction.atomic():
            scores['players'] = players
            players.append('john')
            assert scores.increment('left') is None
            chat.append('a')
        del scores['old']
        del scores['none']
        scores.replace({'left': 5})
        scores.increment('left')
        chat.replace(['b'])
        chat.append('c')
        assert (scores, chat) == ({'left': 1, 'old': 1}, [])
        assert ear.messages() == []
    assert (scores, chat) == ({'left': 6}, ['b', 'c'])
    frames = [json.loads(message) for message in ear.messages()]
    assert frames[0]['players'] == ['mary']
    assert len(frames) == 9


def test_rollback(scores: DictCollection, ear: Ear) -> None:
    """A transaction that is rolled back publishes nothing; one of a savepoint drops what was written within it."""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        scores['home'] = 1
        _ = 1 / 0
    assert ear.messages() == []
    with transaction.atomic():
        scores['home'] = 2
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            scores['home'] = 3
            _ = 1 / 0
    assert scores == {'home': 2}


def test_now(scores: DictCollection) -> None:
    """``now`` waits for nothing, in this and in all that is done with it."""
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        scores.now['home'] = 1
        assert scores.now.increment('home') == 2
        with scores.now.edit() as state:
            state['home'] += 1
        assert scores.now.now.setdefault('home', 7) == 3
        scores['home'] = 9
        _ = 1 / 0
    assert scores == {'home': 3}


def test_nothing_is_decided_now_and_written_later(scores: DictCollection, chat: ListCollection) -> None:
    """What looks before it writes is refused within a transaction, with what to do instead."""
    scores['home'] = 1
    chat.extend('ab')
    with transaction.atomic():
        for action in (
            lambda: scores.edit().__enter__(),
            lambda: scores.transact(dict),
            lambda: scores.pop('home'),
            lambda: scores.setdefault('home', 2),
            lambda: chat.pop(),
            lambda: chat.insert(0, 'x'),
            lambda: chat.__setitem__(0, 'x'),
            lambda: chat.__delitem__(0),
        ):
            with pytest.raises(TransactionManagementError, match=r'collection\.now.*on_commit'):
                action()
        transaction.on_commit(lambda: chat.pop())
    assert (scores, chat) == ({'home': 1}, ['a'])


def test_what_is_no_json_is_refused_at_once(scores: DictCollection) -> None:
    """What cannot be written raises where it stands, and not at the commit."""
    with pytest.raises(TypeError), transaction.atomic():
        scores['home'] = object()


def test_another_database(spoken_to: Redis) -> None:
    """``using`` names the database whose transactions are waited for."""
    with pytest.raises(Exception, match='other'):
        Collection('scores', broadcast=True, using='other')['home'] = 1
    scores = Collection('scores', broadcast=True, using='default')
    with transaction.atomic(using='default'):
        scores['home'] = 1
        assert scores == {}
    assert scores == {'home': 1}


def test_redis_is_away_at_the_commit(scores: DictCollection, spoken_to: Redis) -> None:
    """Where Redis refuses it at the commit, that raises, and the database keeps what was committed."""
    spoken_to.client.set('broadcast:scores', '{}')
    spoken_to.client.hset('djng:{broadcast:scores}:meta', 'e', 1)
    spoken_to.client.set('djng:{broadcast:scores}:fields', 'not a hash')
    with pytest.raises(RedisError), transaction.atomic():
        Group.objects.create(name='chess')
        scores['home'] = 1
    assert Group.objects.filter(name='chess').exists()
