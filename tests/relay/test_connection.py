"""One browser's WebSocket, on a socket pair: any way of cutting the stream, any way of ending it."""

from __future__ import annotations

import asyncio
import gc
import itertools
import socket
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Opcode

from djng.relay import connection
from djng.relay.connection import encode
from tests.relay.wire import Wire, masked

#: What a browser may say: texts in any number of fragments, with control frames between.
messages = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=['Cs']), max_size=300),
        st.lists(st.integers(0, 900), max_size=4),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(messages, st.lists(st.integers(1, 4000), max_size=12))
def test_any_split_of_the_stream_gives_the_same_messages(
    said: list[tuple[str, list[int], bool]], cuts: list[int]
) -> None:
    """However the bytes are cut into segments and the messages into fragments, the same texts arrive."""
    stream = b''
    for text, fragments, ping in said:
        data = text.encode()
        edges = [0, *sorted(min(edge, len(data)) for edge in fragments), len(data)]
        for n, (begin, end) in enumerate(itertools.pairwise(edges)):
            opcode = Opcode.CONT if n else Opcode.TEXT
            stream += masked(opcode, data[begin:end], fin=n == len(edges) - 2)
            if ping:
                stream += masked(Opcode.PING, b'p')

    async def body() -> None:
        wire = Wire()
        begin = 0
        for cut in sorted(cuts):
            await wire.write(stream[begin:cut])
            await asyncio.sleep(0)
            begin = max(begin, min(cut, len(stream)))
        await wire.write(stream[begin:] + masked(Opcode.CLOSE, b'\x03\xe8'))
        await wire.read_to_end()
        await wire.until(lambda: wire.closed)
        assert wire.messages == [text for text, _, _ in said]
        assert wire.closed == [(1000, '')]
        wire.peer.close()

    asyncio.run(body())


@pytest.mark.parametrize(
    ('stream', 'code'),
    [
        (masked(Opcode.TEXT, b'\xff'), 1007),
        (masked(Opcode.TEXT, b'\xc3', fin=False) + masked(Opcode.CONT, b'\x28'), 1007),
        (masked(Opcode.CONT, b'A'), 1002),
        (b'\x81\x01A', 1002),  # not masked
        (b'\xc1\x81\x00\x00\x00\x00A', 1002),  # a reserved bit
        (b'\x83\x81\x00\x00\x00\x00A', 1002),  # a reserved opcode
        (masked(Opcode.TEXT, b'x' * 101), 1009),
        (masked(Opcode.TEXT, b'x' * 60, fin=False) + masked(Opcode.CONT, b'x' * 60), 1009),
    ],
)
def test_what_breaks_the_protocol_is_closed_with_its_code(stream: bytes, code: int) -> None:
    """Each violation is answered with the close code of RFC 6455, 7.4.1, and nothing of it is heard."""

    async def body() -> None:
        wire = Wire(max_size=100)
        await wire.write(stream + masked(Opcode.TEXT, b'behind it'))
        await wire.read_to_end()
        assert wire.protocol.close_rcvd is not None
        assert wire.protocol.close_rcvd.code == code
        await wire.until(lambda: wire.closed)
        assert wire.messages == []
        wire.peer.close()

    asyncio.run(body())


def test_a_split_character_is_no_error() -> None:
    """A character whose bytes lie in two fragments is whole once they are joined."""

    async def body() -> None:
        wire = Wire()
        await wire.write(masked(Opcode.TEXT, b'\xe2\x82', fin=False) + masked(Opcode.CONT, b'\xac'))
        await wire.until(lambda: wire.messages)
        assert wire.messages == ['€']
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_a_peer_that_vanishes_is_noticed() -> None:
    """The end of TCP without a close frame, in the middle of a frame, ends the connection with 1006."""

    async def body() -> None:
        wire = Wire()
        await wire.write(masked(Opcode.TEXT, b'half')[:-2])
        wire.peer.close()
        await wire.until(lambda: wire.closed)
        assert wire.closed == [(1006, '')]
        assert wire.messages == []
        assert wire.connection.is_gone

    asyncio.run(body())


def test_a_reader_that_stays_behind_is_closed() -> None:
    """More waiting bytes than the outbox holds close the socket with 1013, behind whole frames only."""

    async def body() -> None:
        wire = Wire(outbox_limit=200_000)
        wire.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = 0
        while wire.connection.is_open:
            wire.connection.send(encode(f'{sent:05} {"x" * 5000}'.encode()))
            sent += 1
            assert sent < 10_000
        await wire.read_to_end()
        assert wire.protocol.close_rcvd is not None
        assert wire.protocol.close_rcvd.code == 1013
        heard = [int(text[:5]) for text in wire.texts()]
        assert heard == list(range(len(heard)))
        assert len(heard) < sent
        await wire.until(lambda: wire.closed)
        wire.peer.close()

    asyncio.run(body())


def test_a_reader_that_catches_up_gets_all() -> None:
    """What did not fit into the socket waits in the outbox and arrives in order, short writes included."""

    async def body() -> None:
        wire = Wire(outbox_limit=50_000_000)
        large = 'y' * 3_000_000
        wire.connection.send(encode(b'first') + encode(large.encode()))
        wire.connection.send(encode(b'last'))
        while not wire.texts() or wire.texts()[-1] != 'last':
            await wire.read()
        assert wire.texts() == ['first', large, 'last']
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_closing_waits_for_the_answer_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that never answers the close frame is cut off after CLOSE_TIMEOUT."""
    monkeypatch.setattr(connection, 'CLOSE_TIMEOUT', 0.05)

    async def body() -> None:
        wire = Wire()
        wire.connection.close(1012, 'x' * 200)
        assert not wire.connection.is_open
        wire.connection.send(encode(b'too late'))
        await wire.until(lambda: wire.closed)
        assert wire.closed == [(1006, '')]
        await wire.read(answer=False)
        assert wire.protocol.close_rcvd is not None
        assert wire.protocol.close_rcvd.code == 1012
        assert wire.protocol.close_rcvd.reason == 'x' * 123
        assert wire.texts() == []
        wire.peer.close()

    asyncio.run(body())


def test_a_paused_connection_reads_nothing() -> None:
    """Between pause and resume the peer's bytes stay where they are."""

    async def body() -> None:
        wire = Wire()
        wire.connection.pause()
        await wire.write(masked(Opcode.TEXT, b'hello'))
        for _ in range(20):
            await asyncio.sleep(0)
        assert wire.messages == []
        wire.connection.resume()
        await wire.until(lambda: wire.messages)
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_bytes_that_are_no_text_become_a_binary_frame() -> None:
    """What some program published that is not UTF-8 does not break the browser's connection."""
    assert encode(b'text')[0] == 0x81
    assert encode(b'\xff')[0] == 0x82


def test_a_silent_peer_is_asked_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After PING_INTERVAL of silence comes a ping; a pong keeps the connection, none for PONG_TIMEOUT ends it."""

    async def body() -> None:
        wire = Wire()
        now = wire.connection.heard_at
        wire.connection.check_life(now + connection.PING_INTERVAL - 0.1)
        wire.connection.check_life(now + connection.PING_INTERVAL)
        await wire.read()
        assert [frame.opcode for frame in wire.frames] == [Opcode.PING]
        await wire.until(lambda: wire.connection.heard_at > now)
        now = wire.connection.heard_at
        wire.connection.check_life(now + connection.PING_INTERVAL)
        wire.connection.check_life(now + connection.PING_INTERVAL + connection.PONG_TIMEOUT - 0.1)
        assert not wire.closed
        wire.connection.check_life(now + connection.PING_INTERVAL + connection.PONG_TIMEOUT)
        assert wire.closed == [(1006, '')]
        wire.peer.close()

    asyncio.run(body())


def test_a_paused_connection_is_not_given_up() -> None:
    """Who is not listened to cannot be blamed for silence."""

    async def body() -> None:
        wire = Wire()
        wire.connection.pause()
        for seconds in range(0, 1000, 10):
            wire.connection.check_life(wire.connection.heard_at + seconds)
        assert not wire.closed
        wire.peer.close()
        wire.connection.resume()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_pings_without_end_from_who_does_not_read() -> None:
    """Pongs that nobody reads fill the outbox, not the memory: the connection is closed with 1013."""

    async def body() -> None:
        wire = Wire(outbox_limit=100_000)
        ping = masked(Opcode.PING, b'x' * 125) * 200
        while wire.connection.is_open:
            await wire.write(ping)
            await asyncio.sleep(0)
        assert wire.connection.said == 1013
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_frames_that_come_together_leave_together() -> None:
    """What is sent later leaves in one write, in order, at the next flush."""

    async def body() -> None:
        wire = Wire()
        for n in range(100):
            wire.connection.send_later(encode(str(n).encode()))
        await asyncio.sleep(0)
        with pytest.raises(BlockingIOError):
            wire.peer.recv(1)
        wire.connection.flush()
        await wire.read()
        assert wire.texts() == [str(n) for n in range(100)]
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


@pytest.fixture
def allocated() -> Iterator[None]:
    """What Python allocates is traced, and nothing is freed by the garbage collector."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield
    tracemalloc.stop()
    gc.enable()


@pytest.mark.usefixtures('allocated')
def test_a_connection_that_is_gone_holds_nothing() -> None:
    """Half a frame, a message's fragments and what waited to be written are free as soon as the socket is gone."""
    size = 1_000_000

    async def body() -> None:
        wire = Wire(outbox_limit=4 * size)
        before, _ = tracemalloc.get_traced_memory()
        wire.connection.send(encode(b'x' * 2 * size))
        await wire.write(masked(Opcode.TEXT, bytes(size), fin=False) + masked(Opcode.CONT, bytes(size))[:-1])
        await wire.until(lambda: tracemalloc.get_traced_memory()[0] > before + 3 * size)
        wire.peer.close()
        await wire.until(lambda: wire.closed)
        await asyncio.sleep(0)
        assert tracemalloc.get_traced_memory()[0] < before + size / 10

    asyncio.run(body())


@pytest.mark.usefixtures('allocated')
def test_a_large_frame_waits_once_for_all() -> None:
    """However many readers have not taken a frame yet, its bytes are kept once."""

    async def body() -> None:
        wires = [Wire(outbox_limit=10_000_000) for _ in range(20)]
        frame = encode(b'x' * 3_000_000)
        before, _ = tracemalloc.get_traced_memory()
        for wire in wires:
            wire.connection.send(frame)
        await asyncio.sleep(0)
        assert tracemalloc.get_traced_memory()[0] < before + 100_000
        for wire in wires:
            wire.peer.close()
            await wire.until(lambda wire=wire: wire.closed)

    asyncio.run(body())


@pytest.mark.usefixtures('allocated')
def test_tiny_fragments_cost_their_size() -> None:
    """A message that comes a byte per frame is kept in its own size, and frames that were read are not kept at all."""
    count = 50_000
    stream = masked(Opcode.TEXT, b'', fin=False) + masked(Opcode.CONT, b'x', fin=False) * count

    async def body() -> None:
        wire = Wire()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        await wire.write(stream)
        await wire.write(masked(Opcode.CONT, b''))
        await wire.until(lambda: wire.messages)
        assert wire.messages == ['x' * count]
        assert tracemalloc.get_traced_memory()[1] < before + 10 * count
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 70_000), min_size=1, max_size=5), st.booleans())
def test_a_slow_reader_may_be_told_anew(sizes: list[int], together: bool) -> None:
    """With on_slow nobody is closed: what waits is dropped behind a whole frame; on_drained comes when it is read."""

    async def body() -> None:
        events: list[str] = []
        wire = Wire(
            outbox_limit=300_000,
            on_slow=lambda: events.append('slow'),
            on_drained=lambda: events.append('drained'),
        )
        wire.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        frames = [encode(b'%d ' % n + b'x' * size) for n, size in enumerate(sizes)]
        while 'slow' not in events:
            for frame in [b''.join(frames)] if together else frames:
                wire.connection.send(frame)
        assert wire.connection.is_open
        assert not wire.connection.is_drained
        wire.connection.put(encode(b'the whole ' + b'y' * 1_000_000))
        wire.connection.send(encode(b'behind it'))
        while wire.texts()[-1:] != ['behind it']:
            await wire.read()
        await wire.until(lambda: events[-1] == 'drained')
        assert wire.connection.is_drained
        assert events.count('slow') == 1
        texts = wire.texts()
        assert len(texts[-2]) == 1_000_010
        for text in texts[:-2]:
            number, _, content = text.partition(' ')
            assert len(content) == sizes[int(number)]
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_a_dropped_outbox_without_half_a_frame_drains_by_itself() -> None:
    """Where what waits is dropped between two frames, on_drained comes as soon as the reader takes more."""

    async def body() -> None:
        drained: list[bool] = []
        wire = Wire(outbox_limit=1, on_slow=lambda: None, on_drained=lambda: drained.append(True))
        wire.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while wire.connection.is_drained:
            wire.connection.send(encode(b'x' * 10))
        wire.connection.send(encode(b'too much'))
        wire.connection.send(encode(b'too much'))
        assert drained == []
        while not drained:
            await wire.read()
        assert set(wire.texts()) == {'x' * 10}
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_who_reads_slowly_is_alive() -> None:
    """A peer that takes what waits is not given up, though the ping that stands behind it is not answered yet."""

    async def body() -> None:
        wire = Wire(outbox_limit=100_000_000)
        now = wire.connection.heard_at
        wire.connection.send(encode(b'x' * 20_000_000))
        for _ in range(10):
            now += connection.PING_INTERVAL
            for _ in range(20):
                await wire.read()
                await asyncio.sleep(0)
            wire.connection.check_life(now)
        assert not wire.closed
        for _ in range(2):
            now += connection.PING_INTERVAL
            wire.connection.check_life(now)
        assert wire.closed
        wire.peer.close()

    asyncio.run(body())


def test_a_flood_of_tiny_frames_leaves_the_others_their_turn() -> None:
    """However many frames wait, the loop takes few of them in a turn."""
    count = 30_000

    async def body() -> None:
        wire = Wire()
        writing = asyncio.ensure_future(wire.write(masked(Opcode.TEXT, b'') * count))
        most = 0
        while len(wire.messages) < count:
            before = len(wire.messages)
            await asyncio.sleep(0)
            most = max(most, len(wire.messages) - before)
        await writing
        assert most < 5000
        wire.peer.close()
        await wire.until(lambda: wire.closed)

    asyncio.run(body())


def test_no_small_frame_is_held_back() -> None:
    """TCP sends each write at once; over a Unix socket there is nothing to hold back."""

    async def body() -> None:
        with socket.create_server(('127.0.0.1', 0)) as server, socket.create_connection(server.getsockname()[:2]):
            accepted, _ = server.accept()
            loop = asyncio.get_running_loop()
            ended = connection.Connection(accepted, loop, on_message=lambda _: None, on_close=lambda *_: None)
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            ended.close(1000)
            accepted.close()

    asyncio.run(body())


@pytest.mark.parametrize(
    'frame', [masked(Opcode.PING, b''), masked(Opcode.PONG, b''), masked(Opcode.CONT, b'', fin=False)]
)
def test_frames_without_messages_are_counted(frame: bytes) -> None:
    """More pings, pongs or fragments than may come close the connection with 1008; as many as may do not."""

    async def body() -> None:
        wire = Wire(frame_limit=(10.0, 100.0))
        fragmented = frame[0] & 0x0F == Opcode.CONT
        await wire.write((masked(Opcode.TEXT, b'', fin=False) if fragmented else frame) + frame * 90)
        await wire.write(masked(Opcode.CONT, b'hello') if fragmented else masked(Opcode.TEXT, b'hello'))
        await wire.until(lambda: wire.messages)
        assert wire.messages == ['hello']
        if fragmented:
            await wire.write(masked(Opcode.TEXT, b'', fin=False))
        await wire.write(frame * 200)
        await wire.read_to_end()
        assert wire.protocol.close_rcvd is not None
        assert wire.protocol.close_rcvd.code == 1008
        await wire.until(lambda: wire.closed)
        wire.peer.close()

    asyncio.run(body())
