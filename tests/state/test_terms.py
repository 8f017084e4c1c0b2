"""What is agreed upon for a channel holds for what sockets say: how large a collection may become."""

from __future__ import annotations

import json
import random

import pytest

from djng.state.frame import parse_plain
from djng.state.merge import Change, Mismatch, apply, dump
from djng.state.steps import Applied, Refused, Relay, Relayed, Snapshot, Submit, Terms
from djng.state.store import Store

K = 'broadcast:foobar'


def limited(client, **limits):
    """Return a store with limits for all channels."""
    return Store(client, expire=60, terms=lambda channel: Terms(60, **limits))


def submit(change, **more):
    """Return what a bound socket says."""
    return Submit(K, 'broadcast', change, **{'author': 'me', **more})


def random_change(kind):
    """Return any change of small values."""
    values = {str(random.randrange(9)): json.dumps('x' * random.randrange(9)) for _ in range(random.randrange(4))}
    if kind == 'object':
        gone = tuple({str(random.randrange(9)) for _ in range(random.randrange(3))} - set(values))
        return Change('object', values, gone)
    length = random.choice([None, random.randrange(9)])
    fits = {index: text for index, text in values.items() if length is None or int(index) < length}
    return Change('array', fits, length=length, push=('1',) * random.randrange(3))


@pytest.mark.parametrize('kind', ['object', 'array'])
@pytest.mark.parametrize('limits', [{'max_properties': 5}, {'max_size': 40}], ids=['properties', 'size'])
def test_limits_are_exact(client, kind, limits):
    """What goes beyond a limit is refused, to the byte, unless it makes the collection smaller than it was."""
    store, collection, refused = limited(client, **limits), {} if kind == 'object' else [], 0
    if kind == 'object':
        collection = {'é': '1', **{str(n): '"somewhat long"' for n in range(6)}}
        Store(client, expire=60).run([submit(Change('object', collection))])
    for _ in range(300):
        change = random_change(kind)
        after = apply(collection, change)
        size = len if 'max_properties' in limits else lambda value: len(dump(value).encode())
        [most] = limits.values()
        is_too_much = size(after) > most and size(after) > size(collection)
        [outcome] = store.run([submit(change)])
        assert isinstance(outcome, Refused if is_too_much else Applied), (collection, change)
        refused += is_too_much
        collection = collection if is_too_much else after
        [kept] = store.run([Snapshot(K, 'broadcast')])
        assert json.loads(kept.text or dump(collection)) == json.loads(dump(collection))
    assert 10 < refused < 290


def test_reasons(client):
    """Whoever is refused is told the limit."""
    change = Change('object', {'a': '"1234567890"', 'b': '1'})
    for limits, reason in (
        ({'max_properties': 1}, 'This collection has at most 1 entries.'),
        ({'max_size': 10}, 'This collection has at most 10 bytes.'),
    ):
        assert limited(client, **limits).run([submit(change)]) == [Refused({'': [reason]})]
    assert client.get(K) is None


def test_the_server_is_not_limited(client):
    """A change without an author is Django's own."""
    [outcome] = limited(client, max_properties=1).run([submit(Change('object', {'a': '1', 'b': '2'}), author=None)])
    assert isinstance(outcome, Applied)


def test_plain_texts(client):
    """What a plain socket says is refused as a whole, and heard by nobody, whether there is a collection or not."""
    store = limited(client, max_properties=1)
    text = b'{"a":1,"b":2}'
    for _ in range(2):
        assert isinstance(store.run([Relay(K, 'broadcast', text, parse_plain(text.decode()))])[0], Refused)
        store.run([Snapshot(K, 'broadcast', create=True)])
    assert isinstance(limited(client, max_size=5).run([Relay('other', 'x', b'123456', None)])[0], Refused)
    assert limited(client, max_size=6).run([Relay('other', 'x', b'123456', None)]) == [Relayed()]


def test_a_change_of_the_other_kind_is_refused_for_that(client):
    """A limit takes no other reason's place."""
    store = limited(client, max_properties=1)
    store.run([submit(Change('object', {'a': '1'}))])
    change = Change('array', {}, push=('1', '2'))
    assert store.run([submit(change)]) == [Refused({'': ['The collection is an object.']})]
    with pytest.raises(Mismatch):
        apply({'a': '1'}, change)


def test_time_to_live(client):
    """A channel's own time goes before the store's."""
    store = Store(client, expire=60, terms=lambda channel: Terms(500) if channel == K else None)
    store.run([submit(Change('object', {'a': '1'})), Submit('other', 'broadcast', Change('object', {'a': '1'}))])
    assert 498 < client.ttl(K) <= 500
    assert 58 < client.ttl('other') <= 60
