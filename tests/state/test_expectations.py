"""Tests for what a submitted change expects: it is applied only to the collection that it was made from."""

import threading

import pytest

from djng.state.merge import Change
from djng.state.steps import Acknowledged, Applied, Gone, Refused, Snapshot, Submit, Unexpected
from djng.state.store import Store
from tests.state.looking import must_be

K = 'broadcast:foobar'


def submit(store, change, **more):
    """Return what comes of a change."""
    return store.run([Submit(K, 'broadcast', change, **more)])[0]


def sets(**texts):
    """Return the change that sets these properties."""
    return Change('object', texts)


def test_expected_properties(client, store, ear):
    """A change is applied where the properties that it was made from have the same texts, or are not there yet."""
    submit(store, sets(home='1', away='"2 0"'))
    ear.heard()
    assert isinstance(submit(store, sets(home='2'), expect={'home': '1', 'away': '"2 0"', 'of': None}), Applied)
    assert len(ear.messages()) == 1
    must_be(client, K, {'home': '2', 'away': '"2 0"'})


@pytest.mark.parametrize('expect', [{'home': '1.0'}, {'home': None}, {'of': '3'}, {'away': '2', 'home': ''}])
def test_unexpected_properties(client, store, ear, expect):
    """Where one of them is another, nothing happens, and it is told what each is."""
    applied = submit(store, sets(home='1', away='2'))
    ear.heard()
    now = {'home': '1', 'away': '2'}
    outcome = submit(store, sets(home='9'), expect=expect)
    assert outcome == Unexpected(applied.e, 1, tuple(now.get(name) for name in expect))
    assert ear.messages() == []
    must_be(client, K, now)


def test_expected_position(store):
    """A change made from the whole is applied to the same version of the same epoch only."""
    applied = submit(store, Change('array', {}, push=('1',)))
    for position in ((applied.e, 0), (applied.e, 2), (applied.e + 1, 1), (0, 0)):
        outcome = submit(store, Change('array', {}, push=('2',)), expect_position=position)
        assert outcome == Unexpected(applied.e, 1, ())
    outcome = submit(store, Change('array', {}, push=('2',)), expect_position=(applied.e, 1))
    assert outcome == Applied(applied.e, 2)


def test_nothing_expected(store, client):
    """What was made from an empty collection is applied to one that is not there, or that is new."""
    assert submit(store, sets(home='1'), expect={'home': '1'}).texts == (None,)
    assert submit(store, sets(home='1'), expect_position=(5, 3)).v == 0
    assert client.keys() == []
    store.run([Snapshot(K, 'broadcast', create=True)])
    assert submit(store, sets(home='1'), expect={'home': None}, expect_position=(0, 0)).v == 1
    client.flushall()
    assert submit(store, sets(home='1'), expect_position=(0, 0)).v == 1
    client.flushall()
    assert submit(store, sets(home='1'), expect={'home': None}, create=False) == Gone()


def test_expected_of_somebody_else(client, store):
    """What a program has written under the key without the script is what is expected, or not."""
    client.set(K, '{"home": 1}')
    assert submit(store, sets(home='2'), expect={'home': None}).texts == ('1',)
    assert submit(store, sets(home='2'), expect={'home': '1'}).v == 2


def test_expected_beside_other_rules(store):
    """A resent change is acknowledged whatever has come since; one of another kind is unexpected, then refused."""
    submit(store, sets(home='1'), author='me', s=1, expect={'home': None})
    assert isinstance(submit(store, sets(home='1'), author='me', s=1, expect={'home': None}), Acknowledged)
    push = Change('array', {}, push=('1',))
    assert isinstance(submit(store, push, expect_position=(0, 0)), Unexpected)
    assert isinstance(submit(store, push, expect={'home': '1'}), Refused)


def test_lone_surrogates_are_expected(store):
    """A text that UTF-8 cannot carry is compared as it is kept."""
    submit(store, sets(home='"\ud800"'))
    assert isinstance(submit(store, sets(home='1'), expect={'home': '"\ud800"', '\ud800': None}), Applied)


def test_counting_together(client, store):
    """Of several who count at the same time, each makes a number that nobody else has made."""

    def count():
        text = None
        own = Store(client, expire=60)
        for _ in range(50):
            while True:
                more = str(int(text or 0) + 1)
                outcome = submit(own, sets(count=more), expect={'count': text})
                if isinstance(outcome, Applied):
                    text = more
                    break
                [text] = outcome.texts

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    must_be(client, K, {'count': '200'})
