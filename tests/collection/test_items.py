"""Tests for djng.collection.items: what was done to a list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from djng.collection import items
from djng.collection.items import difference
from djng.state.merge import Change

TEXTS = st.lists(st.sampled_from([f'"{letter}"' for letter in 'abcdefgh']), max_size=12)


def perform(before: list[str], change: Change | None) -> list[str]:
    """Return what becomes of items by a change of them."""
    if change is None:
        return before
    into = dict(change.insert)
    after: list[str] = []
    for index, text in enumerate(before):
        after += into.get(index, ())
        if str(index) not in change.delete:
            after.append(change.set.get(str(index), text))
    return [*after, *change.push]


@given(TEXTS, TEXTS)
def test_any_two_lists(before: list[str], after: list[str]) -> None:
    """The change makes the one of the other."""
    change = difference(before, after)
    assert perform(before, change) == after
    assert (change is None) == (before == after)


def test_an_item_is_taken_out() -> None:
    """Nothing is said of those behind it."""
    assert difference(['1', '2', '3', '4'], ['1', '3', '4']) == Change('array', {}, ('1',))


def test_items_are_put_in_set_and_appended() -> None:
    """Each is told by the index that is known of its place."""
    before, after = ['1', '2', '3'], ['1', '"a"', '"b"', '2', '"three"', '4']
    change = difference(before, after)
    assert change == Change('array', {'2': '"three"'}, (), None, ('4',), ((1, ('"a"', '"b"')),))


def test_items_that_are_alike() -> None:
    """Only those are set that have changed."""
    before = ['0'] * 1000
    after = [*before]
    after[1] = after[-2] = '1'
    assert difference(before, after) == Change('array', {'1': '1', '998': '1'})


def test_very_different_lists() -> None:
    """Where too much is different items are told by index: comparing all with all would take too long."""
    before = [str(index) for index in range(items.MOST_COMPARED + 9)]
    change = difference(before, before[::-1])
    assert change is not None
    assert change.delete == change.insert == ()
    assert perform(before, change) == before[::-1]
