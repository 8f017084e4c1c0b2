"""The settings, hooks and options of a project that uses the development server."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.servers import PATIENCE, Redis, Runserver, running
from tests.sockets import BOTH, CLIENT_ID, heard, opened, publish, server_with


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
