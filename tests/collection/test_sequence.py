"""Tests for djng.collection.sequence: an array that browsers are bound to, as a list."""

from __future__ import annotations

import json
from collections.abc import MutableSequence

import pytest

from djng.collection import Collection, ListCollection
from tests.servers import Redis
from tests.state.conftest import Ear


def test_is_a_list(chat: ListCollection) -> None:
    """It does what a list does, and whoever makes it anew finds the same."""
    assert isinstance(chat, MutableSequence)
    assert chat == []
    chat.append('b')
    chat.extend(['c', {'d': 1}])
    chat.insert(0, 'a')
    chat += ['e']
    again = Collection('chat', broadcast=True, kind=list)
    assert again == chat == ['a', 'b', 'c', {'d': 1}, 'e']
    assert (again[0], again[-1], again[1:3], len(again)) == ('a', 'e', ['b', 'c'], 5)
    assert (list(again)[:2], list(reversed(again))[:2]) == (['a', 'b'], ['e', {'d': 1}])
    assert ('c' in again, again.index('c'), again.count('c')) == (True, 2, 1)
    again[3] = 'd'
    again[:1] = []
    del again[0]
    assert (again.pop(), again.pop(0)) == ('e', 'c')
    again.append('f')
    again.reverse()
    assert again == ['f', 'd']
    again.remove('d')
    for action in (lambda: again[5], lambda: again.__setitem__(1, 'x'), lambda: again.pop(3)):
        with pytest.raises(IndexError):
            action()
    again.clear()
    assert again.snapshot().value == []
    again.replace(iter(['x', 'y']))
    assert again == ['x', 'y']


def test_only_what_changes_is_published(chat: ListCollection, ear: Ear) -> None:
    """Browsers hear the items that were set and the new length, in one change for each call."""
    chat.extend(['a', 'b'])
    chat.extend([])
    chat[1] = 'c'
    chat[1] = 'c'
    chat.append('d')
    del chat[0]
    frames = [json.loads(message) for message in ear.messages()]
    assert [(frame.pop('$$djng')['n'], frame) for frame in frames] == [
        (2, {'0': 'a', '1': 'b'}),
        (2, {'1': 'c'}),
        (3, {'2': 'd'}),
        (2, {'0': 'c', '1': 'd'}),
    ]


def test_object(chat: ListCollection) -> None:
    """An object that has properties is no list, and is left alone."""
    scores = Collection('chat', broadcast=True)
    scores['home'] = 1
    for action in (chat.snapshot, lambda: chat.append(1), chat.clear, lambda: chat.pop()):
        with pytest.raises(ValueError, match=r'object|kind=dict'):
            action()
    scores.clear()
    chat.append(1)
    assert chat == [1]


def test_too_many_items(chat: ListCollection) -> None:
    """More items than an array may have are refused."""
    with pytest.raises(ValueError, match='at most 100,000 items'):
        chat.replace([0] * 100_001)
    assert chat == []


def test_what_ws4redis_keeps(chat: ListCollection, spoken_to: Redis) -> None:
    """What a plain publisher has left there is read, and changed."""
    spoken_to.client.set('broadcast:chat', '["a", 1.0]')
    assert chat.snapshot() == (0, 0, ['a', 1.0])
    chat.append('b')
    assert spoken_to.client.get('broadcast:chat').split() == [b'[', b'"a",1.0,"b"]']  # type: ignore[union-attr]
