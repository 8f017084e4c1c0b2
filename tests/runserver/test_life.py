"""The development server over time: reloads, its end, a Redis that is not there, and what it tells of itself."""

from __future__ import annotations

import http.client
import signal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from tests.servers import PATIENCE, Redis, Runserver, eventually, free_port, running
from tests.sockets import BOTH, heard, opened, server_with


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
