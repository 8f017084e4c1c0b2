"""What RFC 6455 asks of the development server: sizes, control frames, close codes, compression."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.servers import PATIENCE, Runserver
from tests.sockets import BOTH, heard, opened


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
