"""What a facility lets one socket say: names and pace, without a socket."""

from __future__ import annotations

from djng.edit import Author
from djng.facilities import Facility
from djng.relay.licence import Licence
from djng.state.merge import Change


class Slow(Facility):
    """Two changes a second."""

    rate = 2


def licence(
    cls: type[Facility] = Facility, writable: frozenset[str] | None = None, readable: frozenset[str] | None = None
) -> Licence:
    """Return the licence of somebody."""
    return Licence(cls('a'), Author(None, None, 'me', ''), writable, readable)


def test_pace() -> None:
    """A second's worth may come at once, then one at a time; silence is not saved up for more."""
    slow = licence(Slow)
    assert [slow.wait(100.0) for _ in range(4)] == [0.0, 0.0, 0.5, 1.0]
    assert slow.wait(101.0) == 0.5
    assert [slow.wait(200.0) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert licence().wait(1.0) == 0.0


def test_late_is_not_punished() -> None:
    """Whoever is let on later than it could have been has no longer to wait for that."""
    slow = licence(Slow)
    assert [slow.wait(0.0) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert slow.wait(5.0) == 0.0


def test_names() -> None:
    """Setting and deleting need the same right; an array has no names."""
    change = Change('object', {'a': '1', 'b': '2'}, ('c',))
    assert licence().objections(change) == {}
    assert list(licence(writable=frozenset('a')).objections(change)) == ['b', 'c']
    assert licence(writable=frozenset('abc')).objections(change) == {}
    assert list(licence(writable=frozenset('0')).objections(Change('array', {'0': '1'}))) == ['']


def test_seeds() -> None:
    """Of a seed what may be written is left."""
    seed = Change('object', {'a': '1', 'b': '2'})
    assert licence().permitted(seed) == seed
    assert licence(writable=frozenset('a')).permitted(seed) == Change('object', {'a': '1'})
    assert licence(writable=frozenset('c')).permitted(seed) is None
    assert licence(writable=frozenset('0')).permitted(Change('array', {'0': '1'})) is None


def test_what_is_not_seen_is_not_written_unless_it_is_said() -> None:
    """Where only some may be read, no others may be written by default; a declared name may."""
    change = Change('object', {'a': '1', 'b': '2'}, ('c',))
    assert list(licence(readable=frozenset('a')).objections(change)) == ['b', 'c']
    assert list(licence(readable=frozenset('a'), writable=frozenset('bc')).objections(change)) == ['a']
    assert list(licence(readable=frozenset('0')).objections(Change('array', {}, push=('1',)))) == ['']


def test_who_sees_a_part_seeds_nothing() -> None:
    """Or the part would be taken for the whole."""
    seed = Change('object', {'a': '1'})
    assert licence(readable=frozenset('a')).permitted(seed) is None
    assert licence(readable=frozenset('a'), writable=frozenset('a')).permitted(seed) is None


def test_what_an_author_is_told() -> None:
    """Errors of properties that it neither sees nor has said are no business of the author's."""
    errors = {'': ['x'], 'a': ['x'], 'b': ['x'], 'c': ['x'], 'd': ['x']}
    change = Change('object', {'b': '1'}, ('c',))
    assert licence().visible(errors, change) == errors
    assert list(licence(readable=frozenset('a')).visible(errors, change)) == ['', 'a', 'b', 'c']
