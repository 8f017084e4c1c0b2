"""Tests for djng.state.frame: what bound and plain sockets say, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djng.state.frame import Frame, Invalid, parse_frame, parse_plain
from djng.state.merge import Change
from djng.state.reading import NotJSON

FINITE = ['A number is finite.']
LENGTH = ['The length n of an array is at most 100,000.']


def sets(*delete, **texts):
    """Return the change that sets and deletes these properties."""
    return Change('object', texts, delete)


@pytest.mark.parametrize(
    ('text', 'frame'),
    [
        ('{"home":3,"$$djng":{"s":7,"del":["away"]}}', Frame(sets('away', home='3'), 7, False, False)),
        (' { "$$djng" : {"s":1} , "a" : [1, 2 ] }\n', Frame(sets(a='[1, 2 ]'), 1, False, False)),
        ('{"$$djng":{"s":9007199254740991}}', Frame(sets(), 2**53 - 1, False, False)),
        ('{"a":1,"a":2,"$$djng":{"s":1}}', Frame(sets(a='2'), 1, False, False)),
        ('{"a":1,"b":2,"$$djng":{"s":1,"del":["a","a","c"]}}', Frame(sets('a', 'c', b='2'), 1, False, False)),
        ('{"$$hashKey":1,"$$":1,"$a":2,"$$djng":{"s":1,"del":["$$x"]}}', Frame(sets(**{'$a': '2'}), 1, False, False)),
        ('{"a":1,"\\u0024$djng":{"s":1}}', Frame(sets(a='1'), 1, False, False)),
        ('{"home":2,"$$djng":{"seed":1}}', Frame(sets(home='2'), None, True, False)),
        ('{"$$djng":{"sync":1}}', Frame(None, None, False, True)),
        ('{"$$djng":{"s":1,"o":"x","c":"y","future":[{}]}}', Frame(sets(), 1, False, False)),
        (
            '{"0":"x","10":null,"$$djng":{"s":8,"list":1,"push":[ "d" , {"a": 1}]}}',
            Frame(Change('array', {'0': '"x"', '10': 'null'}, push=('"d"', '{"a": 1}')), 8, False, False),
        ),
        (
            '{"3":"x","$$djng":{"s":8,"list":1,"c":"user","e":5,"v":9,"del":[2,0,2],"ins":[[1,[1.0 ,"b"]],[4,[]]]}}',
            Frame(
                Change('array', {'3': '"x"'}, ('2', '0'), None, (), ((1, ('1.0', '"b"')), (4, ())), (5, 9)),
                8,
                False,
                False,
                'user',
            ),
        ),
        (
            '{"$$djng":{"s":8,"again":1,"push":[1]}}',
            Frame(Change('array', {}, push=('1',)), 8, False, False, None, True),
        ),
        ('{"$$djng":{"s":8,"list":1,"e":5,"v":-1}}', Frame(Change('array', {}), 8, False, False)),
        ('{"a":1,"$$djng":{"seed":1,"c":"user","e":5,"v":9}}', Frame(sets(a='1'), None, (5, 9), False, 'user')),
        ('{"a":1,"$$djng":{"seed":1,"e":"5","v":9}}', Frame(sets(a='1'), None, True, False)),
        ('{"$$djng":{"s":8,"n":2}}', Frame(Change('array', {}, length=2), 8, False, False)),
        ('{"1":1,"2":2,"$$djng":{"s":8,"n":2}}', Frame(Change('array', {'1': '1'}, length=2), 8, False, False)),
        ('{"0":1,"$$djng":{"s":8}}', Frame(sets(**{'0': '1'}), 8, False, False)),
        ('{"$$djng":{"seed":1,"list":1,"push":[]}}', Frame(Change('array', {}), None, True, False)),
        (
            '{"99999":1,"$$djng":{"s":1,"n":100000}}',
            Frame(Change('array', {'99999': '1'}, length=100_000), 1, False, False),
        ),
    ],
)
def test_frame(text, frame):
    """A frame says what it says."""
    assert parse_frame(text) == frame


@pytest.mark.parametrize(
    ('text', 's', 'errors'),
    [
        ('{"a":1}', None, {'': ['A frame has one $$djng.']}),
        ('{"$$djng":{"s":1},"$$djng":{"s":2}}', None, {'': ['A frame has one $$djng.']}),
        ('{"$$djng":[]}', None, {'': ['$$djng is an object.']}),
        *(
            (f'{{"$$djng":{{"s":{s}}}}}', None, {'': ['The number s of a change is a positive integer.']})
            for s in ('0', '-1', '1.0', '"1"', 'true', 'null', '[]', '9007199254740992', '1e3')
        ),
        ('{"$$djng":{}}', None, {'': ['The number s of a change is a positive integer.']}),
        ('{"$$djng":{"s":1,"seed":1}}', 1, {'': ['A seed has no number.']}),
        ('{"a":1e400,"b":[NaN],"c":1,"$$djng":{"s":3}}', 3, {'a': FINITE, 'b': FINITE}),
        (f'{{"a":{"[" * 101}{"]" * 101},"$$djng":{{"s":3}}}}', 3, {'a': ['Nothing is nested more than 100 deep.']}),
        ('{"$$djng":{"s":3,"push":[1,1e999,-1e999]}}', 3, {'': FINITE}),
        ('{"$$djng":{"s":3,"push":{}}}', 3, {'': ['What is pushed is an array.']}),
        ('{"$$djng":{"s":3,"x":1e999}}', 3, {'': FINITE}),
        ('{"$$djng":{"s":3,"del":"a"}}', 3, {'': ['What is deleted is an array of names.']}),
        ('{"$$djng":{"s":3,"del":["a",1]}}', 3, {'': ['What is deleted is an array of names.']}),
        (
            '{"$$djng":{"s":3,"n":1,"del":["a"]}}',
            3,
            {
                '': [
                    'What is deleted is an array of indexes.',
                    'An array is cut to a length, or items are taken out and put in, but not both at once.',
                ]
            },
        ),
        *(
            (
                f'{{"$$djng":{{"s":3,"list":1,"ins":{ins}}}}}',
                3,
                {'': ['What is put in is an array of pairs: an index, and items.']},
            )
            for ins in ('1', '{}', '[1]', '[[1]]', '[[1,2]]', '[["1",[2]]]', '[[-1,[2]]]', '[[1,[2],3]]')
        ),
        ('{"$$djng":{"s":3,"list":1,"ins":[[0,[1e999]]]}}', 3, {'': FINITE}),
        *((f'{{"$$djng":{{"s":3,"n":{n}}}}}', 3, {'': LENGTH}) for n in ('-1', '100001', '1.5', 'true', '"1"')),
        *(
            (
                f'{{"{name}":1,"$$djng":{{"s":3,"list":1}}}}',
                3,
                {name: ['An index of an array is a number below 100,000.']},
            )
            for name in ('a', '-1', '01', '1.0', '', '100000', '٣', 'length', '__proto__', '1e3', ' 1')
        ),
    ],
)
def test_refused(text, s, errors):
    """A frame that is refused says why, by property, and which change it was."""
    with pytest.raises(Invalid) as info:
        parse_frame(text)
    assert (info.value.s, info.value.errors) == (s, errors)


@pytest.mark.parametrize(
    'text', ['', 'hello', '--heartbeat--', '[]', '1', '"a"', '{"a":1', '{"$$djng":{"s":1}} x', '{"a":}']
)
def test_no_frame(text):
    """What is no JSON object is no frame."""
    with pytest.raises(NotJSON):
        parse_frame(text)


@pytest.mark.parametrize(
    ('text', 'change'),
    [
        (' {"a":1, "$$x":2, "b":[ ]}\n', sets(a='1', b='[ ]')),
        ('{"a":1,"$$djng":{"del":["b"]}}', sets(a='1')),
        ('{}', sets()),
        ('[1, {"a": 2}]', Change('array', {'0': '1', '1': '{"a": 2}'}, length=2)),
        ('[]', Change('array', {}, length=0)),
        ('{"a":"\\ud800"}', sets(a='"\\ud800"')),
        *((text, None) for text in ('', 'hello', '1', '"a"', 'null', '{"a":1', '[1', '{"a":1e400}', '[NaN]', '{} {}')),
        ('[' * 101 + ']' * 101, Change('array', {'0': '[' * 100 + ']' * 100}, length=1)),
        ('[' * 102 + ']' * 102, None),
        (f'[{"0," * 100_000}0]', None),
    ],
)
def test_plain(text, change):
    """A plain object sets its properties, a plain array is all there is, anything else is no change."""
    assert parse_plain(text) == change


@given(st.text('[]{}",:\\$djngs01eNaI \n', max_size=30))
def test_any_text(text):
    """Whatever is said is a frame, or refused, or no JSON; what is a frame to us is JSON to others."""
    try:
        parse_frame(text)
        json.loads(text)
    except (Invalid, NotJSON):
        pass
    if parse_plain(text) is not None:
        json.loads(text)
