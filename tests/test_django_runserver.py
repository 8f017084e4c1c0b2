"""The development server, for real: what ws4redis documents, and what it gets wrong today."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from djng.redis_store import RedisMessage
from tests.servers import PATIENCE, Redis, Runserver, eventually, free_port, running
from tests.sockets import BOTH, CLIENT_ID, all_heard, heard, opened, publish, server_with, session_cookie


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


def test_large_messages_travel_whole(runserver: Runserver) -> None:
    """A message of 2 MB in one frame and one in many fragments both arrive whole."""
    large = 'ä' * 1_000_000
    with (
        opened(runserver, f'foobar?{BOTH}', max_size=None) as a,
        opened(runserver, f'foobar?{BOTH}', max_size=None) as b,
    ):
        a.send(large)
        assert heard(b) == large
        a.send(large[n : n + 60_000] for n in range(0, len(large), 60_000))
        assert heard(b) == large


def test_messages_above_the_limit_close_with_1009(runserver: Runserver) -> None:
    """A message above DATA_UPLOAD_MAX_MEMORY_SIZE, in fragments too, closes its socket and no other."""
    with opened(runserver, f'foobar?{BOTH}') as a, opened(runserver, f'foobar?{BOTH}') as b:
        with pytest.raises(ConnectionClosed) as closed:
            a.send('x' * 100_000 for _ in range(30))
            a.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        with opened(runserver, f'foobar?{BOTH}') as c:
            c.send('still here')
            assert heard(b) == 'still here'


def test_pings_are_answered_with_their_payload(runserver: Runserver) -> None:
    """A ping gets its own payload back."""
    with opened(runserver, f'foobar?{BOTH}') as a:
        assert a.ping(b'some payload').wait(PATIENCE)


def test_close_codes_are_answered(runserver: Runserver) -> None:
    """A close frame is answered with its own code."""
    with opened(runserver, f'foobar?{BOTH}') as a:
        a.close(4321, 'bye')
        assert a.close_code == 4321


def test_text_that_is_no_utf8_closes_with_1007(runserver: Runserver) -> None:
    """Invalid UTF-8 in a text frame fails the connection, RFC 6455, 8.1."""
    with opened(runserver, f'foobar?{BOTH}') as a:
        a.send(b'\xff\xfe', text=True)
        with pytest.raises(ConnectionClosed) as closed:
            a.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007


def test_binary_messages_close_with_1003(runserver: Runserver) -> None:
    """Binary messages can't be relayed to clients that expect text."""
    with opened(runserver, f'foobar?{BOTH}') as a:
        a.send(b'\x00\x01')
        with pytest.raises(ConnectionClosed) as closed:
            a.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1003


def test_a_stray_continuation_frame_disturbs_nobody(runserver: Runserver) -> None:
    """A continuation of nothing closes its socket with 1002; others go on."""
    with opened(runserver, f'foobar?{BOTH}') as a, opened(runserver, f'foobar?{BOTH}') as b:
        with opened(runserver, f'foobar?{BOTH}') as c:
            c.socket.sendall(b'\x80\x81\x00\x00\x00\x00A')
            with pytest.raises(ConnectionClosed) as closed:
                c.recv(timeout=PATIENCE)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1002
        a.send('undisturbed')
        assert heard(b) == 'undisturbed'


def test_fragments_of_two_clients_do_not_mix(runserver: Runserver) -> None:
    """Two clients that send fragments in turns each say what they said."""
    with (
        opened(runserver, 'foobar?publish-broadcast') as a,
        opened(runserver, 'foobar?publish-broadcast') as b,
        opened(runserver, 'foobar?subscribe-broadcast') as c,
    ):
        for n, opcode in ((1, 0x01), (2, 0x00), (3, 0x80)):
            for socket_, letter in ((a, b'A'), (b, b'B')):
                socket_.socket.sendall(bytes([opcode, 0x82, 0, 0, 0, 0]) + letter + str(n).encode())
        assert {heard(c), heard(c)} == {'A1A2A3', 'B1B2B3'}


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


@pytest.mark.parametrize('origin', ['https://evil.example', 'null', 'http://127.0.0.1.evil.example', 'file://'])
def test_foreign_origins_are_refused(runserver: Runserver, origin: str) -> None:
    """A page of a foreign origin may not open a socket, bound or plain."""
    for path in (f'foobar?{BOTH}', f'foobar?{BOTH}&djng={CLIENT_ID}'):
        with pytest.raises(InvalidStatus) as refused, opened(runserver, path, origin=origin):
            pass
        assert refused.value.response.status_code == 403


def test_own_origin_is_accepted(runserver: Runserver) -> None:
    """A page of the server's own may open a socket."""
    with opened(runserver, f'foobar?{BOTH}', origin=f'http://127.0.0.1:{runserver.port}'):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize('audience', ['user', 'group', 'session'])
def test_audiences_that_a_visitor_lacks_are_refused(runserver: Runserver, audience: str) -> None:
    """An anonymous visitor has no user, groups or session: HTTP 403, or 4401 to a bound socket."""
    path = f'foobar?subscribe-{audience}&publish-{audience}'
    with pytest.raises(InvalidStatus) as refused, opened(runserver, path):
        pass
    assert refused.value.response.status_code == 403
    with opened(runserver, f'{path}&djng={CLIENT_ID}') as bound, pytest.raises(ConnectionClosed) as closed:
        bound.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    assert 'sign in' in closed.value.rcvd.reason


def test_audiences_that_a_visitor_lacks_are_left_out(runserver: Runserver, redis_clean: Redis) -> None:
    """Of the audiences asked for, those that an anonymous visitor has remain."""
    with opened(runserver, 'foobar?subscribe-user&subscribe-broadcast&publish-user') as a:
        publish(redis_clean, 'broadcast:foobar', 'to all')
        assert heard(a) == 'to all'
        a.send('published nowhere')
        channels = redis_clean.client.pubsub_channels()
    assert [channel for channel in channels if b'user' in channel] == []
    assert redis_clean.client.keys() == []


def test_a_made_up_session_is_none(runserver: Runserver) -> None:
    """A session key that a browser invents binds it to nothing."""
    with (
        pytest.raises(InvalidStatus) as refused,
        opened(
            runserver,
            'foobar?subscribe-session',
            origin=f'http://127.0.0.1:{runserver.port}',  # type: ignore[arg-type]
            additional_headers={'Cookie': 'sessionid=0123456789abcdef0123456789abcdef'},
        ),
    ):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.django_db(transaction=True)
def test_users_groups_and_sessions_hear_what_is_theirs(runserver: Runserver, redis_clean: Redis) -> None:
    """A signed-in visitor hears its user's, groups' and session's channels, and no other's."""
    from django.contrib.auth.models import Group, User

    mary = User.objects.create_user('mary:ann')
    mary.groups.add(Group.objects.create(name='chess'))
    cookie = session_cookie(mary)
    key = cookie['Cookie'].partition('=')[2]
    origin: Any = f'http://127.0.0.1:{runserver.port}'
    path = 'foobar?subscribe-user&subscribe-group&subscribe-session'
    with opened(runserver, path, origin=origin, additional_headers=cookie) as a:
        publish(redis_clean, 'user:mary:ann:foobar', 'of user mary, facility ann:foobar')
        publish(redis_clean, 'user:mary%3Aann:foobar', 'for mary')
        assert heard(a) == 'for mary'
        publish(redis_clean, 'group:go:foobar', 'for go players')
        publish(redis_clean, 'group:chess:foobar', 'for chess players')
        assert heard(a) == 'for chess players'
        publish(redis_clean, f'session:{key}:foobar', 'for this session')
        assert heard(a) == 'for this session'


@pytest.mark.django_db(transaction=True)
def test_a_session_cookie_without_origin_is_refused(runserver: Runserver) -> None:
    """Whoever shows a session's cookie is a browser, and browsers name the origin of the page."""
    from django.contrib.auth.models import User

    cookie = session_cookie(User.objects.create_user('mary'))
    with (
        pytest.raises(InvalidStatus) as refused,
        opened(runserver, f'foobar?{BOTH}', additional_headers=cookie),
    ):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize('facility', ['x' * 201, 'a%00b', 'a%0Ab'])
def test_unfit_facilities_are_not_found(runserver: Runserver, facility: str) -> None:
    """A facility that is too long or holds control characters is a 404, or 4404 to a bound socket."""
    with pytest.raises(InvalidStatus) as refused, opened(runserver, f'{facility}?{BOTH}'):
        pass
    assert refused.value.response.status_code == 404
    with (
        opened(runserver, f'{facility}?{BOTH}&djng={CLIENT_ID}') as bound,
        pytest.raises(ConnectionClosed) as closed,
    ):
        bound.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


@pytest.mark.parametrize(
    ('headers', 'status'),
    [
        ({}, 426),
        ({'Upgrade': 'websocket', 'Connection': 'Upgrade'}, 400),
        (
            {
                'Upgrade': 'websocket',
                'Connection': 'Upgrade',
                'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
                'Sec-WebSocket-Version': '7',
            },
            400,
        ),
    ],
)
def test_what_is_no_handshake_gets_its_status(runserver: Runserver, headers: dict[str, str], status: int) -> None:
    """A request that is no handshake is answered in HTTP, and the connection serves on."""
    connection = http.client.HTTPConnection('127.0.0.1', runserver.port, timeout=PATIENCE)
    connection.request('GET', f'/ws/foobar?{BOTH}', headers=headers)
    response = connection.getresponse()
    assert response.status == status
    assert response.read()
    connection.close()


def test_the_first_subprotocol_is_taken(runserver: Runserver) -> None:
    """Of the subprotocols a client offers the first is taken, or browsers would fail the connection."""
    subprotocols: Any = ['chat', 'superchat']
    with opened(runserver, f'foobar?{BOTH}', subprotocols=subprotocols) as a:
        assert a.subprotocol == 'chat'


def test_frames_right_behind_the_request_are_heard(runserver: Runserver) -> None:
    """A frame in the same segment as the handshake's request is not lost."""
    request = (
        f'GET /ws/foobar?{BOTH}&echo HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
    )
    with socket.create_connection(('127.0.0.1', runserver.port), PATIENCE) as raw:
        raw.sendall(request.encode() + b'\x81\x85\x00\x00\x00\x00early')
        received = b''
        while b'early' not in received:
            chunk = raw.recv(4096)
            assert chunk, received
            received += chunk
    assert re.match(rb'HTTP/1.1 101 [^\0]*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n', received)
    assert b'Content-Length' not in received


def test_static_files_and_pages_are_served_beside(runserver: Runserver) -> None:
    """Sockets do not get in the way of what runserver does otherwise."""
    connection = http.client.HTTPConnection('127.0.0.1', runserver.port, timeout=PATIENCE)
    for path, status in (('/static/js/ws4redis.js', 200), ('/hello/', 200), ('/static/js/ws4redis.js', 200)):
        connection.request('GET', path)
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


def test_allowed_channels_leave_what_they_leave(redis_clean: Redis) -> None:
    """WS4REDIS_ALLOWED_CHANNELS says what is left of the channels asked for."""
    with server_with(redis_clean, WS4REDIS_ALLOWED_CHANNELS='tests.hooks.only_subscribe') as server:
        with opened(server, f'foobar?{BOTH}') as a:
            a.send('not published')
            publish(redis_clean, 'broadcast:foobar', 'heard')
            assert heard(a) == 'heard'
        with pytest.raises(InvalidStatus) as refused, opened(server, 'foobar?publish-broadcast'):
            pass
        assert refused.value.response.status_code == 403


def test_a_denied_permission_is_403(redis_clean: Redis) -> None:
    """PermissionDenied in the callback is a 403, or 4403 with its words to a bound socket."""
    with server_with(redis_clean, WS4REDIS_ALLOWED_CHANNELS='tests.hooks.deny') as server:
        with pytest.raises(InvalidStatus) as refused, opened(server, f'foobar?{BOTH}'):
            pass
        assert refused.value.response.status_code == 403
        with (
            opened(server, f'foobar?{BOTH}&djng={CLIENT_ID}') as bound,
            pytest.raises(ConnectionClosed) as closed,
        ):
            bound.recv(timeout=PATIENCE)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, 'members only')


def test_a_failing_callback_opens_nothing(redis_clean: Redis) -> None:
    """An AttributeError in the callback is a 500, for a bound socket too, and grants nothing."""
    with server_with(redis_clean, WS4REDIS_ALLOWED_CHANNELS='tests.hooks.trip') as server:
        for path in (f'foobar?{BOTH}', f'foobar?{BOTH}&djng={CLIENT_ID}'):
            with pytest.raises(InvalidStatus) as refused, opened(server, path):
                pass
            assert refused.value.response.status_code == 500
        assert 'no_such_attribute' in server.output()


def test_a_typo_in_a_hook_ends_the_start(redis_clean: Redis) -> None:
    """A callback that cannot be imported ends the start with a word on which setting it is."""
    with pytest.raises(AssertionError, match='WS4REDIS_ALLOWED_CHANNELS'):
        Runserver(
            redis_clean.port,
            '--noreload',
            '--skip-checks',
            TESTS_SETTINGS=json.dumps({'WS4REDIS_ALLOWED_CHANNELS': 'tests.hooks.no_such_callback'}),
        )


def test_without_djng_among_the_apps_the_start_says_so(redis_clean: Redis) -> None:
    """A project that names djng's application and forgets the app is told."""
    apps = ['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions', 'ws4redis']
    with pytest.raises(AssertionError, match="Add 'djng' to INSTALLED_APPS"):
        Runserver(redis_clean.port, '--noreload', TESTS_SETTINGS=json.dumps({'INSTALLED_APPS': apps}))


def test_process_request_may_know_visitors_otherwise(redis_clean: Redis) -> None:
    """WS4REDIS_PROCESS_REQUEST says who the visitor is."""
    with server_with(redis_clean, WS4REDIS_PROCESS_REQUEST='tests.hooks.by_token') as server:
        with opened(server, 'foobar?subscribe-user&token=secret') as a:
            publish(redis_clean, 'user:member:foobar', 'hello member')
            assert heard(a) == 'hello member'
        with pytest.raises(InvalidStatus), opened(server, 'foobar?subscribe-user&token=wrong'):
            pass


def test_a_subscriber_of_ws4redis_kind_works_unchanged(redis_clean: Redis) -> None:
    """A project's WS4REDIS_SUBSCRIBER keeps what it overrides: greeting, publishing, hearing."""
    with server_with(redis_clean, WS4REDIS_SUBSCRIBER='tests.hooks.ShoutingSubscriber') as server:
        with opened(server, f'foobar?{BOTH}') as a, opened(server, f'foobar?{BOTH}') as b:
            assert (heard(a), heard(b)) == ('welcome', 'welcome')
            a.send('hello')
            assert heard(b) == 'HELLO!'
            b.send('end')
            assert heard(a) == 'END!'
        with opened(server, f'foobar?{BOTH}') as c:
            assert (heard(c), heard(c)) == ('welcome', 'END')


def test_prefix_and_expire_hold(redis_clean: Redis) -> None:
    """WS4REDIS_PREFIX stands before each key, WS4REDIS_EXPIRE = 0 keeps nothing."""
    with server_with(redis_clean, WS4REDIS_PREFIX='shop', WS4REDIS_EXPIRE=0) as server:
        with opened(server, f'foobar?{BOTH}') as a:
            publish(redis_clean, 'shop:broadcast:foobar', 'hello')
            assert heard(a) == 'hello'
            with opened(server, f'foobar?{BOTH}') as b:
                b.send('not kept')
                assert heard(a) == 'not kept'
        assert redis_clean.client.keys() == []


def test_without_heartbeat_there_is_silence(redis_clean: Redis) -> None:
    """Without WS4REDIS_HEARTBEAT none is sent, and the word has no meaning."""
    with server_with(redis_clean, WS4REDIS_HEARTBEAT=None) as server, opened(server, f'foobar?{BOTH}') as a:
        with pytest.raises(TimeoutError):
            a.recv(timeout=5)
        publish(redis_clean, 'broadcast:foobar', '--heartbeat--')
        assert a.recv(timeout=PATIENCE) == '--heartbeat--'


def test_ws4redis_own_name_of_the_application_works(redis_clean: Redis) -> None:
    """WSGI_APPLICATION as ws4redis documents it serves djng's relay."""
    env = {'TESTS_WSGI_APPLICATION': 'ws4redis.django_runserver.application'}
    with server_with(redis_clean, env=env) as server, opened(server, f'foobar?{BOTH}&echo') as a:
        a.send('hello')
        assert heard(a) == 'hello'


@pytest.mark.parametrize('arguments', [('--noreload', '--nothreading'), ('--noreload', '--nostatic')])
def test_options_of_runserver_do_not_matter(redis_clean: Redis, arguments: tuple[str, ...]) -> None:
    """Sockets need no thread each: without threading a page is served while sockets are open."""
    with server_with(redis_clean, *arguments) as server, opened(server, f'foobar?{BOTH}&echo') as a:
        a.send('hello')
        assert heard(a) == 'hello'
        connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=PATIENCE)
        connection.request('GET', '/hello/')
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize('order', [('djng', 'django.contrib.staticfiles'), ('django.contrib.staticfiles', 'djng')])
def test_the_order_of_apps_does_not_matter(redis_clean: Redis, order: tuple[str, str]) -> None:
    """Before or behind django.contrib.staticfiles, sockets and static files work."""
    first, second = order
    apps = [
        'django.contrib.auth',
        'django.contrib.contenttypes',
        'django.contrib.sessions',
        first,
        'ws4redis',
        second,
    ]
    with server_with(redis_clean, INSTALLED_APPS=apps) as server, opened(server, f'foobar?{BOTH}&echo') as a:
        a.send('hello')
        assert heard(a) == 'hello'


def test_a_project_without_users_and_sessions(redis_clean: Redis) -> None:
    """Broadcasting needs neither django.contrib.auth nor sessions; who asks for a user is refused."""
    apps = ['django.contrib.staticfiles', 'ws4redis', 'djng']
    with server_with(redis_clean, INSTALLED_APPS=apps, MIDDLEWARE=[]) as server:
        with opened(server, f'foobar?{BOTH}&echo') as a:
            a.send('hello')
            assert heard(a) == 'hello'
        with (
            pytest.raises(InvalidStatus) as refused,
            opened(server, 'foobar?subscribe-user&subscribe-session'),
        ):
            pass
        assert refused.value.response.status_code == 403


def test_autoreload_takes_sockets_up_again(redis_clean: Redis, tmp_path: Any) -> None:
    """When a source file changes the server starts anew, and a browser that comes back is served."""
    module = tmp_path / 'reloaded.py'
    module.write_text('from tests.urls import urlpatterns\n')
    env = {'PYTHONPATH': f'{tmp_path}:.'}
    with server_with(redis_clean, '--verbosity=1', env=env, ROOT_URLCONF='reloaded') as server:
        connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=PATIENCE)
        connection.request('GET', '/hello/')  # has the module imported, hence watched
        connection.getresponse().read()
        connection.close()
        with opened(server, f'foobar?{BOTH}') as a:

            def touched_and_closed() -> bool:
                module.write_text(module.read_text() + '\n')
                try:
                    a.recv(timeout=1)
                except TimeoutError:
                    return False
                except ConnectionClosed:
                    return True
                return False

            eventually(touched_and_closed, 'the reload')
        # Like a browser it tries until it gets through: a touch may have come while the server was starting anew, which
        # makes it start once more.
        eventually(lambda: echoed(server), 'coming back')


def echoed(server: Runserver) -> bool:
    """Whether the server serves a socket."""
    try:
        with opened(server, f'foobar?{BOTH}&echo') as websocket:
            websocket.send('hello')
            return heard(websocket) == 'hello'
    except (OSError, InvalidMessage, ConnectionClosed):
        return False


@pytest.mark.parametrize('arguments', [('--noreload',), ('--verbosity=1',)])
def test_interrupt_ends_it_with_sockets_open(redis_clean: Redis, arguments: tuple[str, ...]) -> None:
    """Ctrl-C ends the server at once, whoever is connected."""
    with server_with(redis_clean, *arguments) as server, opened(server, f'foobar?{BOTH}') as a:
        a.send('hello')
        server.send(signal.SIGINT)
        assert server.wait() in (0, -signal.SIGINT)
        with pytest.raises(ConnectionClosed):
            while True:
                a.recv(timeout=PATIENCE)


def test_without_redis_a_socket_is_refused_and_pages_are_served(tmp_path: Any) -> None:
    """While Redis is away a handshake is a 503, so that the client tries again, and pages are served."""
    server = Runserver(free_port(), '--noreload')
    with running(server):
        with pytest.raises(InvalidStatus) as refused, opened(server, f'foobar?{BOTH}', open_timeout=PATIENCE):
            pass
        assert refused.value.response.status_code == 503
        connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=PATIENCE)
        connection.request('GET', '/hello/')
        assert connection.getresponse().status == 200
        connection.close()


def test_a_message_that_cannot_be_published_closes_its_socket(redis_clean: Redis) -> None:
    """What does not reach Redis is reported to its sender by closing with 1013, never dropped silently."""
    own = Redis()
    with running(own):
        server = Runserver(own.port, '--noreload')
        with running(server), opened(server, f'foobar?{BOTH}') as a:
            own.stop()
            a.send('into the void')
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    a.recv(timeout=PATIENCE)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013


def test_redis_by_unix_socket_and_with_a_password(tmp_path: Any) -> None:
    """WS4REDIS_CONNECTION may name a Unix socket and a password, as ws4redis documents them."""
    path = f'{tmp_path}/redis.sock'
    own = Redis(None, '--unixsocket', path)
    with running(own):
        own.client.config_set('requirepass', 'secret')
        settings = {'WS4REDIS_CONNECTION': {'unix_socket_path': path, 'password': 'secret'}}
        server = Runserver(own.port, '--noreload', TESTS_SETTINGS=json.dumps(settings))
        with running(server), opened(server, f'foobar?{BOTH}&echo') as a:
            a.send('hello')
            assert heard(a) == 'hello'


def test_large_messages_are_compressed_for_who_takes_it(runserver: Runserver) -> None:
    """With permessage-deflate large messages cross compressed, both ways; small ones and other clients' do not."""
    form = json.dumps({f'field_{n}': f'value {n}' for n in range(500)})
    with (
        connect(runserver.url(f'foobar?{BOTH}'), ping_interval=None) as one,
        connect(runserver.url(f'foobar?{BOTH}'), ping_interval=None) as two,
        opened(runserver, f'foobar?{BOTH}') as plain,
    ):
        assert len(one.protocol.extensions) == 1
        for message in (form, 'small', form):
            one.send(message)
            assert heard(two) == heard(plain) == message
    with connect(runserver.url(f'foobar?{BOTH}'), ping_interval=None) as late:
        received = []
        parse = late.protocol.receive_data
        late.protocol.receive_data = lambda data: (received.append(data), parse(data))[1]  # type: ignore[method-assign]
        assert heard(late) == form
        assert sum(map(len, received)) < len(form) / 2


def test_a_small_window_gets_plain_messages(runserver: Runserver) -> None:
    """A client whose window is smaller than the shared frame needs is sent plain frames, and understands them."""
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

    extension = ClientPerMessageDeflateFactory(server_max_window_bits=9)
    form = json.dumps({f'field_{n}': f'value {n}' for n in range(500)})
    with connect(runserver.url(f'foobar?{BOTH}&echo'), extensions=[extension], compression=None) as one:
        one.send(form)
        assert heard(one) == form


def get(server: Runserver, path: str) -> tuple[int, str]:
    """Return status and text of a page."""
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=PATIENCE)
    connection.request('GET', path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def test_metrics_count_what_happens(redis_clean: Redis) -> None:
    """Prometheus reads how many sockets are open, what was said and heard, and what was refused."""
    with server_with(redis_clean, INTERNAL_IPS=['127.0.0.1']) as server:
        with opened(server, f'foobar?{BOTH}') as a, opened(server, f'foobar?{BOTH}') as b:
            a.send('12345')
            assert heard(b) == '12345'
            with pytest.raises(InvalidStatus), opened(server, 'foobar?subscribe-user'):
                pass
            redis_clean.client.client_kill_filter(_type='pubsub')
            assert heard(b) == '12345'
            status, text = get(server, '/ws/-/metrics')
        assert status == 200
        values = dict(line.rsplit(' ', 1) for line in text.splitlines() if not line.startswith('#'))
        assert values['djng_sockets'] == '2'
        assert values['djng_opened_total'] == '2'
        assert (values['djng_messages_in_total'], values['djng_bytes_in_total']) == ('1', '5')
        # To both at first, since its author passes it over by itself; to both again once the gap was filled.
        assert (values['djng_messages_out_total'], values['djng_bytes_out_total']) == ('4', '20')
        assert values['djng_reconnects_total'] == '1'
        assert values['djng_refused_total{status="403"}'] == '1'
        assert values['djng_refused_total{status="500"}'] == '0'
        eventually(lambda: 'djng_sockets 0' in get(server, '/ws/-/metrics')[1], 'counting no sockets')


def test_monitoring_is_for_internal_addresses_only(runserver: Runserver) -> None:
    """Who is not in INTERNAL_IPS sees an address that speaks WebSocket only."""
    assert get(runserver, '/ws/-/metrics')[0] == get(runserver, '/ws/-/health')[0] == 426


def test_health_says_whether_redis_answers() -> None:
    """The page of health is 200 while Redis answers, 503 while it does not."""
    own = Redis()
    with running(own), server_with(own, INTERNAL_IPS=['127.0.0.1']) as server:
        assert get(server, '/ws/-/health') == (200, 'ok\n')
        own.stop()
        assert get(server, '/ws/-/health') == (503, 'Redis does not answer\n')


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
