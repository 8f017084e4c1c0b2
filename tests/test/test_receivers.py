"""Receivers of djng's signals are called in the test, for all that has happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from djng import signals
from djng.collection import Collection
from djng.test import Browsers


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """What a receiver is told of changes, and of sockets."""
    calls: list[Any] = []

    def changed(facility: str, changed: Any, collection: Any, user: Any, **kwargs: Any) -> None:
        calls.append((facility, changed, collection, user and user.get_username()))

    def opened(facility: str, user: Any, **kwargs: Any) -> None:
        calls.append(('opened', facility, user.get_username()))

    def closed(facility: str, user: Any, **kwargs: Any) -> None:
        calls.append(('closed', facility, user.get_username()))

    connected = (signals.collection_changed, changed), (signals.socket_opened, opened), (signals.socket_closed, closed)
    for signal, receiver in connected:
        signal.connect(receiver)
    yield calls
    for signal, receiver in connected:
        signal.disconnect(receiver)


@pytest.fixture
def browsers(told: list[Any], browsers: Browsers) -> Browsers:
    """Browsers, where somebody listens."""
    return browsers


def test_changes(browsers: Browsers, told: list[Any]) -> None:
    """A change that a browser has made is told with its user, one of the server's without."""
    mary = browsers.bind('scores', user=User.objects.create_user('mary'))
    mary['home'] = 1
    browsers.assert_converged()
    Collection('scores', broadcast=True)['away'] = 2
    assert browsers.run_receivers() == 3
    assert [call for call in told if call[0] != 'opened'] == [
        ('scores', {'home': 1}, {'home': 1}, 'mary'),
        ('scores', {'away': 2}, {'home': 1, 'away': 2}, None),
    ]
    assert browsers.run_receivers() == 0


def test_sockets(browsers: Browsers, told: list[Any]) -> None:
    """Sockets that were opened, cut or left are told of when the receivers are run, without a wait for it."""
    user = User.objects.create_user('mary')
    mary, paul = browsers.bind('scores', user=user), browsers.bind('scores')
    browsers.run_receivers()
    assert told == [('opened', 'scores', 'mary'), ('opened', 'scores', '')]
    del told[:]
    mary.cut()
    browsers.run_receivers()
    paul.unbind()
    mary.heal()
    browsers.run_receivers()
    assert told[0] == ('closed', 'scores', 'mary')
    assert sorted(told[1:]) == [('closed', 'scores', ''), ('opened', 'scores', 'mary')]


def test_what_receivers_do(browsers: Browsers, told: list[Any]) -> None:
    """What a receiver changes is told, too, and reaches the browsers."""

    def add(collection: Any, changed: Any, **kwargs: Any) -> None:
        if 'home' in changed:
            Collection('scores', broadcast=True)['total'] = collection['home'] + 1

    signals.collection_changed.connect(add, sender='scores')
    try:
        mary = browsers.bind('scores')
        mary['home'] = 1
        browsers.assert_converged()
        browsers.run_receivers()
        browsers.assert_converged()
    finally:
        signals.collection_changed.disconnect(add, sender='scores')
    assert mary == {'home': 1, 'total': 2}
    assert told[-1] == ('scores', {'total': 2}, {'home': 1, 'total': 2}, None)


def test_one_that_raises(browsers: Browsers, told: list[Any]) -> None:
    """What a receiver raises is raised in the test; the change is told again by the next call."""
    is_broken = True

    def divide(changed: Any, **kwargs: Any) -> None:
        if is_broken:
            raise ZeroDivisionError('no')

    signals.collection_changed.connect(divide)
    try:
        Collection('scores', broadcast=True)['home'] = 1
        with pytest.raises(ZeroDivisionError, match='no'):
            browsers.run_receivers()
        is_broken = False
        assert browsers.run_receivers() == 1
    finally:
        signals.collection_changed.disconnect(divide)
    assert told == [('scores', {'home': 1}, {'home': 1}, None)] * 2
