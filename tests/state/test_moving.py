"""Tests for the script's rule of what becomes of an array's edits where others have taken items out and put some in."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djng.state.keys import keys_of
from djng.state.merge import Change
from djng.state.steps import Acknowledged, Applied, Outdated, Refused, Snapshot, Submit
from djng.state.store import Store
from tests.state.looking import must_be

K = 'broadcast:foobar'
META = keys_of(K.encode()).meta


def edit(texts=(), *, out=(), into=(), push=(), at=None):
    """Return the change that sets texts by index, takes items out and puts items in, by the indexes of a position."""
    return Change('array', dict(texts), tuple(map(str, out)), None, tuple(push), tuple(into), at)


def say(store, change, **more):
    """Have somebody say something."""
    return store.run([Submit(K, 'broadcast', change, **more)])[0]


def begin(store, *items):
    """Make an array; return its position."""
    outcome = say(store, edit(push=items))
    return outcome.e, outcome.v


def items(store):
    """Return the JSON texts that are kept."""
    return [json.dumps(item) for item in json.loads(store.run([Snapshot(K, 'broadcast')])[0].text)]


def test_two_take_out_another_item_each(client, store, ear):
    """Both are gone, and nothing else is."""
    at = begin(store, '1', '2', '3', '4')
    say(store, edit(out=[1], at=at))
    say(store, edit(out=[2], at=at))
    must_be(client, K, ['1', '4'])
    assert [message.partition(b',"$$djng"')[0] for message in ear.messages()[1:]] == [b'{"1":3,"2":4', b'{"1":4']


def test_two_take_out_the_same_item(client, store):
    """It is gone, and nothing else is."""
    at = begin(store, '1', '2', '3')
    say(store, edit(out=[1], at=at))
    assert isinstance(say(store, edit(out=[1], at=at)), Applied)
    must_be(client, K, ['1', '3'])


def test_one_takes_out_and_another_appends(client, store):
    """Whoever is first, what was appended is there."""
    at = begin(store, '1', '2', '3')
    say(store, edit(push=['4']))
    say(store, edit(out=[0, 1, 2], push=['5'], at=at))
    must_be(client, K, ['4', '5'])


def test_a_set_item_that_is_gone(client, store):
    """An edit of an item that somebody has taken out is put in where it was."""
    at = begin(store, '1', '2', '3')
    say(store, edit(out=[1], at=at))
    say(store, edit({'1': '"new"'}, at=at))
    must_be(client, K, ['1', '"new"', '3'])


def test_an_item_moves_along(client, store):
    """What is set and what is put in goes where its neighbours are by now."""
    at = begin(store, '1', '2', '3')
    say(store, edit(into=[(0, ('"a"', '"b"')), (3, ('"c"',))], at=at))
    say(store, edit({'2': '"three"'}, into=[(1, ('"x"',))], at=at))
    must_be(client, K, ['"a"', '"b"', '1', '"x"', '2', '"three"', '"c"'])


def test_a_cut_is_remembered(client, store):
    """What was cut off by a client that knows of no position is known to be gone."""
    at = begin(store, '1', '2', '3', '4')
    say(store, Change('array', {}, length=1))
    say(store, edit(push=['5']))
    say(store, edit({'3': '"four"'}, out=[2], at=at))
    must_be(client, K, ['1', '"four"', '5'])


def test_without_a_position(client, store):
    """Indexes of no position are taken for those of what there is, and those behind the end for the end."""
    begin(store, '1', '2')
    say(store, edit({'7': '"x"'}, out=[0, 9], into=[(8, ('"y"',))]))
    must_be(client, K, ['2', '"x"', '"y"'])


def test_what_cannot_be_known(client, store):
    """Of another epoch, or of a version that is to come, nothing is known; nor is it where too much has moved since."""
    e, v = begin(store, '1', '2')
    outdated = Outdated(e, v)
    assert say(store, edit(out=[0], at=(e - 1, 9)), author='a', s=1) == outdated
    assert say(store, edit(out=[0], at=(e, v + 1)), author='a', s=1) == outdated
    for _ in range(400):
        say(store, edit(into=[(0, ('0',))], at=None))
        say(store, edit(out=[0], at=None))
    assert len(client.hget(META, 'moves')) < 4100
    assert say(store, edit(out=[0], at=(e, v)), author='a', s=1) == Outdated(e, 801)
    assert isinstance(say(store, edit(out=[0], at=(e, 791)), author='a', s=1), Applied)
    must_be(client, K, ['2'])


def test_an_older_release_beside_this_one(client, store):
    """Where a script that remembers no moves has changed the array nothing is known of what was before."""
    e, v = begin(store, '1', '2')
    say(store, edit(out=[0], at=(e, v)))
    client.hset(META, 'v', v + 2)
    assert say(store, edit(out=[0], at=(e, v + 1)), author='a', s=1) == Outdated(e, v + 2)
    assert isinstance(say(store, edit(out=[0], at=(e, v + 2)), author='a', s=1), Applied)
    must_be(client, K, [])


def test_said_again(store):
    """What was applied is acknowledged, wherever its indexes have gone meanwhile."""
    at = begin(store, '1', '2')
    first = say(store, edit(out=[0], at=at), author='a', s=1)
    assert say(store, edit(out=[0], at=(at[0] - 1, 5)), author='a', s=1) == Acknowledged(first.e, first.v, 1)


def test_too_many_items(store):
    """What is put in counts among an array's items."""
    at = begin(store, *['0'] * 99_999)
    refused = Refused({'': ['An array has at most 100,000 items.']})
    assert say(store, edit(into=[(0, ('1', '1'))], at=at)) == refused
    assert isinstance(say(store, edit(into=[(0, ('1', '1'))], out=[5], at=at)), Applied)


class Items:
    """What becomes of items by changes of earlier versions, told by names that they keep, not by indexes."""

    def __init__(self, kept: list[str]) -> None:
        #: By each text that ever was, its item; by each item that is there, its text.
        self.item = {text: number for number, text in enumerate(kept)}
        self.text = dict(enumerate(kept))

    def take(self, seen: list[str], change: Change) -> None:
        """Take a change of ``seen``, the texts of the version that it is made from."""
        added = [text for _, texts in change.insert for text in texts] + [*change.push]
        for index, text in change.set.items():
            item = self.item[seen[int(index)]]
            if item in self.text:
                self.item[text], self.text[item] = item, text
            else:
                added.append(text)
        for index in change.delete:
            self.text.pop(self.item[seen[int(index)]], None)
        for text in added:
            self.item[text] = len(self.item)
            self.text[self.item[text]] = text


@given(st.integers(0, 6), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_story(client, size, data):
    """Whatever is said of whichever version, each item is there as if it had a name."""
    client.flushall()
    store = Store(client, expire=60)
    history = [[str(index) for index in range(size)]]
    known = Items(history[0])
    e, v = begin(store, *history[0])
    for number in range(data.draw(st.integers(1, 6))):
        version = data.draw(st.integers(max(0, number - 3), number))
        seen = history[version]
        indexes = data.draw(st.permutations(range(len(seen)))) if seen else []
        out, set_to = indexes[: data.draw(st.integers(0, 2))], indexes[2 : data.draw(st.integers(2, 4))]
        gaps = data.draw(st.lists(st.integers(0, len(seen)), unique=True, max_size=2))
        change = edit(
            {str(index): f'"{number}={index}"' for index in set_to},
            out=out,
            into=[(gap, (f'"{number}.{gap}a"', f'"{number}.{gap}b"')) for gap in gaps],
            push=[f'"{number}+"'] * data.draw(st.integers(0, 1)),
            at=(e, v + version),
        )
        assert isinstance(say(store, change), Applied)
        known.take(seen, change)
        history.append(items(store))
        assert sorted(history[-1]) == sorted(known.text.values())
    must_be(client, K, history[-1])


@pytest.mark.parametrize('length', [20, 1000])
def test_far_behind(client, store, length):
    """The text under the key is true, however many items move."""
    at = begin(store, *map(str, range(length)))
    say(store, edit({'3': '"x"'}, out=[0, 7, length - 1], into=[(5, ('"y"', '"z"'))], at=at))
    expected = [str(index) for index in range(length)]
    expected[3] = '"x"'
    del expected[length - 1], expected[7]
    expected[5:5] = ['"y"', '"z"']
    must_be(client, K, expected[1:])
