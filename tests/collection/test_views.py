"""Collections in views, under WSGI and ASGI."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import SynchronousOnlyOperation
from django.test import AsyncClient, Client

from djng.collection import Collection
from tests.servers import Redis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls('tests.collection.views')]


@pytest.fixture(autouse=True)
def _redis(spoken_to: Redis) -> None:
    """Views speak to the run's Redis."""


def ask(path: str, **headers: str) -> Any:
    """Return what an ASGI Django answers."""

    async def get() -> Any:
        client = AsyncClient()
        if headers:
            client.cookies.load(headers)
        return await client.get(path)

    return async_to_sync(get)().json()


def test_view_under_wsgi() -> None:
    """A view's changes are there once its transaction has committed, and not where it failed."""
    client = Client()
    session = SessionStore()
    session.create()
    client.cookies['sessionid'] = session.session_key
    assert client.get('/goal?name=a').json() == {'scores': {'home': 1}, 'own': {'seen': True}}
    with pytest.raises(ValueError, match='after the goal'):
        client.get('/goal?name=b&fail=1')
    assert Collection('scores', broadcast=True) == {'home': 1}
    assert list(Group.objects.values_list('name', flat=True)) == ['a']


def test_sync_view_under_asgi() -> None:
    """The same view does the same under ASGI."""
    session = SessionStore()
    session.create()
    answer = ask('/goal?name=a', sessionid=str(session.session_key))
    assert answer == {'scores': {'home': 1}, 'own': {'seen': True}}


def test_async_view() -> None:
    """Each method has its twin for async code."""
    assert ask('/async_goal') == {'scores': {'home': 3, 'calls': 3}, 'chat': ['a', 'b'], 'found': {'home': 3}}


def test_transaction_in_an_async_view() -> None:
    """A transaction that runs in Django's thread is waited for there."""
    assert ask('/async_transaction') == {'before': {}, 'after': {'home': 1}}
    assert Group.objects.filter(name='async').exists()


def test_blocking_an_async_view() -> None:
    """Who would block the loop is told what to call instead."""
    with pytest.raises(SynchronousOnlyOperation, match=r'aget\(\)'):
        ask('/blocking')


def test_aedit_that_raises() -> None:
    """Where an async block raises nothing is written."""

    async def edit() -> None:
        async with Collection('scores', broadcast=True).aedit() as state:
            state['home'] = 1 / 0

    with pytest.raises(ZeroDivisionError):
        async_to_sync(edit)()
    assert Collection('scores', broadcast=True) == {}
