"""Sockets of ws4redis' kind on the development server: what one says the others hear, in order and complete."""

from __future__ import annotations

import contextlib
import time

import pytest

from djng.redis_store import RedisMessage
from tests.servers import PATIENCE, Redis, Runserver, eventually
from tests.sockets import BOTH, all_heard, heard, opened, publish


def test_two_browsers_hear_each_other(runserver: Runserver) -> None:
    """What one browser says arrives at the other, byte for byte."""
    with opened(runserver, f'foobar?{BOTH}') as one, opened(runserver, f'foobar?{BOTH}') as two:
        one.send('{"a" :1, "ü":"€"}')
        assert heard(two) == '{"a" :1, "ü":"€"}'
        two.send('no JSON at all')
        assert heard(one) == 'no JSON at all'


def test_own_words_are_told_by_their_sender(runserver: Runserver) -> None:
    """A browser does not hear itself, but hears the same words from another: a says 1, b says 2, b says 1."""
    with opened(runserver, f'foobar?{BOTH}') as a, opened(runserver, f'foobar?{BOTH}') as b:
        a.send('n=1')
        assert heard(b) == 'n=1'
        b.send('n=2')
        b.send('n=1')
        b.send('end')
        assert all_heard(a, 'end') == ['n=2', 'n=1']


def test_fast_typing_is_not_heard_back(runserver: Runserver) -> None:
    """Of twenty messages in a burst the author hears none, everybody else all of them in order."""
    with opened(runserver, f'foobar?{BOTH}') as a, opened(runserver, f'foobar?{BOTH}') as b:
        for n in range(20):
            a.send(f'v{n}')
        assert all_heard(b, 'v19') == [f'v{n}' for n in range(19)]
        b.send('end')
        assert all_heard(a, 'end') == []


def test_echo_lets_the_author_hear(runserver: Runserver) -> None:
    """With ``echo`` the author hears its own words too."""
    with opened(runserver, f'foobar?{BOTH}&echo') as a:
        a.send('hello')
        assert heard(a) == 'hello'


def test_echo_of_nothing_subscribed(runserver: Runserver) -> None:
    """Who only publishes hears nothing, and its listeners hear all."""
    with (
        opened(runserver, 'foobar?publish-broadcast') as a,
        opened(runserver, 'foobar?subscribe-broadcast') as b,
    ):
        a.send('one')
        assert heard(b) == 'one'
        b.send('b may not speak')
        a.send('two')
        assert heard(b) == 'two'


def test_a_pipeline_of_messages_arrives_complete(runserver: Runserver, redis_clean: Redis) -> None:
    """1,000 messages published in one pipeline all arrive, in order."""
    with opened(runserver, 'foobar?subscribe-broadcast') as a:
        publish(redis_clean, 'broadcast:foobar', *(f'm{n}' for n in range(1000)), 'end')
        assert all_heard(a, 'end') == [f'm{n}' for n in range(1000)]


def test_a_burst_from_a_browser_arrives_complete(runserver: Runserver) -> None:
    """1,000 frames that a browser sends at once all arrive, in order."""
    with opened(runserver, f'foobar?{BOTH}') as a, opened(runserver, f'foobar?{BOTH}') as b:
        for n in range(1000):
            a.send(f'm{n}')
        a.send('end')
        assert all_heard(b, 'end') == [f'm{n}' for n in range(1000)]


def test_the_kept_message_greets_a_late_comer(runserver: Runserver, redis_clean: Redis) -> None:
    """The last message is kept for WS4REDIS_EXPIRE seconds, and heard first by who comes late."""
    with opened(runserver, 'foobar?publish-broadcast') as a:
        a.send('first')
        a.send('last')
        eventually(lambda: redis_clean.client.get('broadcast:foobar') == b'last')
    assert 3500 < redis_clean.client.ttl('broadcast:foobar') <= 3600  # type: ignore[operator]
    with opened(runserver, 'foobar?subscribe-broadcast') as b:
        assert heard(b) == 'last'


def test_what_is_kept_stays_as_it_was_said(runserver: Runserver, redis_clean: Redis) -> None:
    """Who comes late hears white space around a message, too."""
    with opened(runserver, 'foobar?publish-broadcast') as a:
        a.send(' \n{ "a": 1 }\t')
        eventually(lambda: redis_clean.client.exists('broadcast:foobar'))
    with opened(runserver, 'foobar?subscribe-broadcast') as b:
        assert heard(b) == ' \n{ "a": 1 }\t'


def test_facilities_are_apart(runserver: Runserver) -> None:
    """What is said at one facility is not heard at another."""
    with (
        opened(runserver, f'one?{BOTH}') as a,
        opened(runserver, f'two?{BOTH}') as b,
        opened(runserver, f'two?{BOTH}') as c,
    ):
        a.send('at one')
        c.send('at two')
        assert heard(b) == 'at two'


def test_ws4redis_publisher_is_heard(runserver: Runserver, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """ws4redis' own RedisPublisher reaches the browser, as a view uses it."""
    import redis as redis_py
    from ws4redis import publisher

    monkeypatch.setattr(publisher, 'redis_connection_pool', redis_py.ConnectionPool(port=redis_clean.port))
    with opened(runserver, 'foobar?subscribe-broadcast') as a:
        publisher.RedisPublisher(facility='foobar', broadcast=True).publish_message(RedisMessage('from a view'))
        assert heard(a) == 'from a view'
    publisher.redis_connection_pool.disconnect()


def test_heartbeats_come_after_silence_only(runserver: Runserver) -> None:
    """The heartbeat comes after 4 s of silence, not behind every message, and a browser's own goes no further."""
    with opened(runserver, f'foobar?{BOTH}') as a, opened(runserver, f'foobar?{BOTH}') as b:
        begin = time.monotonic()
        a.send('--heartbeat--')
        a.send('x')
        assert b.recv(timeout=PATIENCE) == 'x'
        assert b.recv(timeout=PATIENCE) == '--heartbeat--'
        assert time.monotonic() - begin >= 4


def test_150_browsers_on_one_process(runserver: Runserver, redis_clean: Redis) -> None:
    """More sockets than a redis-py pool has connections share one subscription."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(opened(runserver, f'f{n % 5}?subscribe-broadcast')) for n in range(150)]
        for facility in range(5):
            publish(redis_clean, f'broadcast:f{facility}', 'hello')
        assert [heard(websocket) for websocket in sockets] == ['hello'] * 150
        counts = redis_clean.client.pubsub_numsub(*(f'broadcast:f{facility}' for facility in range(5)))
        assert [count for _, count in counts] == [1] * 5
        # The five facilities, the marks and the lost rights, on one connection.
        assert [client['sub'] for client in redis_clean.client.client_list()].count('7') == 1


def test_a_killed_subscription_comes_back_with_the_kept_message(runserver: Runserver, redis_clean: Redis) -> None:
    """When Redis drops the subscription, browsers stay connected and hear what is kept once it is back."""
    with opened(runserver, 'foobar?subscribe-broadcast') as a:
        publish(redis_clean, 'broadcast:foobar', 'before')
        assert heard(a) == 'before'
        redis_clean.client.set('broadcast:foobar', 'kept meanwhile')
        redis_clean.client.client_kill_filter(_type='pubsub')
        assert heard(a) == 'kept meanwhile'
        publish(redis_clean, 'broadcast:foobar', 'after')
        assert heard(a) == 'after'


def test_what_is_said_right_after_the_handshake_arrives_once(runserver: Runserver) -> None:
    """Messages that cross the reading of what is kept arrive once each, in order."""
    for n in range(30):
        with opened(runserver, f'once{n}?{BOTH}') as one, opened(runserver, f'once{n}?{BOTH}') as two:
            for message in ('first', 'second', 'third'):
                one.send(message)
            two.send('answer')
            assert [heard(two) for _ in range(3)] == ['first', 'second', 'third']
            one.send('end')
            assert heard(two) == 'end'
            assert heard(one) == 'answer'
