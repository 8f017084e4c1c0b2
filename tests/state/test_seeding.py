"""Tests for what comes back of a collection that is lost, in the script."""

from djng.state.merge import Change
from djng.state.steps import Acknowledged, Applied, Gone, Kept, NotTaken, Refused, Snapshot, Submit
from tests.state.looking import must_be

K = 'broadcast:foobar'
META = f'djng:{{{K}}}:meta'


def sets(*delete, **texts):
    """Return the change that sets these properties, and deletes some."""
    return Change('object', texts, delete)


def seed(store, texts, position=True):
    """Have a browser give back what it knows."""
    step = Submit(K, 'broadcast', Change('object', texts), author='b', seed=position, create=False)
    return store.run([step])[0]


def say(store, change):
    """Have somebody say something."""
    return store.run([Submit(K, 'broadcast', change)])[0]


def give(store, items, position=True, holds=()):
    """Have a browser give back an array."""
    change = Change('array', {}, push=tuple(items))
    return store.run([Submit(K, 'broadcast', change, author='b', seed=position, holds=holds, create=False)])[0]


def push(store, *items, s=None, again=False):
    """Have somebody append items."""
    change = Change('array', {}, push=items)
    return store.run([Submit(K, 'broadcast', change, author='a', s=s, again=again)])[0]


def begin(store):
    """Make a collection anew; return two positions of one that was there before, the earlier first."""
    [kept] = store.run([Snapshot(K, 'broadcast', create=True)])
    return (kept.e - 10, 3), (kept.e - 10, 5)


def test_a_seed_fills_what_is_missing(client, store, ear):
    """What was said since the collection is new stays, and only the rest comes back."""
    early, _ = begin(store)
    first = say(store, sets(home='3'))
    assert seed(store, {'home': '1', 'away': '2'}, early) == Applied(first.e, 2)
    must_be(client, K, {'home': '3', 'away': '2'})
    assert ear.messages()[1] == b'{"away":2,"$$djng":{"c":"broadcast","e":%d,"v":2,"o":"b"}}' % first.e


def test_what_was_deleted_does_not_come_back(client, store):
    """A property that was deleted since the collection is new stays so, also if it was not there then."""
    early, _ = begin(store)
    say(store, sets('home', away='2'))
    say(store, sets('away'))
    assert isinstance(seed(store, {'home': '1', 'away': '1', 'of': '9'}, early), Applied)
    must_be(client, K, {'of': '9'})


def test_the_later_position_is_right(client, store, ear):
    """A seed of a later position takes the place of what others have given back, and of nothing that was said since."""
    early, late = begin(store)
    seed(store, {'home': '1', 'away': '1', 'of': '1', 'by': '1'}, early)
    say(store, sets(away='7'))
    assert isinstance(seed(store, {'home': '2', 'away': '2', 'to': '2'}, late), Applied)
    must_be(client, K, {'home': '2', 'away': '7', 'to': '2'})
    assert ear.messages()[-1].endswith(b'"o":"b","del":["of","by"]}}') or ear.messages() == []


def test_an_earlier_position_says_nothing_new(client, store):
    """A seed of an earlier position, or of the same, is not taken: what it has and the other has not was deleted."""
    early, late = begin(store)
    seed(store, {'home': '2'}, late)
    assert isinstance(seed(store, {'home': '1', 'away': '1'}, early), NotTaken)
    assert isinstance(seed(store, {'away': '1'}, late), NotTaken)
    must_be(client, K, {'home': '2'})


def test_a_seed_without_a_position(client, store):
    """What only a page has is taken where nobody has said anything; whatever was known before goes over it."""
    early, _ = begin(store)
    assert isinstance(seed(store, {'home': '0', 'own': '0'}), Applied)
    assert isinstance(seed(store, {'more': '0'}), NotTaken)
    seed(store, {'home': '1'}, early)
    must_be(client, K, {'home': '1', 'own': '0'})


def test_a_seed_of_this_collection(client, store):
    """What is of the collection's own life is no seed: it holds what came of that."""
    begin(store)
    first = say(store, sets(home='1'))
    assert isinstance(seed(store, {'away': '1'}, (first.e, 9)), NotTaken)
    must_be(client, K, {'home': '1'})


def test_nothing_is_missing(client, store, ear):
    """A seed that has nothing new changes nothing, and is published to nobody."""
    early, late = begin(store)
    seed(store, {'home': '1'}, early)
    ear.messages()
    assert isinstance(seed(store, {'home': '1'}, late), NotTaken)
    assert ear.messages() == []
    must_be(client, K, {'home': '1'})


def test_a_seed_comes_too_late(client, store):
    """After two minutes nothing comes back any more, and nothing is remembered of what has."""
    early, late = begin(store)
    seed(store, {'home': '1', 'away': '1'}, early)
    say(store, sets('away'))
    assert {b'+"home"', b'-"away"', b'seed', b'seedable'} < {*client.hkeys(META)}
    client.hset(META, 'seedable', int(client.hget(META, 'seedable')) - 120_001)
    assert isinstance(seed(store, {'of': '1'}, late), NotTaken)
    for _ in range(64):
        say(store, sets(home='2'))
    assert not {b'+"home"', b'-"away"', b'seed', b'seedable'} & {*client.hkeys(META)}
    must_be(client, K, {'home': '2'})


def test_a_seed_for_nothing(client, store):
    """A seed makes no collection where its author will be told of it first."""
    assert seed(store, {'home': '1'}, (1, 1)) == Gone()
    assert client.keys() == []


def test_the_epoch_in_which_it_was_made(store):
    """A collection that goes on in another epoch tells in which one it was made."""
    first = say(store, sets(home='1'))
    step = Snapshot(K, 'broadcast', least_epoch=first.e, least_version=7)
    [kept] = store.run([step])
    assert kept == Kept(first.e + 1, 1, 'object', 1, 0, kept.text, first.e) or kept.made == first.e


def test_an_array_comes_back_in_front(client, store, ear):
    """What was appended since stands behind what was known, and a better seed takes the place of a worse one."""
    early, late = begin(store)
    push(store, '"new"')
    assert isinstance(give(store, ['1', '2'], early), Applied)
    push(store, '"newer"')
    assert isinstance(give(store, ['1', '2', '3'], late), Applied)
    must_be(client, K, ['1', '2', '3', '"new"', '"newer"'])
    assert isinstance(give(store, ['1', '2'], early), NotTaken)
    assert ear.messages()[1].startswith(b'{"0":1,"1":2,"2":"new","$$djng":')


def test_a_worse_array_is_taken_out_again(client, store):
    """A seed of a later position that has less takes out what a worse one has brought, and indexes go along."""
    early, late = begin(store)
    give(store, ['1', '2', '3'], early)
    first = push(store, '"new"')
    give(store, ['2'], late)
    must_be(client, K, ['2', '"new"'])
    change = Change('array', {'3': '"edited"'}, at=(first.e, first.v))
    store.run([Submit(K, 'broadcast', change)])
    must_be(client, K, ['2', '"edited"'])


def test_an_array_that_was_edited(client, store):
    """Where more was done than appending an array does not come back: nobody could tell what goes where."""
    early, late = begin(store)
    give(store, ['1', '2'], early)
    store.run([Submit(K, 'broadcast', Change('array', {'0': '"one"'}))])
    assert isinstance(give(store, ['1', '2', '3'], late, (('a', 5),)), NotTaken)
    must_be(client, K, ['"one"', '2'])
    assert isinstance(push(store, '3', s=5), Applied)


def test_what_a_seed_holds_is_not_applied_again(client, store):
    """A change that is in a seed is acknowledged where its author says it again, and the next one is applied."""
    early, _ = begin(store)
    given = give(store, ['1', '2'], early, (('a', 4), ('c', 9)))
    assert push(store, '2', s=4, again=True) == Acknowledged(given.e, given.v)
    assert isinstance(push(store, '3', s=5), Applied)
    must_be(client, K, ['1', '2', '3'])


def test_what_was_said_again_is_not_in_a_seed_too(client, store):
    """An item that its author has said again before the seed comes is there once."""
    early, _ = begin(store)
    push(store, '2', s=4, again=True)
    push(store, '2', s=5)
    give(store, ['1', '2', '2'], early)
    must_be(client, K, ['1', '2', '2', '2'])


def test_an_object_holds_changes_too(client, store):
    """Whoever gives back a property after it was given back already tells whose change that was."""
    early, late = begin(store)
    given = seed(store, {'home': '1'}, late)
    step = Submit(K, 'broadcast', sets(home='1'), author='b', seed=early, holds=(('a', 4),), create=False)
    assert isinstance(store.run([step])[0], NotTaken)
    again = Submit(K, 'broadcast', sets(home='0'), author='a', s=4)
    assert store.run([again])[0] == Acknowledged(given.e, given.v)
    must_be(client, K, {'home': '1'})


def test_a_seed_of_the_other_kind(client, store):
    """An array does not come back into an object that holds something, nor the other way round."""
    early, late = begin(store)
    say(store, sets(home='1'))
    assert isinstance(give(store, ['1'], early), NotTaken)
    client.flushall()
    early, late = begin(store)
    push(store, '1')
    assert isinstance(seed(store, {'home': '1'}, late), NotTaken)
    must_be(client, K, ['1'])


def test_a_seed_that_is_too_large(client, store):
    """What comes back keeps to the limits."""
    early, _ = begin(store)
    push(store, '1')
    assert isinstance(give(store, ['0'] * 100_000, early), Refused)
    must_be(client, K, ['1'])
    give(store, ['0'], early)
    must_be(client, K, ['0', '1'])
