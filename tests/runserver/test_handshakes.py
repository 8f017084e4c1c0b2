"""Who may open a socket on the development server, what of it, and what the others are told."""

from __future__ import annotations

import http.client
import re
import socket
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.servers import PATIENCE, Redis, Runserver
from tests.sockets import BOTH, CLIENT_ID, heard, opened, publish, session_cookie


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
