"""The bad network itself, between two bare sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.proxy import Proxy, Way, proxied
from tests.servers import PATIENCE, eventually


class Ends:
    """A proxy, and the client's and the server's end of one connection through it."""

    def __init__(self, proxy: Proxy, listener: socket.socket) -> None:
        self.proxy = proxy
        self.listener = listener
        self.client = socket.create_connection(('127.0.0.1', proxy.port), PATIENCE)
        self.server, _ = listener.accept()
        self.server.settimeout(PATIENCE)


@pytest.fixture
def ends() -> Iterator[Ends]:
    """One connection through a proxy."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        listener.settimeout(PATIENCE)
        with proxied(listener.getsockname()[1]) as proxy:
            ends = Ends(proxy, listener)
            with ends.client, ends.server:
                yield ends


def is_silent(sock: socket.socket, seconds: float = 0.2) -> bool:
    """Whether nothing, the end of TCP neither, arrives within ``seconds``."""
    sock.settimeout(seconds)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        sock.settimeout(PATIENCE)
    return False


def test_bytes_pass_both_ways(ends: Ends) -> None:
    """What one end writes the other reads, and the end of TCP ends the link."""
    ends.client.sendall(b'question')
    assert ends.server.recv(100) == b'question'
    ends.server.sendall(b'answer')
    assert ends.client.recv(100) == b'answer'
    ends.client.shutdown(socket.SHUT_WR)
    assert ends.server.recv(100) == b''
    ends.server.shutdown(socket.SHUT_WR)
    assert ends.client.recv(100) == b''
    eventually(lambda: ends.proxy.links == 0)


def test_a_delay_holds_bytes_back(ends: Ends) -> None:
    """Bytes arrive after the delay, not before."""
    ends.proxy.delay(0.1)
    begin = time.monotonic()
    ends.client.sendall(b'late')
    assert ends.server.recv(100) == b'late'
    assert time.monotonic() - begin >= 0.1


def test_a_stall_stops_one_way(ends: Ends) -> None:
    """In a stalled direction neither bytes nor the end pass; the other goes on, and healing delivers what waited."""
    ends.proxy.stall(Way.TO_SERVER)
    ends.client.sendall(b'stuck')
    ends.client.shutdown(socket.SHUT_WR)
    ends.server.sendall(b'free')
    assert ends.client.recv(100) == b'free'
    assert is_silent(ends.server)
    ends.proxy.heal()
    assert ends.server.recv(5, socket.MSG_WAITALL) == b'stuck'
    assert ends.server.recv(100) == b''


def test_a_stalled_writer_meets_full_buffers(ends: Ends) -> None:
    """While the link stalls its writer can't go on for ever, as on a network that hangs."""
    ends.proxy.stall()
    ends.client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        for _ in range(200):
            ends.client.sendall(bytes(1_000_000))


@pytest.mark.parametrize('reset', [False, True])
def test_a_cut_ends_both_sides(ends: Ends, reset: bool) -> None:
    """Both ends meet FIN, or RST."""
    ends.client.sendall(b'x')
    assert ends.server.recv(1) == b'x'
    ends.proxy.cut(reset=reset)
    for sock in (ends.client, ends.server):
        if reset:
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        else:
            assert sock.recv(1) == b''
    eventually(lambda: ends.proxy.links == 0)


def test_a_half_closed_link_goes_on_the_other_way(ends: Ends) -> None:
    """After the end of TCP in one direction the other still carries bytes."""
    ends.client.sendall(b'x')
    assert ends.server.recv(1) == b'x'
    ends.proxy.half_close(Way.TO_SERVER)
    assert ends.server.recv(1) == b''
    ends.server.sendall(b'still')
    assert ends.client.recv(100) == b'still'


def test_a_stranded_link_stays_silent(ends: Ends) -> None:
    """A forgotten connection carries nothing any more, its end neither, while a new one works."""
    ends.proxy.strand()
    ends.client.sendall(b'lost')
    ends.client.shutdown(socket.SHUT_WR)
    assert is_silent(ends.server)
    with socket.create_connection(('127.0.0.1', ends.proxy.port), PATIENCE) as client:
        client.sendall(b'x')
        server, _ = ends.listener.accept()
        with server:
            assert server.recv(1) == b'x'


def test_a_refused_connection_is_refused_through_it() -> None:
    """Where nobody listens behind the proxy, its client is cut off."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        nobody = listener.getsockname()[1]
    with proxied(nobody) as proxy, pytest.raises(ConnectionResetError):
        # Where the machine is busy the reset may come before the connection is said to be there.
        with socket.create_connection(('127.0.0.1', proxy.port), PATIENCE) as client:
            client.recv(1)
