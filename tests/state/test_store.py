"""Tests for djng.state.store and the script: what each step does to what Redis keeps, and what it publishes."""

import json

import pytest
import redis

from djng.state.frame import parse_plain
from djng.state.merge import Change
from djng.state.steps import (
    Acknowledged,
    Applied,
    Failed,
    Gone,
    Kept,
    NotTaken,
    Refused,
    Relay,
    Relayed,
    Renew,
    Renewed,
    Snapshot,
    Submit,
    Told,
)
from djng.state.store import Store
from tests.state.looking import must_be

K = 'broadcast:foobar'
FIELDS, META, CLIENT = (f'djng:{{{K}}}:{what}' for what in ('fields', 'meta', 'client:'))
FUTURE = 2_000_000_000_000_000


def sets(**texts):
    """Return the change that sets these properties."""
    return Change('object', texts)


def submit(change, **more):
    """Return the step by which a change of nobody in particular is submitted."""
    return Submit(K, 'broadcast', change, **more)


def run(store, *steps):
    """Return what came of one step, or of several."""
    outcomes = store.run(steps)
    return outcomes[0] if len(steps) == 1 else outcomes


def test_nothing(store):
    """No steps have no outcome."""
    assert store.run([]) == []


def test_change_of_an_object(client, store, ear):
    """A change is kept, numbered, and published with who made it."""
    first = run(store, submit(sets(home='1', away='2'), author='me', s=1))
    change = Change('object', {'home': '3'}, ('away', 'none'))
    second = run(store, submit(change, author='me', s=2))
    assert (first, second) == (Applied(first.e, 1), Applied(first.e, 2))
    must_be(client, K, {'home': '3'})
    e = first.e
    assert ear.messages() == [
        b'{"home":1,"away":2,"$$djng":{"c":"broadcast","e":%d,"v":1,"o":"me","s":1}}' % e,
        b'{"home":3,"$$djng":{"c":"broadcast","e":%d,"v":2,"o":"me","s":2,"del":["away","none"]}}' % e,
    ]


def test_change_of_an_array(client, store, ear):
    """An array's change tells the index of what was pushed, and how long the array is then."""
    run(store, submit(Change('array', {'1': '"b"'}, push=('"c"',)), author='me', s=1))
    run(store, submit(Change('array', {'0': '"a"'}, length=2, push=('"d"', '"e"')), author='me', s=2))
    outcome = run(store, submit(Change('array', {'5': '1', '0': '0'})))
    must_be(client, K, ['0', '"b"', '"d"', '"e"', 'null', '1'])
    e = outcome.e
    assert ear.messages() == [
        b'{"1":"b","2":"c","$$djng":{"c":"broadcast","e":%d,"v":1,"n":3,"o":"me","s":1}}' % e,
        b'{"0":"a","2":"d","3":"e","$$djng":{"c":"broadcast","e":%d,"v":2,"n":4,"o":"me","s":2}}' % e,
        b'{"0":0,"5":1,"$$djng":{"c":"broadcast","e":%d,"v":3,"n":6}}' % e,
    ]


def test_empty_change(client, store, ear):
    """A change of nothing has its number and its frame, which tells its author that it came through."""
    run(store, submit(sets(a='1')))
    outcome = run(store, submit(sets(), author='me', s=1))
    assert outcome.v == 2
    must_be(client, K, {'a': '1'})
    assert ear.messages()[1] == b'{"$$djng":{"c":"broadcast","e":%d,"v":2,"o":"me","s":1}}' % outcome.e


@pytest.mark.parametrize('text', ['9007199254740993', '-0', '1E2', '[]', '{ }', '"\\u00e9"', '"é\\ud800"', '[1,\t2]'])
def test_values_stay_as_written(client, store, ear, text):
    """A value is kept and published as its author wrote it."""
    run(store, submit(Change('object', {'é': text})))
    must_be(client, K, {'é': text})
    assert ear.messages()[0].startswith(b'{"\xc3\xa9":' + text.encode() + b',"$$djng"')
    run(store, Submit('broadcast:array', 'broadcast', Change('array', {}, push=(text,))))
    must_be(client, 'broadcast:array', [text])


def test_lone_surrogate_that_is_not_escaped(client, store):
    """A lone surrogate, which a Python program may have, is escaped."""
    run(store, submit(Change('object', {'\ud800': '"\udc00"'}, ('\udfff',))))
    must_be(client, K, {'\ud800': '"\\udc00"'})


def test_resent_change(client, store, ear):
    """A change that comes again is acknowledged as what it was, and not applied again; others' numbers are theirs."""
    push = Change('array', {}, push=('1',))
    first, _ = run(store, submit(push, author='me', s=5), submit(push, author='you', s=5))
    heard = ear.messages()
    assert run(store, submit(push, author='me', s=5)) == Acknowledged(first.e, 1, 1)
    assert run(store, submit(push, author='me', s=4)) == Acknowledged(first.e, 1, 1)
    assert run(store, submit(push, author='me', s=6)).v == 3
    assert len(heard) == 2
    assert len(ear.messages()) == 1
    must_be(client, K, ['1', '1', '1'])
    assert client.get(f'{CLIENT}me') == b'6 %d 3 3' % first.e
    assert 86000 < client.ttl(f'{CLIENT}me') <= 86400


def test_resent_change_of_a_lost_collection(client, store):
    """What was applied to a collection that is lost is applied again to the one that takes its place."""
    push = Change('array', {}, push=('1',))
    run(store, submit(push, author='me', s=5))
    client.delete(K, FIELDS, META)
    assert run(store, submit(push, author='me', s=5)).v == 1
    must_be(client, K, ['1'])


def test_huge_number(store):
    """A number of a change may be as large as JavaScript counts."""
    outcome = run(store, submit(sets(a='1'), author='me', s=2**53 - 2))
    assert run(store, submit(sets(a='2'), author='me', s=2**53 - 2)) == Acknowledged(*outcome)
    assert run(store, submit(sets(a='3'), author='me', s=2**53 - 1)).v == 2


def test_seed(client, store, ear):
    """Only a new collection is seeded; what was deleted again does not make it new."""
    kept = run(store, Snapshot(K, 'broadcast', create=True))
    first = run(store, submit(sets(a='1'), author='me', seed=True))
    assert first == Applied(kept.e, 1)
    assert run(store, submit(sets(b='1'), author='you', seed=True)) == NotTaken(0)
    run(store, submit(Change('object', {}, ('a',))))
    assert run(store, submit(sets(b='1'), author='you', seed=True)) == NotTaken(0)
    must_be(client, K, {})
    assert ear.messages()[0] == b'{"a":1,"$$djng":{"c":"broadcast","e":%d,"v":1,"o":"me"}}' % kept.e


def test_no_creation(client, store):
    """A change that must not make a collection is told that there is none."""
    assert run(store, submit(sets(a='1'), create=False)) == Gone()
    client.set(K, '{"b":2}')
    assert run(store, submit(sets(a='1'), create=False)) == Gone()
    assert client.keys() == [K.encode()]


def test_another_kind(client, store, ear):
    """A change of the other kind is refused where something is kept, and gives its kind to what is empty."""
    run(store, submit(sets(a='1')))
    ear.messages()
    assert run(store, submit(Change('array', {}, push=('1',)))) == Refused({'': ['The collection is an object.']})
    assert ear.messages() == []
    run(store, submit(Change('object', {}, ('a',))))
    run(store, submit(Change('array', {'0': '1', '1': '2'})))
    must_be(client, K, ['1', '2'])
    assert run(store, submit(sets(a='1'))) == Refused({'': ['The collection is an array.']})
    run(store, submit(Change('array', {}, length=0)))
    must_be(client, K, [])
    outcome = run(store, submit(sets()))
    must_be(client, K, {})
    assert outcome.v == 5


def test_too_many_items(client, store):
    """An array is not made longer than it may be; the change is refused as a whole."""
    refused = Refused({'': ['An array has at most 100,000 items.']})
    run(store, submit(Change('array', {'99998': '1'}, push=('1',))))
    assert run(store, submit(Change('array', {'0': '0'}, push=('1',)))) == refused
    assert run(store, submit(Change('array', {}, length=99_999, push=('1', '2')))) == refused
    assert run(store, submit(Change('array', {'0': '0', '99999': '2'}))).v == 2
    run(store, submit(Change('array', {'0': '0'}, length=1)))
    must_be(client, K, ['0'])


def test_kept_text(store):
    """A snapshot tells what is kept, without the white space around it."""
    run(store, submit(sets(a='"  "', b='2')))
    e, _ = run(store, submit(Change('object', {}, ('b',))))
    assert run(store, Snapshot(K, 'broadcast')) == Kept(e, 2, 'object', 1, 0, b'{ "a":"  "}')


def test_snapshot_of_nothing(client, store):
    """Where nothing is kept nothing is told, and nothing is made unless it is asked for; a new one is empty."""
    assert run(store, Snapshot(K, 'broadcast')) == Kept(0, 0, None, 0, 0, None)
    assert client.keys() == []
    kept = run(store, Snapshot(K, 'broadcast', create=True))
    assert kept == Kept(kept.e, 0, None, 0, 0, None)
    assert client.keys() == [META.encode()]
    assert run(store, Snapshot(K, 'broadcast')) == kept


def test_snapshot_among_changes(store, ear):
    """A snapshot may be published to one process alone, in its order among the changes."""
    asked = Snapshot(K, 'broadcast', marks=b'marks', token=b'kept 1=', create=True)
    outcomes = run(store, asked, submit(sets(a='1')), asked, submit(sets(a='2')))
    e = outcomes[1].e
    assert outcomes == [Told(), Applied(e, 1), Told(), Applied(e, 2)]
    heard = ear.heard()
    assert [channel for channel, _ in heard] == ['marks', K, 'marks', K]
    told = [Kept.read(message.removeprefix(b'kept 1=')) for channel, message in heard if channel == 'marks']
    assert told == [Kept(e, 0, None, 0, 0, None), Kept(e, 1, 'object', 1, 0, b'{ "a":1}')]


def test_snapshot_of_plain_text(client, store, ear):
    """What a plain socket left is told as it is where it is no collection."""
    client.set(K, 'no JSON = \xff'.encode('latin-1'))
    assert run(store, Snapshot(K, 'broadcast')) == Kept(0, 0, None, 0, 0, b'no JSON = \xff')
    assert run(store, Snapshot(K, 'broadcast', marks=b'marks')) == Told()
    assert Kept.read(ear.messages()[0]) == Kept(0, 0, None, 0, 0, b'no JSON = \xff')


@pytest.mark.parametrize(
    ('text', 'kind', 'collection'),
    [
        ('{"a" : 1, "$$x": 2}\n', 'object', {'a': '1'}),
        ('[1, {"b": []}]', 'array', ['1', '{"b": []}']),
        ('{}', 'object', {}),
    ],
)
@pytest.mark.parametrize('step', [Snapshot(K, 'broadcast', create=True), submit(sets())], ids=['snapshot', 'change'])
def test_creation_from_plain_text(client, store, ear, text, kind, collection, step):
    """A collection begins with what plain ws4redis kept on its channel, and nobody is told, for nobody has asked."""
    client.set(K, text, ex=1000)
    run(store, step)
    kept = run(store, Snapshot(K, 'broadcast'))
    assert (kept.kind, kept.n) == (kind, len(collection))
    must_be(client, K, collection)
    assert 0 < client.ttl(K) <= 60
    assert len(ear.messages()) == kept.v - 1


@pytest.mark.parametrize('text', ['no JSON', '"text"', '1', '', '{"a":1e999}', '{"a":1', b'\xff'])
def test_creation_from_something_else(client, store, text):
    """Text that is no collection goes where one begins."""
    client.set(K, text)
    kept = run(store, Snapshot(K, 'broadcast', create=True))
    assert kept == Kept(kept.e, 0, None, 0, 0, None)
    assert client.get(K) is None


def test_time_to_live(client):
    """Everything lives for WS4REDIS_EXPIRE seconds after a change, and for 30 at the least; a renewal starts anew."""
    for expire, ttl in ((60, 60), (0, 30), (10, 30)):
        client.flushall()
        store = Store(client, expire=expire)
        for step in (submit(sets(a='1')), Renew(K, 'broadcast'), Snapshot(K, 'broadcast', create=True)):
            for key in (K, FIELDS, META):
                client.expire(key, 5)
            run(store, step)
            assert {client.ttl(key) for key in (K, FIELDS, META)} <= {ttl, ttl - 1}
    client.expire(K, 5)
    run(store, Snapshot(K, 'broadcast'))
    assert client.ttl(K) <= 5


def test_renewal(client, store):
    """Who renews a collection is told where it is by now, and that it is gone if so."""
    e, v = run(store, submit(sets(a='1')))
    assert run(store, Renew(K, 'broadcast')) == Renewed(e, v, 0, False)
    client.delete(META)
    assert run(store, Renew(K, 'broadcast')) == Gone()
    client.flushall()
    assert run(store, Renew(K, 'broadcast')) == Gone()
    assert client.keys() == []


def test_epochs_only_grow(client, store):
    """A collection that is made anew is later than what was seen of it before, though the clock was set back."""
    first = run(store, submit(sets(a='1')))
    client.delete(K, FIELDS, META)
    second = run(store, submit(sets(a='1'), least_epoch=first.e))
    assert second.e > first.e
    client.delete(K, FIELDS, META)
    assert run(store, Snapshot(K, 'broadcast', create=True, least_epoch=FUTURE // 1000)).e == FUTURE // 1000 + 1


@pytest.mark.parametrize('step', [Snapshot, Renew, submit], ids=['snapshot', 'renewal', 'change'])
def test_older_state_of_redis(client, store, step):
    """Where Redis comes back with an older state than was seen, this becomes a later epoch; what it holds stays."""
    e, v = run(store, submit(sets(a='1'), author='me', s=1))
    make = step if step is submit else lambda *_, **least: step(K, 'broadcast', **least)
    assert run(store, make(sets(), least_epoch=e, least_version=v)).e == e
    after = run(store, make(sets(), least_epoch=e, least_version=v + 9))
    assert after.e > e
    assert run(store, make(sets(), least_epoch=after.e + 10**9, least_version=1)).e == after.e + 10**9 + 1
    assert run(store, submit(sets(), author='me', s=1)) == Acknowledged(after.e + 10**9 + 1, v)
    must_be(client, K, {'a': '1'})


def test_plain_text_where_no_collection_is(client, store, ear):
    """A plain text is kept and published as it came; its author is marked right before."""
    text = b'{"a" : 1}\n\xff'
    assert run(store, Relay(K, 'broadcast', text, None, mark=b'own 7', marks=b'marks')) == Relayed()
    assert ear.heard() == [('marks', b'own 7'), (K, text)]
    assert client.get(K) == text
    assert 58 < client.ttl(K) <= 60
    run(store, Relay(K, 'broadcast', 'other', None, expire=0))
    assert client.get(K) == text
    run(store, Relay(K, 'broadcast', 'other', None, expire=9))
    assert (client.get(K), client.ttl(K)) == (b'other', 9)
    client.delete(K)
    run(Store(client, expire=0), Relay(K, 'broadcast', 'é', None))
    assert client.keys() == []
    assert [message for channel, message in ear.heard() if channel == K] == [b'other', b'other', 'é'.encode()]


def test_broken_collections(client, store):
    """Whatever key was lost, what is left is put together again, and is in a later epoch unless nothing is missing."""
    texts = {f'p{number}': '"x"' for number in range(100)}
    e, _ = run(store, submit(Change('object', texts)))
    client.delete(K)
    assert run(store, submit(sets(p0='1'))) == Applied(e, 2)
    texts['p0'] = '1'
    must_be(client, K, texts)
    for key in (FIELDS, META):
        client.delete(key)
        before, outcome = e, run(store, submit(sets(p1='2'), least_epoch=e))
        e, texts['p1'] = outcome.e, '2'
        assert e > before
        must_be(client, K, texts)
    client.hdel(FIELDS, '"p7"')
    assert run(store, submit(sets(), least_epoch=e)).e > e
    must_be(client, K, texts)
    client.delete(K, FIELDS)
    run(store, submit(sets(a='1')))
    must_be(client, K, {'a': '1'})


def test_keys_of_somebody_else(client, store):
    """A key of another type fails the step that meets it, and no other."""
    client.rpush(K, 'x')
    bad = [submit(sets(a='1')), Snapshot(K, 'broadcast'), Snapshot(K, 'broadcast', create=True)]
    *failed, good = run(store, *bad, Submit('broadcast:other', 'broadcast', sets(a='1')))
    assert [type(outcome) for outcome in failed] == [Failed, Failed, Failed]
    assert isinstance(failed[0].error, redis.ResponseError)
    assert good.v == 1
    assert client.lrange(K, 0, -1) == [b'x']


def test_full_redis(client, store):
    """A Redis without memory refuses a change as a whole."""
    run(store, submit(sets(a='1')))
    client.config_set('maxmemory', '1')
    try:
        assert isinstance(run(store, submit(sets(a='2', b='3'))), Failed)
    finally:
        client.config_set('maxmemory', '0')
    must_be(client, K, {'a': '1'})


def test_script_is_loaded_again(client, store):
    """Where Redis has forgotten the script, all steps are carried out in their order."""
    run(store, submit(sets()))
    client.script_flush()
    steps = [submit(Change('array', {}, push=(str(number),)), author='me', s=number) for number in range(1, 20)]
    assert [outcome.v for outcome in store.run([*steps, Snapshot(K, 'broadcast')])] == [*range(2, 21), 20]
    assert json.loads(client.get(K)) == list(range(1, 20))


def test_one_round_trip(client, store):
    """Many steps on many channels are one round trip."""
    run(store, submit(sets()))
    before = client.info('stats')['total_net_input_bytes']
    steps = [Submit(f'broadcast:{number}', 'broadcast', sets(a='1')) for number in range(100)]
    assert {outcome.v for outcome in store.run(steps)} == {1}
    assert client.info('stats')['total_net_input_bytes'] - before < 100 * 500
    assert client.info('commandstats')['cmdstat_evalsha']['calls'] >= 100


@pytest.mark.parametrize('protocol', [2, 3])
def test_protocols(redis_clean, protocol):
    """Clients of both of Redis' protocols understand all answers."""
    client = redis.Redis(port=redis_clean.port, protocol=protocol)
    store = Store(client, expire=60)
    e = run(store, Snapshot(K, 'broadcast', create=True)).e
    steps = [submit(sets(a='1'), author='me', s=1), submit(sets(a='1'), author='me', s=1), Renew(K, 'broadcast')]
    assert store.run(steps) == [Applied(e, 1), Acknowledged(e, 1), Renewed(e, 1, 0, False)]
    client.set(K, '{"b":2}')
    client.hdel(META, 'until')
    steps = [Snapshot(K, 'broadcast'), submit(Change('array', {})), submit(sets(), seed=True)]
    kept, refused, not_taken = store.run(steps)
    assert kept == Kept(e, 2, 'object', 2, 0, b'{ "a":1,"b":2}')
    assert (refused, not_taken) == (Refused({'': ['The collection is an object.']}), NotTaken(0))
    assert run(store, Snapshot('broadcast:none', 'broadcast')) == Kept(0, 0, None, 0, 0, None)
    client.close()


def test_redis_is_away(client):
    """Where Redis cannot be reached its client's exception is raised."""
    away = redis.Redis(port=1, socket_connect_timeout=1)
    with pytest.raises(redis.exceptions.ConnectionError):
        Store(away, expire=0).run([submit(sets())])


def test_relay_on_a_collection(client, store, ear):
    """A plain object is a change: what plain sockets are told is what its author wrote, byte for byte."""
    run(store, submit(sets(a='1')))
    for text in ('{"b" : 2, "a":1.0 }', '{ }', '{"$$x":1}', ' {"c":{}}'):
        run(store, Relay(K, 'broadcast', text, parse_plain(text), mark=b'own 7', marks=b'marks'))
    must_be(client, K, {'a': '1.0', 'b': '2', 'c': '{}'})
    heard = ear.heard()[1:]
    assert [channel for channel, _ in heard] == ['marks', K] * 4
    e = run(store, Snapshot(K, 'broadcast')).e
    assert [message for channel, message in heard if channel == K] == [
        b'{"b" : 2, "a":1.0 ,"$$djng":{"c":"broadcast","e":%d,"v":2}}' % e,
        b'{ "$$djng":{"c":"broadcast","e":%d,"v":3}}' % e,
        b'{"$$x":1,"$$djng":{"c":"broadcast","e":%d,"v":4}}' % e,
        b' {"c":{},"$$djng":{"c":"broadcast","e":%d,"v":5}}' % e,
    ]
