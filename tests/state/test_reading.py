"""Tests for djng.state.reading: entry by entry, as written, and as strict as JavaScript is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djng.state.reading import NotJSON, array_items, object_members

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
TOO_DEEP = 'Nothing is nested more than 100 deep.'
NOT_FINITE = 'A number is finite.'
TEXTS = {
    NOT_FINITE: ['1e400', '-1e400', '[{"b":[1e999]}]', 'NaN', '-Infinity', '[Infinity]', '1' * 400, '9' * 5000],
    TOO_DEEP: ['[' * 101 + ']' * 101, '[' * 3000 + ']' * 3000, '{"[":' * 101 + '1' + '}' * 101],
    None: [
        *('1e308', '1e-400', '-0', '9' * 308, '"1e400"', '[' * 100 + ']' * 100, '{"b":' * 100 + '1' + '}' * 100),
        *(f'["{"[" * 200}"]', '"' + '{\\"' * 200 + '"', f'[{"[]," * 200}1]'),
    ],
}


@given(st.dictionaries(st.text(), JSON), st.sampled_from([None, 1, '\t']), st.booleans())
def test_members(value, indent, escape):
    """Members have the names and values that json finds, each value as it is written."""
    text = f' {json.dumps(value, indent=indent, ensure_ascii=escape)}\r\n'
    members = [*object_members(text)]
    assert {name: json.loads(written) for name, written, _ in members} == value
    assert all(written in text and written == written.strip() and error is None for _, written, error in members)


@given(st.lists(JSON), st.sampled_from([None, 1]))
def test_items(value, indent):
    """Items have the values that json finds."""
    assert [json.loads(written) for written, _ in array_items(json.dumps(value, indent=indent))] == value


def test_names():
    """Names are decoded, those that come twice come twice."""
    text = '{"\\u0061\\ud83d\\ude00\\ud800":1,"":2,"":3,"__proto__":4}'
    assert [name for name, _, _ in object_members(text)] == ['a😀\ud800', '', '', '__proto__']


@pytest.mark.parametrize(
    'text',
    [
        *('', ' ', 'x', '1', '"a"', 'null', '[]', '\ufeff{}', '\xa0{}'),
        *('{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{,}', "{'a':1}"),
        *('{a:1}', '{"a" 1}', '{"a":1}}', '{}x', '{"\t":1}', '{"a":"\\x"}', '{"a":"\\u12"}'),
        *('{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":0x1}', '{"a":tru}', '{"a":undefined}'),
        *('{"a":"\n"}', '{"a":\xa01}', '{"a":[1}', '{"a":٣}', '{"a":NaN,}', '{"a":[1e999}'),
        *('{"a":' + '[' * 5000, '{"a":' + '[' * 101 + '}'),
    ],
)
def test_no_object(text):
    """What is no JSON object is none, from its beginning to its end."""
    with pytest.raises(NotJSON):
        list(object_members(text))


@pytest.mark.parametrize('text', ['', '{}', '[', '[1', '[1,', '[1,]', '[,]', '[1]]', '[1 2]'])
def test_no_array(text):
    """What is no JSON array is none."""
    with pytest.raises(NotJSON):
        list(array_items(text))


@pytest.mark.parametrize('error', [NOT_FINITE, TOO_DEEP, None])
def test_errors(error):
    """A value that cannot travel is told by its name, and the others are read none the less."""
    for written in TEXTS[error]:
        assert [*object_members(f'{{"a":{written} ,"b":2}}')] == [('a', written, error), ('b', '2', None)]
        assert [*array_items(f'[ {written},2]')] == [(written, error), ('2', None)]
