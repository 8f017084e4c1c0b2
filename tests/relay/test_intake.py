"""Foreign messages of one collection: what is held, tried, and known to be taken in."""

from __future__ import annotations

import hashlib

import pytest

from djng.relay import intake
from djng.relay.intake import FIRST_TAKE, NEXT_TAKE, TAKES, Intake


def digest(text: bytes) -> str:
    """Return by what a message is known."""
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def holding(*texts: bytes, taken: int | None = 0) -> Intake:
    """Return one that holds ``texts``, and was made at 0."""
    new = Intake(0)
    new.taken = taken
    for text in texts:
        assert new.hold(text)
    return new


def test_only_what_may_be_a_change_is_held() -> None:
    """What is no object and no array is nothing for a collection."""
    assert len(holding(b'{"a":1}', b' \n[1]', b'text', b'12', b'"{}"', b'')) == 2


def test_a_newcomer_waits() -> None:
    """Who has just begun to listen, or may have missed something, leaves messages to others for a while."""
    one = holding(b'{}')
    assert one.next(FIRST_TAKE - 0.1) == ()
    assert one.next(FIRST_TAKE) == [b'{}']
    two = holding(b'{}')
    two.wait(10)
    assert two.next(10 + FIRST_TAKE - 0.1) == ()
    assert two.next(10 + FIRST_TAKE) == [b'{}']


def test_nothing_is_tried_before_it_is_told_how_many_were_taken() -> None:
    """Without a number no message can be taken in."""
    new = holding(b'{}', taken=None)
    assert new.next(100) == ()
    new.told(3, is_same_epoch=False)
    assert new.next(100) == [b'{}']
    assert new.taken == 3


def test_what_was_tried_comes_back_before_more_is_tried() -> None:
    """The next messages wait for those that are under way, whoever takes them in."""
    texts = [b'{"n":%d}' % n for n in range(TAKES + 1)]
    new = holding(*texts)
    assert new.next(100) == texts[:TAKES]
    new.answered()
    for n, text in enumerate(texts[:TAKES]):
        assert new.next(100) == ()
        new.took(n + 1, digest(text))
    assert new.next(100) == texts[TAKES:]
    new.took(TAKES + 1, digest(texts[-1]))
    assert len(new) == 0


def test_equal_messages_are_two() -> None:
    """One that is taken in leaves the other held."""
    new = holding(b'{}', b'{}')
    new.took(1, digest(b'{}'))
    assert len(new) == 1


def test_one_that_was_not_heard_is_none_of_ours() -> None:
    """What others have taken in and this process never heard drops nothing."""
    new = holding(b'{"a":1}')
    new.took(5, digest(b'{"b":1}'))
    assert (len(new), new.taken) == (1, 5)


def test_a_snapshot_tells_what_was_missed() -> None:
    """Messages that others took in while nothing could be heard are held no more; in another epoch all are."""
    texts = [b'{"n":%d}' % n for n in range(4)]
    new = holding(*texts, taken=2)
    new.told(5, is_same_epoch=True)
    assert new.next(100) == texts[3:]
    new = holding(*texts, taken=2)
    new.told(5, is_same_epoch=False)
    assert len(new) == 4


def test_what_does_not_come_back_is_stuck() -> None:
    """What was tried, answered, and not heard of for a while is tried anew once it is told how many were taken."""
    new = holding(b'{}')
    assert not new.is_stuck(100)
    assert new.next(100) == [b'{}']
    assert not new.is_stuck(100 + 2 * NEXT_TAKE)
    new.answered()
    assert not new.is_stuck(100 + NEXT_TAKE - 0.1)
    assert new.is_stuck(100 + NEXT_TAKE)
    new.told(1, is_same_epoch=False)
    assert new.next(100 + NEXT_TAKE) == [b'{}']


def test_too_many_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be taken in for long the oldest are passed over, and that is said."""
    monkeypatch.setattr(intake, 'HELD_LIMIT', 2)
    new = holding(b'{"n":0}', b'{"n":1}')
    assert not new.hold(b'{"n":2}')
    assert new.next(100) == [b'{"n":1}', b'{"n":2}']
