"""Redis goes wrong in every way: pages are served, sockets stay, what is kept comes back, nothing is lost unsaid."""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.faults import LONG
from tests.faults.browsers import code_of_goodbye, heard, heard_until, opened, request
from tests.faults.worker import Workers, serving, subscribed_clients
from tests.proxy import Proxy, proxied
from tests.servers import PATIENCE, Redis, eventually, free_port

#: How the relay reaches Redis; djng's own timeout of 10 s where there is time for it.
CONNECTION: dict[str, Any] = {} if LONG else {'socket_timeout': 1}

#: Seconds after which a relay that waits for Redis must have noticed, and then some.
NOTICED = 60 if LONG else PATIENCE


class Stage:
    """A Redis that keeps its data over a restart, a bad network before it, and workers that reach it through that."""

    def __init__(self, directory: Path, stack: contextlib.ExitStack, processes: int) -> None:
        self._directory = directory
        self._port = free_port()
        self.redis: Redis = self._redis()
        stack.callback(lambda: self.redis.stop())
        self.proxy: Proxy = stack.enter_context(proxied(self._port))
        self.workers: Workers = stack.enter_context(
            serving(self.proxy.port, processes=processes, connection=CONNECTION)
        )

    def _redis(self, *arguments: str) -> Redis:
        arguments = ('--dir', str(self._directory), '--appendonly', 'no', *arguments)
        return Redis(self._port, *arguments)

    def stop_redis(self) -> None:
        """Have Redis save what it keeps, and end."""
        self.redis.client.save()
        self.redis.stop()

    def start_redis(self, *arguments: str) -> None:
        """Start Redis again."""
        self.redis = self._redis(*arguments)

    def keep(self, message: str) -> None:
        """Change what is kept without a word to anybody, as if it had been published while nobody could hear it."""
        self.redis.client.set('broadcast:foobar', message)


@pytest.fixture(scope='module', params=[1, 2], ids=['one worker', 'two workers'])
def shared_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Redis, network and workers, which recover from whatever a test does to them."""
    with contextlib.ExitStack() as stack:
        yield Stage(tmp_path_factory.mktemp('redis'), stack, request.param)


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    """The stage, with nothing kept; its workers' log is shown where a test fails."""
    before = len(shared_stage.workers.output())
    shared_stage.redis.client.flushall()
    yield shared_stage
    shared_stage.proxy.heal()
    shared_stage.proxy.cut()  # stranded connections wait in the pools
    print(shared_stage.workers.output()[before:])


one_worker = pytest.mark.parametrize('shared_stage', [1], indirect=True, ids=['one worker'])


def is_loading(server: Redis) -> bool:
    """Whether Redis answers -LOADING."""
    # redis-py tries again by itself unless it is told not to.
    with redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as client:
        try:
            client.get('anything')
        except redis.exceptions.BusyLoadingError:
            return True
        except redis.exceptions.ConnectionError:
            pass
        return False


@contextlib.contextmanager
def restarted(stage: Stage) -> Iterator[None]:
    """Redis ends, is away for a moment, and starts again with what it kept."""
    stage.keep('kept meanwhile')
    stage.stop_redis()
    yield
    stage.start_redis()


@contextlib.contextmanager
def paused(stage: Stage) -> Iterator[None]:
    """Redis stands still, with all its connections open."""
    stage.redis.send(signal.SIGSTOP)
    yield
    time.sleep(10 if LONG else 2.5)  # the silence is what is tested
    stage.redis.send(signal.SIGCONT)


@contextlib.contextmanager
def killed(stage: Stage) -> Iterator[None]:
    """Redis ends its clients' connections, as an operator or its output buffer limit does."""
    stage.keep('kept meanwhile')
    for kind in ('pubsub', 'normal'):
        stage.redis.client.client_kill_filter(_type=kind, skipme=True)
    yield


@contextlib.contextmanager
def loading(stage: Stage) -> Iterator[None]:
    """Redis starts again and answers -LOADING for a while."""
    pipeline = stage.redis.client.pipeline(transaction=False)
    for n in range(2000):
        pipeline.set(f'ballast:{n}', 'x' * 100)
    pipeline.execute()
    stage.keep('kept meanwhile')
    stage.stop_redis()
    # Both options exist in Redis and Valkey for such tests: microseconds per key, and how often clients are answered.
    port, directory = str(stage._port), str(stage._directory)
    stage.redis = LoadingRedis(
        int(port), '--dir', directory, '--key-load-delay', '1500', '--loading-process-events-interval-bytes', '1024'
    )
    yield
    eventually(lambda: not is_loading(stage.redis), 'the end of -LOADING')


class LoadingRedis(Redis):
    """A Redis that counts as started while it is still loading."""

    def _answers(self) -> bool:
        return is_loading(self)


@contextlib.contextmanager
def out_of_memory(stage: Stage) -> Iterator[None]:
    """Redis answers -OOM to whatever would keep something."""
    stage.redis.client.config_set('maxmemory-policy', 'noeviction')
    stage.redis.client.config_set('maxmemory', 1)
    yield
    stage.redis.client.config_set('maxmemory', 0)


@contextlib.contextmanager
def hanging(stage: Stage) -> Iterator[None]:
    """The network before Redis hangs; connections neither end nor pass anything."""
    stage.proxy.stall()
    stage.keep('kept meanwhile')
    yield
    eventually(lambda: 'No subscription to Redis' in stage.workers.output(), 'the notice', NOTICED)
    stage.proxy.cut()  # what the network held back is lost, as after a failover
    stage.proxy.heal()


@contextlib.contextmanager
def stranded(stage: Stage) -> Iterator[None]:
    """The connections to Redis are forgotten on the way, without a word to either end; new ones work."""
    stage.proxy.strand()
    stage.keep('kept meanwhile')
    yield


@contextlib.contextmanager
def cut(stage: Stage, *, reset: bool) -> Iterator[None]:
    """The connections to Redis end."""
    stage.keep('kept meanwhile')
    stage.proxy.cut(reset=reset)
    yield


@contextlib.contextmanager
def cut_by_fin(stage: Stage) -> Iterator[None]:
    """The connections to Redis end in order."""
    with cut(stage, reset=False):
        yield


@contextlib.contextmanager
def cut_by_reset(stage: Stage) -> Iterator[None]:
    """The connections to Redis break."""
    with cut(stage, reset=True):
        yield


Fault = Callable[[Stage], contextlib.AbstractContextManager[None]]

#: Faults during which the subscription is lost, so that messages may have been missed.
GAPS: list[Fault] = [restarted, killed, loading, hanging, stranded, cut_by_fin, cut_by_reset]

#: Faults during which nothing can be published.
DEAF: list[Fault] = [restarted, loading, out_of_memory, hanging, stranded]


def works(*sockets: ClientConnection) -> None:
    """Check that each socket hears what another one says."""
    for n, speaker in enumerate(sockets):
        speaker.send(f'from {n}')
        for listener in sockets:
            if listener is not speaker:
                assert heard_until(listener, f'from {n}')


@pytest.mark.parametrize('fault', GAPS)
def test_sockets_stay_and_hear_what_is_kept(stage: Stage, fault: Fault) -> None:
    """Browsers stay connected, and each hears what was kept meanwhile once the subscription is back; pages go on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(opened(stage.workers)) for _ in range(6)]
        works(*sockets[:2])
        with stage.workers.serving_pages():
            with fault(stage):
                pass
            begin = time.monotonic()
            for websocket in sockets:
                assert heard_until(websocket, 'kept meanwhile', patience=NOTICED)
        print(f'{fault.__name__}: kept state heard {time.monotonic() - begin:.2f} s after the fault')
        works(*sockets)


@one_worker
@pytest.mark.parametrize('fault', [paused, out_of_memory])
def test_sockets_stay_where_nothing_was_missed(stage: Stage, fault: Fault) -> None:
    """Browsers stay connected, and pages are served."""
    with opened(stage.workers) as a, opened(stage.workers) as b:
        works(a, b)
        with stage.workers.serving_pages():
            with fault(stage):
                pass
        works(a, b)


@one_worker
@pytest.mark.parametrize('fault', DEAF)
def test_what_is_not_published_closes_its_sender(stage: Stage, fault: Fault) -> None:
    """A message that does not reach Redis closes its sender with 1013; resent after the fault, it is heard."""
    with opened(stage.workers) as listener:
        with opened(stage.workers) as sender, stage.workers.serving_pages():
            sender.send('before')
            assert heard(listener) == 'before'
            with fault(stage):
                begin = time.monotonic()
                sender.send('into the void')
                assert code_of_goodbye(sender, patience=NOTICED) == 1013
                print(f'{fault.__name__}: 1013 after {time.monotonic() - begin:.2f} s')
        eventually(lambda: is_resent(stage), 'the message sent again', NOTICED)
        assert heard_until(listener, 'resent')


def is_resent(stage: Stage) -> bool:
    """Say the message on a new socket; whether it was published, or its sender closed with 1013 once more."""
    with opened_again(stage) as sender:
        sender.send('resent')
        try:
            return code_of_goodbye(sender, patience=3) != 1013
        except TimeoutError:
            return bool(stage.redis.client.get('broadcast:foobar') == b'resent')


@contextlib.contextmanager
def opened_again(stage: Stage) -> Iterator[ClientConnection]:
    """A socket opened as soon as the relay opens any."""
    found: list[ClientConnection] = []
    with contextlib.ExitStack() as stack:

        def opens() -> bool:
            with contextlib.suppress(Exception):
                found.append(stack.enter_context(opened(stage.workers, open_timeout=PATIENCE)))
            return bool(found)

        eventually(opens, 'a socket')
        yield found[0]


def published_until(stage: Stage, last: str, act: Callable[[], object]) -> list[str]:
    """Do ``act()`` and return what is published from then on, as Redis itself saw it, up to ``last`` without it."""
    with redis.Redis(port=stage.redis.port) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe('broadcast:foobar')
        assert pubsub.get_message(timeout=PATIENCE) is None  # the confirmation
        act()
        seen: list[str] = []
        deadline = time.monotonic() + NOTICED
        while last not in seen:
            assert time.monotonic() < deadline, f'{last} was not published behind {seen[-3:]}'
            if message := pubsub.get_message(timeout=1):
                seen.append(message['data'].decode())
        return seen[: seen.index(last)]


@one_worker
@pytest.mark.parametrize('attempt', range(3))
def test_nothing_overtakes_what_was_lost(stage: Stage, attempt: int) -> None:
    """Of what a browser says while its way to Redis breaks, the first part is published, once and without holes."""
    count = 3000

    def act() -> None:
        with opened(stage.workers) as sender:
            sender.send('m0')
            with contextlib.suppress(ConnectionClosed):
                for n in range(1, count):
                    sender.send(f'm{n}')
                    if n == 500 * (attempt + 1):
                        stage.proxy.cut(reset=True)
                sender.send('sender went on')
                with contextlib.suppress(TimeoutError):
                    codes.append(code_of_goodbye(sender, patience=2))
        with opened_again(stage) as other:
            other.send('end')

    codes: list[int | None] = []
    seen = published_until(stage, 'end', act)
    seen = [message for message in seen if message != 'sender went on']
    assert seen == [f'm{n}' for n in range(len(seen))]
    if len(seen) < count:
        assert codes in ([1013], [])


@one_worker
def test_a_pause_repeats_nothing(stage: Stage) -> None:
    """What is said while Redis stands still is published once and in order, whether its sender is closed or not."""
    count = 20

    def act() -> None:
        with opened(stage.workers) as sender:
            sender.send('m0')
            eventually(lambda: stage.redis.client.get('broadcast:foobar') == b'm0')
            with paused(stage):
                for n in range(1, count):
                    sender.send(f'm{n}')
            with opened_again(stage) as other:
                other.send('end')

    seen = published_until(stage, 'end', act)
    assert seen == [f'm{n}' for n in range(len(seen))]


@one_worker
def test_handshakes_that_wait_for_redis_hold_up_no_page(stage: Stage) -> None:
    """More handshakes than uWSGI has cores, all waiting for a Redis that hangs, leave pages their place."""
    with opened(stage.workers) as a:
        a.send('before')
        stage.proxy.stall()
        with contextlib.ExitStack() as stack:
            waiting = []
            with stage.workers.serving_pages():
                for n in range(40):
                    sock = stack.enter_context(socket.create_connection(('127.0.0.1', stage.workers.port), PATIENCE))
                    sock.sendall(request(f'new{n}?subscribe-broadcast'))
                    waiting.append(sock)
                time.sleep(2)  # the silence is what is tested
            for sock in waiting:
                sock.settimeout(NOTICED)
                assert sock.recv(100).startswith((b'HTTP/1.1 503 ', b'HTTP/1.0 503 ', b'HTTP/1.1 101 '))
        stage.proxy.heal()


@one_worker
def test_reconnecting_backs_off(stage: Stage) -> None:
    """A Redis that is away, or connects and then refuses to be used, is tried ever less often."""
    with opened(stage.workers) as a:
        a.send('before')
        for fault in (restarted, loading):
            before = stage.workers.output().count('No subscription to Redis')
            with fault(stage):
                time.sleep(2)  # how often it tries meanwhile is what is tested
                attempts = stage.workers.output().count('No subscription to Redis') - before
            assert 2 <= attempts <= 12, f'{attempts} attempts while {fault.__name__}'
            eventually(lambda: subscribed_clients(stage.redis), 'the subscription')


def test_one_subscription_remains(stage: Stage) -> None:
    """Whatever happened, each worker has one subscribed connection and each channel is subscribed to once by it."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(opened(stage.workers, f'f{n % 3}?subscribe-broadcast')) for n in range(24)]
        processes = len(subscribed_clients(stage.redis))
        assert processes <= len(stage.workers.workers())
        for _ in range(5):
            stage.redis.client.client_kill_filter(_type='pubsub')
            eventually(lambda: len(subscribed_clients(stage.redis)) == processes, 'the subscriptions')
        stage.proxy.cut()
        eventually(lambda: len(subscribed_clients(stage.redis)) == processes, 'the subscriptions')
        channels = ['broadcast:f0', 'broadcast:f1', 'broadcast:f2']
        eventually(
            lambda: all(1 <= number <= processes for _, number in stage.redis.client.pubsub_numsub(*channels)),
            'the channels',
        )
        for websocket in sockets:
            websocket.close()
        eventually(lambda: stage.redis.client.pubsub_channels('broadcast:*') == [], 'the end of the channels')
