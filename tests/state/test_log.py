"""A log leads from each change to the next one, and says whose it was; who does not listen pays nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis

from djng.state.keys import keys_of
from djng.state.log import KEPT, Entry, Log, event, read_collection, who
from djng.state.merge import Change, apply, dump
from djng.state.steps import Applied, Relay, Renew, Snapshot, Submit, Take
from djng.state.store import Store
from tests.servers import Redis

K = 'broadcast:foobar'
KEYS = keys_of(K.encode())


@pytest.fixture
def client(redis_clean: Redis) -> redis.Redis:
    """A client of the run's Redis, which is empty."""
    return redis_clean.client


@pytest.fixture
def store(client: redis.Redis) -> Store:
    """A store that logs, and keeps four changes."""
    return Store(client, expire=60, log=lambda channel: Log('logs', length=4))


def entries(client: redis.Redis) -> list[Entry]:
    """Return what the log says."""
    return [Entry.read(id, fields) for id, fields in client.xrange(KEYS.log)]


def put(store: Store, **values: Any) -> Any:
    """Set properties, and delete those that are None."""
    texts = {name: json.dumps(value) for name, value in values.items() if value is not None}
    gone = tuple(name for name, value in values.items() if value is None)
    [outcome] = store.run([Submit(K, 'broadcast', Change('object', texts, gone))])
    return outcome


def test_a_change_is_logged_with_its_author(client: redis.Redis, store: Store) -> None:
    """Position, properties and who it was are in the log."""
    put(store, home=1, away=2)
    person = who(user='5', address='127.0.0.1', client='f' * 16)
    change = Change('object', {'home': '3'}, ('away',))
    [applied] = store.run([Submit(K, 'broadcast', change, author='f' * 16, s=1, who=person)])
    entry = entries(client)[-1]
    assert applied == Applied(entry.e, entry.v)
    assert (entry.kind, entry.set, entry.delete, entry.text) == ('object', {'home': '3'}, ('away',), None)
    assert entry.who == {'user': '5', 'address': '127.0.0.1', 'client': 'f' * 16}
    assert 0 < client.ttl(KEYS.log) <= KEPT


def test_the_log_leads_through_all_states(client: redis.Redis, store: Store) -> None:
    """From each entry that holds all, the following ones lead to every state that there was; one of each few does."""
    states = []
    for n in range(20):
        put(store, n=n, **{f'p{n}': n, f'p{n - 3}': None})
        states.append(json.loads(client.get(K) or b''))
    collection: Any = None
    seen = []
    for entry in entries(client):
        change = Change('object', entry.set, entry.delete)
        collection = read_collection(entry.text) if entry.text else apply(collection, change)
        seen.append(json.loads(dump(collection)))
    assert seen == states
    assert [n for n, entry in enumerate(entries(client)) if entry.text] == [0, 4, 8, 12, 16]


def test_an_array_is_logged_with_its_length(client: redis.Redis, store: Store) -> None:
    """Pushed items have indexes, and the length is told."""
    store.run([Submit(K, 'broadcast', Change('array', {}, push=('1', '2', '3')))])
    store.run([Submit(K, 'broadcast', Change('array', {}, length=1, push=('4',)))])
    first, last = entries(client)
    assert (first.kind, first.set, first.length) == ('array', {'0': '1', '1': '2', '2': '3'}, 3)
    assert (last.set, last.length, last.text) == ({'1': '4'}, 2, None)


def test_the_log_keeps_the_last_changes(client: redis.Redis) -> None:
    """What is older goes, but not one of the last so many."""
    store = Store(client, expire=60, log=lambda channel: Log('logs', length=300))
    for n in range(2000):
        put(store, n=n)
    assert 300 <= client.xlen(KEYS.log) <= 1000
    assert any(entry.text for entry in entries(client)[:-300])


def test_what_others_wrote_is_logged(client: redis.Redis, store: Store) -> None:
    """A plain socket's text, one that was published and one that was found under the key are changes, too."""
    store.run([Snapshot(K, 'broadcast', create=True)])
    person = who(user=None, address='127.0.0.1')
    store.run([Relay(K, 'broadcast', '{"a":1}', Change('object', {'a': '1'}), who=person)])
    store.run([Take(K, 'broadcast', b'{"b":2}', 0)])
    client.set(K, b'{"c":3}')
    # While somebody listens, it is left to be heard for a while.
    client.hset(KEYS.meta, 'until', 0)
    store.run([Renew(K, 'broadcast')])
    assert [(entry.set, entry.who.get('address')) for entry in entries(client)] == [
        ({'a': '1'}, '127.0.0.1'),
        ({'b': '2'}, None),
        ({'c': '3'}, None),
    ]


def test_a_plain_text_that_becomes_a_collection_is_logged(client: redis.Redis, store: Store) -> None:
    """What was kept before there was a collection is its first change."""
    client.set(K, b'{"a":1}')
    put(store, b=2)
    assert [(entry.set, bool(entry.text)) for entry in entries(client)] == [({'a': '1'}, True), ({'b': '2'}, False)]


def test_after_a_change_that_was_not_logged_the_next_holds_all(client: redis.Redis, store: Store) -> None:
    """A process without receivers logs nothing, which leads nobody astray."""
    put(store, a=1)
    put(Store(client, expire=60), b=2)
    put(store, c=3)
    assert len(entries(client)) == 2
    assert json.loads(entries(client)[-1].text or b'') == {'a': 1, 'b': 2, 'c': 3}


@pytest.mark.parametrize('lost', ['collection', 'log'])
def test_after_a_loss_the_next_holds_all(client: redis.Redis, store: Store, lost: str) -> None:
    """A collection that begins anew, or a log that does, is told as a whole."""
    put(store, a=1)
    put(store, b=2)
    client.delete(*([K, KEYS.fields, KEYS.meta] if lost == 'collection' else [KEYS.log]))
    put(store, c=3)
    expected = {'c': 3} if lost == 'collection' else {'a': 1, 'b': 2, 'c': 3}
    assert json.loads(entries(client)[-1].text or b'') == expected


def test_nothing_is_logged_where_nothing_changed(client: redis.Redis, store: Store) -> None:
    """Refused and repeated changes are no entries, and without a log there is none."""
    put(Store(client, expire=60), a=1)
    assert client.exists('logs', KEYS.log) == 0
    change = Submit(K, 'broadcast', Change('object', {'a': '2'}), author='f' * 16, s=1)
    store.run([change, change])
    store.run([Submit(K, 'broadcast', Change('array', {}, push=('1',)))])
    assert len(entries(client)) == 1


def test_who_reads_logs_is_told(client: redis.Redis, store: Store) -> None:
    """A change is announced at once, and the channel is found by those who come later."""
    pubsub = client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe('logs')
    pubsub.get_message(timeout=10)
    put(store, a=1)
    message = pubsub.get_message(timeout=10) or pubsub.get_message(timeout=10)
    assert message is not None
    assert message['data'] == K.encode()
    assert client.zrange('logs', 0, -1) == [K.encode()]
    pubsub.close()


def test_what_a_receiver_writes_says_so(client: redis.Redis) -> None:
    """How long the chain of changes is that led to this one is in the log."""
    put(Store(client, expire=60, log=lambda channel: Log('logs', depth=3)), a=1)
    assert entries(client)[0].who == {'depth': 3}


def test_an_event_is_logged(client: redis.Redis) -> None:
    """What is no change has a name, and who it was."""
    for command in event(Log('logs'), K.encode(), 'opened', who(user='5', address='::1')):
        client.execute_command(*command)
    [entry] = entries(client)
    assert (entry.event, entry.who['user'], entry.who['address']) == ('opened', '5', '::1')
