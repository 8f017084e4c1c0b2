"""Tests for djng.state.heard: which messages on a channel are the script's own."""

import pytest

from djng.state.heard import heard

HEAD = b'"$$djng":{"c":"group:a\\"b","e":1763800000123,"v":42'


@pytest.mark.parametrize(
    ('message', 'plain'),
    [
        (b'{"a":1,' + HEAD + b'}}', b'{"a":1}'),
        (b'{"a":1 ,' + HEAD + b',"o":"0a","s":7,"del":["b","}}",",\\"$$djng\\":{\\"c\\":"]}}', b'{"a":1 }'),
        (b'{' + HEAD + b'}}', b'{}'),
        (b'{ ' + HEAD + b'}}', b'{ }'),
        (b'{"$$djng":{"c":"x","e":1,"v":1},' + HEAD + b'}}', b'{"$$djng":{"c":"x","e":1,"v":1}}'),
    ],
)
def test_change_of_an_object(message, plain):
    """A frame tells its position; without its end it is what plain sockets are sent."""
    assert heard(message)[:6] == (1763800000123, 42, 'object', None, None, plain)


def test_change_of_an_array():
    """An array's change is nothing for plain sockets."""
    assert heard(b'{"0":1,' + HEAD + b',"n":3}}')[:6] == (1763800000123, 42, 'array', None, None, None)


def test_taken_text():
    """A frame that stems from a foreign text tells how many those are, and which one."""
    taken = b',"t":5,"f":"' + b'0f' * 20 + b'"}}'
    assert heard(b'{"0":1,' + HEAD + b',"n":3' + taken)[:6] == (1763800000123, 42, 'array', 5, '0f' * 20, None)
    assert heard(b'{' + HEAD + taken)[:6] == (1763800000123, 42, 'object', 5, '0f' * 20, None)


@pytest.mark.parametrize(
    'message',
    [
        b'',
        b'}}',
        b'no JSON',
        b'{"a":{"b":1}}',
        b'{"a":1,' + HEAD + b'}} ',
        b'{"a":"' + HEAD.replace(b'"', b'\\"') + b'}}',
        b'{"$$djng":{"del":["a"]}}',
        b'{"$$djng":{"c":"x"}}',
        b'\xff}}',
    ],
)
def test_foreign(message):
    """Anything else is foreign."""
    assert heard(message) is None


def test_author():
    """A frame tells whose change it is, and its number."""
    known = heard(b'{"a":1,' + HEAD + b',"o":"0a9f","s":7}}')
    assert (known.author, known.s) == (b'0a9f', 7)
    for end in (b'}}', b',"o":"x","s":7}}'):
        assert heard(b'{"a":1,' + HEAD + end).author is None
