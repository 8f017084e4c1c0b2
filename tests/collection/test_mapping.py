"""Tests for djng.collection.mapping: an object that browsers are bound to, as a dict."""

from __future__ import annotations

import json
import threading
from collections.abc import MutableMapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from djng.collection import Collection, DictCollection
from djng.collection.channel import Channel
from djng.collection.values import change_of
from djng.publisher import RedisPublisher
from djng.signals import collection_changed
from djng.state.merge import Change
from tests.servers import Redis
from tests.state.conftest import Ear


def said(ear: Ear) -> list[dict]:  # type: ignore[type-arg]
    """Return what was published: the properties that were set, and under None those that were deleted."""
    frames = [json.loads(message) for message in ear.messages()]
    return [{None: frame.pop('$$djng').get('del', []), **frame} for frame in frames]


def test_is_a_dict(scores: DictCollection) -> None:
    """It does what a dict does, and whoever makes it anew finds the same."""
    assert isinstance(scores, MutableMapping)
    assert scores == {}
    assert not scores
    scores['home'] = 3
    scores.update({'away': 1}, of='final')
    del scores['of']
    again = Collection('scores', broadcast=True)
    assert again == {'home': 3, 'away': 1}
    assert (again['home'], again.get('none', 7), 'home' in again, 'none' in again) == (3, 7, True, False)
    assert (list(again), len(again), list(again.values())) == (['home', 'away'], 2, [3, 1])
    assert dict(again.items()) == {'home': 3, 'away': 1}
    assert again.setdefault('home', 5) == 3
    assert again.setdefault('of', 'cup') == 'cup'
    assert again.pop('of') == 'cup'
    assert again.pop('of', None) is None
    with pytest.raises(KeyError):
        again.pop('of')
    with pytest.raises(KeyError):
        again['of']
    with pytest.raises(KeyError):
        del again['of']
    assert sorted([again.popitem(), again.popitem()]) == [('away', 1), ('home', 3)]


def test_only_what_changes_is_published(scores: DictCollection, ear: Ear) -> None:
    """Browsers hear the properties that were set, in one change for each call; none where there is nothing to say."""
    scores.update(home=1, away=2)
    scores['home'] = 2
    scores.update()
    scores.replace({'home': 2, 'of': 'cup'})
    scores.replace({'home': 2, 'of': 'cup'})
    del scores['of']
    scores.clear()
    scores.clear()
    assert said(ear) == [
        {'home': 1, 'away': 2, None: []},
        {'home': 2, None: []},
        {'of': 'cup', None: ['away']},
        {None: ['of']},
        {None: ['home']},
    ]
    assert scores.version == 5


def test_snapshot(scores: DictCollection) -> None:
    """A snapshot is a plain dict with its position, which grows with each change."""
    assert scores.snapshot() == (0, 0, {})
    scores['home'] = {'goals': [1]}
    first = scores.snapshot()
    assert (first.version, type(first.value), first.value) == (1, dict, {'home': {'goals': [1]}})
    first.value['home'] = 'own'
    scores['away'] = 1
    assert (scores.snapshot().epoch, scores.version) == (first.epoch, 2)
    assert scores['home'] == {'goals': [1]}


def test_values(scores: DictCollection) -> None:
    """Values are what Django makes JSON of; what is no JSON is refused, and nothing is written."""
    scores.update(
        {'at': datetime(2026, 5, 1, 12, tzinfo=timezone.utc), 'price': Decimal('1.50'), 'naïve': '</script>\ud800'}
    )
    assert scores == {'at': '2026-05-01T12:00:00Z', 'price': '1.50', 'naïve': '</script>\ud800'}
    deep: list = []  # type: ignore[type-arg]
    for _ in range(100):
        deep = [deep]
    for value, error in ((object(), TypeError), (float('nan'), ValueError), (deep, ValueError)):
        with pytest.raises(error):
            scores.update(home=1, away=value)
    for name, error in ((3, TypeError), ('$$djng', ValueError)):
        with pytest.raises(error):
            scores[name] = 1  # type: ignore[index]
    assert len(scores) == 3


def test_increment(scores: DictCollection) -> None:
    """A number is counted up or down, from 0 where there is none, exactly."""
    assert scores.increment('home') == 1
    assert scores.increment('home', 2**60) == scores['home'] == 2**60 + 1
    assert scores.increment('home', -(2**60)) == 1
    assert scores.increment('share', 0.5) == 0.5
    scores['name'] = 'x'
    with pytest.raises(TypeError, match="name is no number but 'x'"):
        scores.increment('name')


def test_nobody_s_count_is_lost(scores: DictCollection) -> None:
    """Four threads count to a hundred together."""

    def count() -> None:
        own = Collection('scores', broadcast=True)
        for _ in range(25):
            own.increment('count')

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scores['count'] == 100


def test_what_ws4redis_keeps(scores: DictCollection, spoken_to: Redis) -> None:
    """What a plain publisher has left there is read, and changed."""
    spoken_to.client.set('broadcast:scores', '{"home": 1}')
    assert scores.snapshot() == (0, 0, {'home': 1})
    scores['away'] = 2
    assert scores == {'home': 1, 'away': 2}


@pytest.mark.parametrize('text', [b'hello', b'\xff', b'[]', b'{"home": 1e999}'])
def test_what_is_no_object(scores: DictCollection, spoken_to: Redis, text: bytes) -> None:
    """What says nothing of an object is an empty one, and may become one."""
    spoken_to.client.set('broadcast:scores', text)
    assert scores == {}
    scores['away'] = 2
    assert scores == {'away': 2}


def test_array(scores: DictCollection) -> None:
    """An array that has items is no dict, and is left alone."""
    messages = Collection('scores', broadcast=True, kind=list)
    messages.append('hello')
    for action in (scores.snapshot, lambda: scores.update(home=1), scores.clear, lambda: scores.increment('home')):
        with pytest.raises(ValueError, match=r'array|kind=list'):
            action()
    assert messages == ['hello']
    messages.clear()
    scores['home'] = 1
    assert scores == {'home': 1}


def test_replacing_while_others_write(scores: DictCollection, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others have set when the collection is replaced is gone, too."""
    others = iter([{'a': 1}, {'home': 2}])
    submit = Channel.submit

    def others_first(channel: Channel, change: Change, **more: Any) -> Any:
        if properties := next(others, None):
            submit(channel, change_of(properties))
        return submit(channel, change, **more)

    scores['home'] = 1
    monkeypatch.setattr(Channel, 'submit', others_first)
    scores.replace({'away': 2})
    assert scores == {'away': 2}


def test_receivers_of_changes(scores: DictCollection, spoken_to: Redis) -> None:
    """What Django code changes is logged for receivers of ``collection_changed``, where this process has any."""

    def receiver(**changed: Any) -> None:
        raise AssertionError('receivers are called by the worker')

    log = 'djng:{broadcast:scores}:log'
    scores['home'] = 1
    assert spoken_to.client.xlen(log) == 0
    collection_changed.connect(receiver, sender='scores')
    try:
        scores['home'] = 2
        RedisPublisher(facility='scores', broadcast=True).publish_message({'home': 3})
        Collection('other', broadcast=True)['home'] = 1
    finally:
        collection_changed.disconnect(receiver, sender='scores')
    assert spoken_to.client.xlen(log) == 2
    assert spoken_to.client.exists('djng:{broadcast:other}:log') == 0
