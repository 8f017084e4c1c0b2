"""Tests for the step Attend: who is at a facility, put together from what each process has told of its own sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis

from djng.state.keys import keys_of
from djng.state.log import Entry, Log
from djng.state.merge import Change
from djng.state.steps import Attend, Attended, Gone, Kept, Snapshot, Submit, Unknown, attendance
from djng.state.store import Store
from tests.servers import eventually
from tests.state.hearing import Ear

CHANNEL = 'broadcast:foobar'
HERE = keys_of(CHANNEL.encode()).here


def tell(store: Store, process: str, *, life: float = 60, first: bool = False, **people: str) -> Any:
    """Tell who is at one process."""
    return store.run([Attend(CHANNEL, 'broadcast', process, life, people, is_first=first)])[0]


def at(n: int, *tabs: str, **seen: Any) -> str:
    """Return one person's attendance, told at the moment ``n``."""
    return attendance(n, tabs, json.dumps(seen))


def listed(store: Store) -> Any:
    """Return the list."""
    [kept] = store.run([Snapshot(CHANNEL, 'broadcast')])
    assert isinstance(kept, Kept)
    return json.loads(kept.text or b'{}')


def test_people_come_and_go(store: Store, ear: Ear) -> None:
    """The list is a collection of who is there, each with the number of tabs; what stays the same is not published."""
    told = tell(store, 'p', first=True, mary=at(1, 'a', 'b', name='Mary'), bob=at(1, 'c'))
    assert isinstance(told, Attended)
    assert listed(store) == {'mary': {'name': 'Mary', 'tabs': 2}, 'bob': {'tabs': 1}}
    assert tell(store, 'p', mary=at(2, 'x', 'y', name='Mary')) == told
    assert tell(store, 'p', mary=at(3, 'x', name='Mary'), bob='') == told._replace(v=2)
    assert listed(store) == {'mary': {'name': 'Mary', 'tabs': 1}}
    frames = [json.loads(message) for message in ear.messages()]
    assert frames[0]['mary'] == {'name': 'Mary', 'tabs': 2}
    assert frames[1]['$$djng'] == {'c': 'broadcast', 'e': told.e, 'v': 2, 'del': ['bob']}
    assert len(frames) == 2


def test_what_processes_tell_is_put_together(store: Store) -> None:
    """A person is there while any process says so; a tab that two know is one; the latest of what is seen counts."""
    tell(store, 'p', first=True, mary=at(5, 'a', 'b', name='Mary'))
    tell(store, 'q', first=True, mary=at(6, 'b', 'c', name='Mary Ann'))
    assert listed(store) == {'mary': {'name': 'Mary Ann', 'tabs': 3}}
    tell(store, 'p', mary='')
    assert listed(store) == {'mary': {'name': 'Mary Ann', 'tabs': 2}}
    tell(store, 'q', mary='')
    assert listed(store) == {}


def test_who_is_about_to_go_is_there(store: Store) -> None:
    """Somebody without tabs is there until gone, as one; whoever comes back elsewhere by then changes nothing."""
    v = tell(store, 'p', first=True, mary=at(1, 'a', name='Mary')).v
    assert tell(store, 'p', mary=at(1, name='Mary')).v == v
    assert tell(store, 'q', first=True, mary=at(2, 'b', name='Mary')).v == v
    assert tell(store, 'p', mary='').v == v
    assert listed(store) == {'mary': {'name': 'Mary', 'tabs': 1}}


def test_a_process_that_has_died(store: Store) -> None:
    """What it has told is forgotten when its time is over, by whichever process comes next, or by who only looks."""
    tell(store, 'p', first=True, mary=at(1, 'a'), bob=at(1, 'b'))
    tell(store, 'q', life=0.05, first=True, mary=at(1, 'a', 'c'), eve=at(1, 'd'))
    assert listed(store) == {'mary': {'tabs': 2}, 'bob': {'tabs': 1}, 'eve': {'tabs': 1}}

    def is_over() -> bool:
        store.run([Attend(CHANNEL, 'broadcast')])
        return bool(listed(store) == {'mary': {'tabs': 1}, 'bob': {'tabs': 1}})

    eventually(is_over, 'its end')
    assert isinstance(tell(store, 'q', eve=at(1, 'd')), Unknown)
    assert 'eve' not in listed(store)
    tell(store, 'q', first=True, eve=at(1, 'd'))
    assert 'eve' in listed(store)


def test_a_process_that_parts(store: Store, client: redis.Redis) -> None:
    """When the last one has gone, nothing is left but an empty list."""
    tell(store, 'p', first=True, mary=at(1, 'a'))
    tell(store, 'p', life=0, mary='')
    assert listed(store) == {}
    assert client.exists(HERE) == 0


def test_a_state_that_was_lost(store: Store, client: redis.Redis) -> None:
    """A process of which nothing is known changes nothing before it has told everything; the epoch is a later one."""
    before = tell(store, 'p', first=True, mary=at(1, 'a'))
    client.flushall()
    assert isinstance(tell(store, 'p'), Unknown)
    assert client.keys() == []
    told = Attend(CHANNEL, 'broadcast', 'p', 60, {'mary': at(1, 'a')}, True, before.e, before.v)
    [after] = store.run([told])
    assert isinstance(after, Attended)
    assert after.e > before.e
    assert listed(store) == {'mary': {'tabs': 1}}


@pytest.mark.parametrize('which', ['the list', 'what was told', 'a person', 'an array'])
def test_halves_that_have_lost_each_other(store: Store, client: redis.Redis, which: str) -> None:
    """Where the list and what it is made of differ, it becomes again what living processes say."""
    tell(store, 'p', first=True, mary=at(1, 'a'), bob=at(1, 'b'))
    if which == 'the list':
        keys = keys_of(CHANNEL.encode())
        client.delete(CHANNEL, keys.fields, keys.meta)
    elif which == 'what was told':
        client.delete(HERE)
        assert isinstance(tell(store, 'p'), Unknown)
        tell(store, 'p', first=True, mary=at(1, 'a'))
        assert listed(store) == {'mary': {'tabs': 1}}
        tell(store, 'p', bob=at(1, 'b'))
    elif which == 'a person':
        store.run([Submit(CHANNEL, 'broadcast', Change('object', {'ghost': '{}'}))])
        assert 'ghost' in listed(store)
    else:
        client.delete(CHANNEL)
        keys = keys_of(CHANNEL.encode())
        client.delete(keys.fields, keys.meta)
        store.run([Submit(CHANNEL, 'broadcast', Change('array', {}, push=('1',)))])
    assert isinstance(tell(store, 'p'), Attended)
    assert listed(store) == {'mary': {'tabs': 1}, 'bob': {'tabs': 1}}


def test_many_people(store: Store) -> None:
    """Thousands are taken in and forgotten."""
    people = {f'p{n}': at(1, f't{n}') for n in range(5000)}
    tell(store, 'p', first=True, **people)
    assert listed(store) == {key: {'tabs': 1} for key in people}
    tell(store, 'p', **dict.fromkeys(people, ''))
    assert listed(store) == {}


def test_nothing_to_look_at(store: Store, client: redis.Redis) -> None:
    """Who only looks makes nothing."""
    assert store.run([Attend(CHANNEL, 'broadcast')]) == [Gone()]
    assert client.keys() == []


def test_comings_and_goings_are_logged(client: redis.Redis) -> None:
    """As changes of the list they are told to whoever listens to it."""
    store = Store(client, expire=0, log=lambda _: Log('log'))
    tell(store, 'p', first=True, mary=at(1, 'a', name='Mary'))
    tell(store, 'p', mary='')
    entries = [Entry.read(*entry) for entry in client.xrange(keys_of(CHANNEL.encode()).log)]
    assert [(entry.set, entry.delete) for entry in entries] == [
        ({'mary': '{"name": "Mary","tabs":1}'}, ()),
        ({}, ('mary',)),
    ]
