"""What the name of a channel says is what it was made from."""

from __future__ import annotations

import pytest
from ws4redis import settings

from djng.channels import Audience, audience_of, sockets_of
from djng.redis_store import RedisStore


@pytest.mark.parametrize('prefix', [None, 'demo', 'a:b'])
def test_a_channel_says_whom_it_is_for(prefix: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Audience, name and facility come back from the channel, colons and percent signs included."""
    monkeypatch.setattr(settings, 'WS4REDIS_PREFIX', prefix)
    named = {'broadcast': True, 'users': ['mary%3A:%'], 'groups': ['a:b'], 'sessions': ['k3y']}
    channels = RedisStore(None)._get_message_channels(facility='c:d', **named)
    assert {audience_of(channel) for channel in channels} == {
        Audience('broadcast', None, 'c:d'),
        Audience('user', 'mary%3A:%', 'c:d'),
        Audience('group', 'a:b', 'c:d'),
        Audience('session', 'k3y', 'c:d'),
    }
    assert audience_of(sockets_of('c:d').encode()) == Audience('socket', None, 'c:d')
