"""What is left of frames, snapshots and errors for who may read only some properties: no more, and no version less."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djng.state.calls import digest_of
from djng.state.glimpse import change_for, errors_for, kept_for
from djng.state.merge import name_text
from djng.state.steps import Kept

ABOUT = '"c":"broadcast","e":1763800000123,"v":42'
NAMES = frozenset({'home', 'ü', '\ud800'})

texts = st.text(st.characters(exclude_categories=[]))
values = st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | texts, lambda inner: st.lists(inner))


def seen(frame: str, names: frozenset[str] = NAMES) -> str:
    """Return what is left of a frame."""
    left = change_for(frame.encode(), names)
    assert left is not None
    return left.decode()


def test_a_change_keeps_its_place_and_its_values() -> None:
    """What may be read stays as its author wrote it, and the tail tells position, author and number."""
    author = '"o":"0123456789abcdef","s":7'
    frame = f'{{"home" :1.0e0,"secret":"}}","ü":[ 1 ],"$$djng":{{{ABOUT},{author},"del":["a","\\ud800"]}}}}'
    tail = f'"$$djng":{{{ABOUT},{author},"del":["\\ud800"]}}'
    assert seen(frame) == f'{{"home":1.0e0,"ü":[ 1 ],{tail}}}'


@pytest.mark.parametrize(
    'frame',
    [
        f'{{"secret":1,"$$djng":{{{ABOUT}}}}}',
        f'{{"$$djng":{{{ABOUT},"del":["secret"]}}}}',
        f'{{"secret":1,"$$djng":{{{ABOUT},"t":3,"f":"{digest_of(b"secret")}"}}}}',
        f'{{"0":"secret","home":1,"$$djng":{{{ABOUT},"n":4}}}}',
        f'{{"$$djng":{{"secret":1}},"$$djng":{{{ABOUT}}}}}',
    ],
    ids=['a value', 'a deletion', 'the digest of a foreign text', 'an array', 'a second tail'],
)
def test_a_change_of_which_nothing_may_be_seen_still_counts(frame: str) -> None:
    """Its version comes alone."""
    assert seen(frame) == f'{{"$$djng":{{{ABOUT}}}}}'


@pytest.mark.parametrize('message', [b'secret"$$djng":{"c":"x"}}', b'{"a":"\xff","$$djng":{}}', b'{"a":1}}', b'[]'])
def test_of_what_is_no_frame_nothing_is_told(message: bytes) -> None:
    """Nobody knows what such a text gives away."""
    assert change_for(message, NAMES) is None


@given(st.dictionaries(texts, values), st.sets(texts), st.data())
def test_nothing_slips_through(properties: dict[str, object], names: set[str], data: st.DataObject) -> None:
    """Whatever properties are called, those that may be read are told with their values, and no others."""
    properties = {name: value for name, value in properties.items() if not name.startswith('$$')}
    names |= set(data.draw(st.lists(st.sampled_from(sorted(properties))))) if properties else set()
    members = [f'{name_text(name)}:{json.dumps(value)}' for name, value in properties.items()]
    left = {name: value for name, value in properties.items() if name in names}
    tail = f'"$$djng":{{{ABOUT}}}'
    frame = json.loads(seen(f'{{{",".join([*members, tail])}}}', frozenset(names)))
    del frame['$$djng']
    assert frame == left
    kept = Kept(5, 6, 'object', len(members), 0, f'{{ {" ,".join(members)} }}'.encode())
    whole = kept_for(kept, frozenset(names))
    assert json.loads(whole.text or b'') == left
    assert (whole.e, whole.v, whole.n) == (5, 6, len(left))


def test_an_array_is_seen_as_a_whole_or_not_at_all() -> None:
    """To who may read some names an array looks like a collection without properties, of whatever length."""
    array = Kept(5, 6, 'array', 2, 0, b'["home","secret"]')
    assert kept_for(array, frozenset({'0', '1', 'home'})) == Kept(5, 6, None, 0, 0, b'{}')
    assert kept_for(Kept(5, 0, None, 0, 0, None), NAMES) == Kept(5, 0, None, 0, 0, b'{}')
    assert kept_for(Kept(5, 6, 'object', 1, 0, b'{"secret'), NAMES) == Kept(5, 6, None, 0, 0, b'{}')


def test_errors() -> None:
    """An author is told what is wrong with what may be read or was said, and with the whole, and of nothing else."""
    errors = {name: ['No.'] for name in ('', 'home', 'secret', 'said')}
    assert list(errors_for(errors, NAMES, ['said'])) == ['', 'home', 'said']
    assert list(errors_for(errors, frozenset())) == ['']
