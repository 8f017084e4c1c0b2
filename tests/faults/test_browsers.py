"""Browsers go wrong in every way: each is closed with the right code, memory comes back, and others notice nothing."""

from __future__ import annotations

import contextlib
import itertools
import resource
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from djng.greenlets import RELAY_THREADS
from tests.faults import LONG
from tests.faults.browsers import BOTH, bare, code_of_goodbye, heard, masked, opened, request, reset
from tests.faults.worker import AT_ONCE, Workers, serving, subscribed_clients
from tests.proxy import proxied
from tests.servers import PATIENCE, Redis, eventually

#: Bytes by which a worker's memory may differ from what it was: the allocator's own unrest.
UNREST = 8 * 1024 * 1024


@pytest.fixture(scope='module')
def shared_workers(redis_server: Redis) -> Iterator[Workers]:
    """One worker."""
    with serving(redis_server.port, INTERNAL_IPS=['127.0.0.1']) as workers:
        yield workers


@pytest.fixture
def workers(shared_workers: Workers, redis_clean: Redis) -> Iterator[Workers]:
    """The worker; its log is shown where a test fails."""
    before = len(shared_workers.output())
    yield shared_workers
    print(shared_workers.output()[before:])


@contextlib.contextmanager
def undisturbed(workers: Workers) -> Iterator[None]:
    """Two neighbours talk and pages are served all through the block; nothing may take longer than AT_ONCE."""
    ends = threading.Event()
    slowest: list[float] = []
    faults: list[BaseException] = []

    def talk() -> None:
        path = 'neighbours?subscribe-broadcast&publish-broadcast'
        try:
            with opened(workers, path) as speaker, opened(workers, path) as listener:
                for n in itertools.count():
                    begin = time.monotonic()
                    speaker.send(f'n{n}')
                    while heard(listener) != f'n{n}':
                        pass  # what is kept from before
                    slowest.append(time.monotonic() - begin)
                    if ends.wait(0.02):
                        break
        except Exception as error:
            faults.append(error)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        eventually(lambda: slowest or faults, 'the neighbours')
        with workers.serving_pages():
            yield
    finally:
        ends.set()
        thread.join()
    assert not faults
    assert max(slowest) < AT_ONCE, f'a message to a neighbour took {max(slowest):.2f} s'


@contextlib.contextmanager
def giving_memory_back(workers: Workers) -> Iterator[None]:
    """What the worker's memory, descriptors and threads are before the block they are again soon after it."""
    (process,) = workers.workers()
    memory, descriptors, threads = process.memory(), process.descriptors(), process.threads()
    yield
    eventually(lambda: process.descriptors() <= descriptors, 'the end of the descriptors')
    eventually(lambda: process.memory() <= memory + UNREST, 'the memory')
    assert (
        process.threads() <= threads + 16
    )  # they start when they are needed, more on a busy machine, and stay a while


def goodbye(sock: socket.socket, patience: float = PATIENCE) -> int | None:
    """Read a bare socket to its end, and return the code of the close frame: None without one."""
    sock.settimeout(patience)
    received = b''
    with contextlib.suppress(ConnectionError):
        while chunk := sock.recv(65536):
            received = (received + chunk)[-200:]
    at = received.rfind(b'\x88')
    return int.from_bytes(received[at + 2 : at + 4], 'big') if at >= 0 else None


@pytest.mark.parametrize(
    ('garbage', 'code'),
    [
        (b'GET / HTTP/1.1\r\n\r\n', 1002),
        (b'\xff' * 1000, 1002),
        (bytes(range(256)) * 20, 1002),
        (b'\x80\x81\x00\x00\x00\x00A', 1002),  # a continuation of nothing
        (b'\x81\x05hello', 1002),  # not masked
        (b'\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00', 1009),  # a frame of 8 EiB
        (masked(Opcode.TEXT, b'\xff\xfe'), 1007),
        (masked(Opcode.BINARY, b'x'), 1003),
    ],
    ids=['http', 'ones', 'all bytes', 'continuation', 'unmasked', 'immense', 'no utf-8', 'binary'],
)
def test_garbage_is_closed_with_its_code(workers: Workers, garbage: bytes, code: int) -> None:
    """What breaks the protocol is answered with the close code of RFC 6455, 7.4.1, and disturbs nobody."""
    with undisturbed(workers), bare(workers.port) as sock:
        sock.sendall(garbage)
        assert goodbye(sock) == code


def test_half_frames_that_stall_cost_little(workers: Workers) -> None:
    """Many browsers stop in the middle of a frame: nobody notices, and when they go their memory comes back."""
    warm_up(workers)
    with giving_memory_back(workers), undisturbed(workers), contextlib.ExitStack() as stack:
        for _ in range(50):
            sock = stack.enter_context(bare(workers.port))
            sock.sendall(masked(Opcode.TEXT, bytes(200_000))[:100_000])


@pytest.mark.parametrize('content', [b'', b'x'], ids=['empty', 'a byte'])
def test_fragments_without_end_gather_no_memory(workers: Workers, content: bytes) -> None:
    """A message in fragments without end is closed with 1008, and takes no multiple of its size until then."""
    warm_up(workers)
    (process,) = workers.workers()
    before = process.memory()
    with giving_memory_back(workers), undisturbed(workers), bare(workers.port) as sock:
        sock.sendall(masked(Opcode.TEXT, content, fin=False))
        for _ in range(6):
            sock.sendall(masked(Opcode.CONT, content, fin=False) * 10_000)
        assert goodbye(sock) == 1008
        assert process.memory() - before < UNREST


@pytest.mark.parametrize(
    'opcode',
    [
        pytest.param(Opcode.PING, id='pings'),
        pytest.param(Opcode.TEXT, id='texts'),
    ],
)
def test_a_flood_that_reads_nothing_is_bounded(workers: Workers, opcode: Opcode) -> None:
    """Who sends without end and never reads is held back or closed; its neighbours and the memory do not notice."""
    warm_up(workers)
    with giving_memory_back(workers):
        (process,) = workers.workers()
        before, most = process.memory(), 0
        with undisturbed(workers), bare(workers.port, f'flood?{BOTH}&echo', receive_buffer=4096) as sock:
            sock.settimeout(2)
            burst = masked(opcode, b'x' * 125) * 500
            deadline = time.monotonic() + (20 if LONG else 4)
            with contextlib.suppress(ConnectionError, TimeoutError):
                while time.monotonic() < deadline:
                    sock.sendall(burst)
                    most = max(most, process.memory() - before)
        assert most < 4 * UNREST, f'{most / 1e6:.0f} MB more'


def test_a_stopped_reader_delays_nobody(workers: Workers, redis_clean: Redis) -> None:
    """One of two listeners stops reading: it is closed with 1013, the other hears all in time and in order."""
    count = 3000
    before = workers.counted('djng_slow_readers_total')
    with giving_memory_back(workers), opened(workers, 'news?subscribe-broadcast') as reader:
        with undisturbed(workers), bare(workers.port, 'news?subscribe-broadcast', receive_buffer=4096) as stopped:
            for n in range(count):
                redis_clean.client.publish('broadcast:news', f'{n} {"x" * 3000}')
                assert str(heard(reader)).startswith(f'{n} ')
            assert goodbye(stopped) == 1013
    assert workers.counted('djng_slow_readers_total') == before + 1


def test_a_browser_that_vanishes_is_let_go(redis_clean: Redis) -> None:
    """A browser gone without FIN is closed for not reading what is said to it, and leaves nothing behind."""
    with serving(redis_clean.port) as workers, proxied(workers.port) as proxy:
        with opened(workers, 'news?subscribe-broadcast') as reader:
            (process,) = workers.workers()
            before = process.descriptors()
            gone = [bare(proxy.port, 'news?subscribe-broadcast') for _ in range(20)]
            try:
                proxy.strand()
                n = 0

                def let_go() -> bool:
                    nonlocal n
                    n += 1
                    redis_clean.client.publish('broadcast:news', f'{n} {"x" * 500_000}')
                    assert str(heard(reader)).startswith(f'{n} ')
                    return process.descriptors() < before + 10  # the neighbours and pages have some

                with undisturbed(workers):
                    eventually(let_go, 'the end of the vanished', 3 * PATIENCE)
            finally:
                for sock in gone:
                    sock.close()


if LONG:  # it waits for pings, 45 s

    def test_a_silent_browser_that_vanishes_is_let_go(workers: Workers) -> None:
        """A browser gone without FIN, to which nothing is said, is let go for want of a pong within 25 + 20 s."""
        with proxied(workers.port) as proxy:
            (process,) = workers.workers()
            before = process.descriptors()
            with bare(proxy.port, 'news?publish-broadcast'):
                eventually(lambda: process.descriptors() > before, 'the socket')
                proxy.strand()
                eventually(lambda: process.descriptors() <= before, 'its end', 60)


def open_and_close(workers: Workers, kind: int) -> None:
    """Open a socket, and end it in one of eight ways."""
    if kind < 2:  # a handshake that is not finished, or not waited for
        with socket.create_connection(('127.0.0.1', workers.port), PATIENCE) as sock:
            sock.sendall(request() if kind else request()[:-40])
            if kind:
                reset(sock)
        return
    with bare(workers.port, f'f{kind}?{BOTH}') as sock:
        if kind == 2:
            sock.sendall(masked(Opcode.CLOSE, b'\x03\xe8'))
            assert goodbye(sock) == 1000
        elif kind == 3:
            sock.shutdown(socket.SHUT_WR)
            goodbye(sock)
        elif kind == 4:
            reset(sock)
        elif kind == 5:
            sock.sendall(b'\xff' * 100)
            assert goodbye(sock) == 1002
        elif kind == 6:
            sock.sendall(masked(Opcode.TEXT, b'half of it')[:-3])
        else:
            sock.sendall(masked(Opcode.TEXT, b'a last word') + masked(Opcode.CLOSE, b''))


def warm_up(workers: Workers, count: int = 200) -> None:
    """Open and close sockets in every way, so that whatever is made once is there."""
    for n in range(count):
        open_and_close(workers, n % 8)


def test_opening_and_closing_leaves_nothing(workers: Workers, redis_clean: Redis) -> None:
    """After thousands of sockets that ended in every way all is as before: descriptors, threads, channels, memory."""
    (process,) = workers.workers()
    warm_up(workers, 1000)
    subscribers = len(subscribed_clients(redis_clean))
    eventually(lambda: redis_clean.client.pubsub_channels('broadcast:*') == [], 'the end of the channels')
    memory, greenlets = process.memory(), workers.greenlets()
    with giving_memory_back(workers):
        warm_up(workers, 5000 if LONG else 1000)
    print(f'memory {memory / 1e6:.1f} MB before, {process.memory() / 1e6:.1f} MB after')
    eventually(lambda: redis_clean.client.pubsub_channels('broadcast:*') == [], 'the end of the channels')
    eventually(lambda: workers.counted('djng_sockets') == 0, 'the end of the sockets')
    eventually(lambda: workers.greenlets() <= greenlets, 'the end of the greenlets')
    assert len(subscribed_clients(redis_clean)) == subscribers
    assert len(redis_clean.client.client_list()) <= subscribers + RELAY_THREADS + 1  # the test's own one
    assert 'Traceback' not in workers.output()


def test_a_burst_arrives_complete(workers: Workers, redis_clean: Redis) -> None:
    """10,000 messages at once, from a browser and to it, all arrive in order."""
    count = 10_000
    expected = [f'm{n}' for n in range(count)]
    with opened(workers, f'burst?{BOTH}') as a, opened(workers, f'burst?{BOTH}', max_queue=None) as b:
        pipeline = redis_clean.client.pipeline(transaction=False)
        for message in expected:
            pipeline.publish('broadcast:burst', message)
        pipeline.execute()
        assert [heard(a) for _ in expected] == expected
        assert [heard(b) for _ in expected] == expected
        a.socket.sendall(b''.join(masked(Opcode.TEXT, message.encode()) for message in expected))
        try:
            assert [heard(b) for _ in expected] == expected
        except ConnectionClosed:
            pytest.fail(f'the burst was refused: {code_of_goodbye(a)}')


def test_many_sockets_share_one_subscription_per_worker(redis_clean: Redis) -> None:
    """Thousands of sockets on 50 facilities in two workers are two subscribed clients of Redis, and all hear."""
    count = 5000 if LONG else 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * count + 1000)), hard))
    others = len(subscribed_clients(redis_clean))
    with serving(redis_clean.port, processes=2) as workers, contextlib.ExitStack() as stack:
        begin = time.monotonic()
        sockets = [stack.enter_context(bare(workers.port, f'f{n % 50}?subscribe-broadcast')) for n in range(count)]
        print(f'{count} sockets opened in {time.monotonic() - begin:.1f} s')
        assert len(subscribed_clients(redis_clean)) - others == 2
        numbers = redis_clean.client.pubsub_numsub(*(f'broadcast:f{n}' for n in range(50)))
        assert all(1 <= number <= 2 for _, number in numbers)
        for n in range(50):
            redis_clean.client.publish(f'broadcast:f{n}', f'hello {n}')
        for n, sock in enumerate(sockets):
            expected = f'hello {n % 50}'.encode()
            received = b''
            while expected not in received:
                chunk = sock.recv(4096)
                assert chunk
                received += chunk
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
