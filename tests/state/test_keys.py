"""Tests for djng.state.keys: all keys of a channel lie in one slot, whatever the channel is called."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.crc import key_slot

from djng.state.keys import keys_of, slot_of


def test_ordinary_channel():
    """The channel is the companions' hash tag."""
    assert keys_of(b'demo:broadcast:foobar') == (
        b'demo:broadcast:foobar',
        b'djng:{demo:broadcast:foobar}:fields',
        b'djng:{demo:broadcast:foobar}:meta',
        b'djng:{demo:broadcast:foobar}:client:',
        b'djng:{demo:broadcast:foobar}:log',
        b'djng:{demo:broadcast:foobar}:seen',
        b'djng:{demo:broadcast:foobar}:parked',
        b'djng:{demo:broadcast:foobar}:lease',
        b'djng:{demo:broadcast:foobar}:here',
    )


def test_channel_with_a_hash_tag():
    """A channel's own hash tag is that of its companions."""
    assert keys_of(b'{a}b').meta == b'djng:meta:{a}b'


@pytest.mark.parametrize(
    'channel', [b'', b'{', b'}', b'{}', b'{}{a}', b'a}b', b'}{', b'a{b', b'{{a}}', b'{a', b'%b{}%']
)
def test_braces(channel):
    """Braces that make no hash tag, or would end one early, change nothing."""
    keys = keys_of(channel)
    assert {key_slot(key) for key in (*keys, keys.client + b'0123')} == {key_slot(channel)}


# Looking for a number of the same slot takes its time on a busy machine.
@settings(deadline=None)
@given(st.text('{}a%:é', max_size=8).map(str.encode), st.text('{}a%:é', max_size=8).map(str.encode))
def test_any_channels(channel, other):
    """Keys share the channel's slot, and no two channels share a key."""
    assert slot_of(channel) == key_slot(channel)
    keys, others = keys_of(channel), keys_of(other)
    assert {key_slot(key) for key in (*keys, keys.client + b'0123')} == {key_slot(channel)}
    assert channel == other or not {*keys} & {*others}
