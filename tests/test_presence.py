"""Tests for djng.presence: who is there, for Django code, and by which key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import SynchronousOnlyOperation
from ws4redis import settings as ws4redis_settings

from djng import speaking
from djng.presence import Presence, key_of
from djng.state.steps import Attend, attendance
from tests.servers import Redis


@pytest.fixture(autouse=True)
def _client(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have Django code speak to the run's Redis."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})
    speaking.shared_client.cache_clear()
    yield
    speaking.shared_client.cache_clear()


def come(key: str, **seen: Any) -> None:
    """Let a process tell of somebody."""
    told = {key: attendance(1, ['a'], json.dumps(seen))}
    speaking.run([Attend('broadcast:-/presence/chat', 'broadcast', 'process', 60, told, is_first=True)])


def test_who_is_there() -> None:
    """It is a dict of people that reads Redis each time; where there is nobody it is empty, and stays so."""
    people = Presence('chat')
    assert (people.attended, people.facility) == ('chat', '-/presence/chat')
    assert dict(people) == {}
    assert people.snapshot() == (0, 0, {})
    come('abc', name='mary')
    assert dict(people) == {'abc': {'name': 'mary', 'tabs': 1}}
    assert people.get('other') is None
    assert people.snapshot().version == 1


def test_async() -> None:
    """Async code has a method of its own, and is told so if it uses another."""
    come('abc', name='mary')

    async def look() -> Any:
        with pytest.raises(SynchronousOnlyOperation, match='asnapshot'):
            len(Presence('chat'))
        return await Presence('chat').asnapshot()

    assert asyncio.run(look()).value == {'abc': {'name': 'mary', 'tabs': 1}}


@pytest.mark.django_db
def test_by_which_key() -> None:
    """A user's, whatever the session; else the session's; for who has neither there is none."""
    people, session = Presence('chat'), SessionStore()
    mary, nobody = User.objects.create_user('mary'), AnonymousUser()
    session.save()
    key = people.key(Mock(user=mary, session=session))
    assert key == people.key(Mock(user=mary, session=None)) == key_of('chat', user=str(mary.pk))
    assert people.key(Mock(user=nobody, session=session)) == key_of('chat', user=None, session=session.session_key)
    assert people.key(Mock(user=nobody, session=SessionStore())) is None
    assert Presence('other').key(Mock(user=mary, session=session)) != key
    assert len({key_of('chat', user='1'), key_of('chat', user=None, session='1'), key_of('chat', user=None)}) == 3
