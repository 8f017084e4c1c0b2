"""Tests for djng.state.merge, by the vectors that the client's tests read as well, and by random changes."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from djng.state import merge
from djng.state.merge import Change

VECTORS = json.loads(Path(__file__, '..', 'vectors.json').resolve().read_text(encoding='utf-8'))


def cases(of):
    """Return the vectors of one rule, named by what they say."""
    return pytest.mark.parametrize('case', [pytest.param(case, id=case['says']) for case in VECTORS[of]])


def change(case):
    """Return the change of a vector."""
    return Change(case['kind'], case['set'], tuple(case['delete']), case['length'], tuple(case['push']))


def cut(length):
    """Return None or a length."""
    return st.none() | st.integers(0, length)


TEXTS = st.sampled_from(['1', '"a"', 'null', '[]'])
OBJECTS = st.dictionaries(st.sampled_from('abcd'), TEXTS)
ARRAYS = st.lists(TEXTS, max_size=6)
INDEXES = st.integers(0, 8).map(str)


@st.composite
def changes(draw, kind):
    """Return any change of one kind."""
    if kind == 'array':
        length = draw(cut(8))
        texts = draw(st.dictionaries(INDEXES, TEXTS))
        kept = {name: text for name, text in texts.items() if length is None or int(name) < length}
        return Change('array', kept, length=length, push=tuple(draw(st.lists(TEXTS, max_size=3))))
    texts = draw(OBJECTS)
    return Change('object', texts, tuple(set(draw(st.lists(st.sampled_from('abcd')))) - set(texts)))


@cases('names')
def test_name(case):
    """A name has one text, whatever way it is spelt."""
    for spelling in case['spellings']:
        assert merge.name_text(json.loads(spelling)) == case['text']
    assert json.loads(case['text']) == json.loads(case['spellings'][0])
    case['text'].encode()


@cases('apply')
def test_apply(case):
    """A collection becomes what the vector says, and stays as it is itself."""
    before = json.dumps(case['collection'])
    if case['result'] is None:
        with pytest.raises(merge.Mismatch):
            merge.apply(case['collection'], change(case['change']))
    else:
        assert merge.apply(case['collection'], change(case['change'])) == case['result']
    assert json.dumps(case['collection']) == before


@cases('compose')
def test_compose(case):
    """Two changes are one, as the vector says."""
    first, then = change(case['first']), change(case['then'])
    if case['result'] is None:
        with pytest.raises(ValueError, match='how long'):
            merge.compose(first, then, case['length'])
    else:
        assert merge.compose(first, then, case['length']) == change(case['result'])


@given(OBJECTS, changes('object'), changes('object'))
def test_compose_objects(collection, first, then):
    """One change does what two did one after the other."""
    assert merge.apply(collection, merge.compose(first, then)) == merge.apply(merge.apply(collection, first), then)


@given(ARRAYS, changes('array'), changes('array'))
def test_compose_arrays(collection, first, then):
    """One change does what two did one after the other, where it is known how long the array is."""
    composed = merge.compose(first, then, len(collection))
    assert merge.apply(collection, composed) == merge.apply(merge.apply(collection, first), then)


@given(ARRAYS, changes('array'), changes('array'))
def test_compose_arrays_of_any_length(collection, first, then):
    """Where the length does not matter the composed change fits any array, unless something is set behind its end."""
    most = min(len(collection), len(collection) if first.length is None else first.length)
    assume(all(int(name) < most for name in (*first.set, *then.set)))
    try:
        composed = merge.compose(first, then)
    except ValueError:
        return
    assert merge.apply(collection, composed) == merge.apply(merge.apply(collection, first), then)


@given(OBJECTS | ARRAYS)
def test_dump(collection):
    """A collection is dumped as JSON, its values as they are."""
    decoded = json.loads(merge.dump(collection))
    if isinstance(collection, list):
        assert decoded == [json.loads(text) for text in collection]
    else:
        assert decoded == {name: json.loads(text) for name, text in collection.items()}


def test_dump_of_odd_names():
    """A name of lone surrogates can be dumped and stored as UTF-8."""
    assert json.loads(merge.dump({'\ud800é"': '1'}).encode()) == {'\ud800é"': 1}
