"""Collections under uWSGI with two workers: what others write is taken in once, and whatever fails, all converge."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode
from ws4redis import publisher

from djng.redis_store import RedisMessage
from tests.bound import Bound, bound
from tests.faults.browsers import BOTH, bare, heard, masked, opened
from tests.faults.worker import Workers, serving
from tests.proxy import Proxy, proxied
from tests.servers import PATIENCE, Redis, eventually, free_port

K = 'broadcast:foobar'


class Stage:
    """A Redis, a network before it, and two workers."""

    def __init__(self, redis_server: Redis, stack: contextlib.ExitStack) -> None:
        self.redis = redis_server
        self.client = redis_server.client
        self.proxy: Proxy = stack.enter_context(proxied(redis_server.port))
        self.workers: Workers = stack.enter_context(
            serving(self.proxy.port, processes=2, connection={'socket_timeout': 1})
        )

    @contextlib.contextmanager
    def crowd(self, count: int = 6) -> Iterator[list[Bound]]:
        """Bound sockets in both workers, all of which know the collection: a property ``n`` that is 0."""
        with contextlib.ExitStack() as stack:
            crowd: list[Bound] = []

            def are_everywhere() -> bool:
                crowd.append(stack.enter_context(bound(self.workers)).knows())
                numbers = self.client.pubsub_numsub(K)
                return len(crowd) >= count and bool(numbers) and numbers[0][1] == 2

            eventually(are_everywhere, 'sockets in both workers')
            crowd[0].say({'n': 0})
            agree(crowd, {'n': 0})
            # A process that has just begun to follow a channel leaves what others publish to who was there before.
            time.sleep(1.2)
            yield crowd

    @property
    def kept(self) -> Any:
        """What any JSON reader finds under the key."""
        text = self.client.get(K)
        return None if text is None else json.loads(text)  # type: ignore[arg-type]


def agree(crowd: list[Bound], value: Any, *, version: int | None = None, misses: bool = False) -> None:
    """Check that all come to show ``value``, at ``version``, and miss nothing unless they may."""
    for each in crowd:
        each.shows(value)
        if version is not None:
            each.hear_until(lambda each: each.position[1] >= version)
    assert len({each.position for each in crowd}) == 1
    assert version is None or crowd[0].position[1] == version
    assert misses or [gap for each in crowd for gap in each.gaps] == []


@pytest.fixture(scope='module')
def shared_stage(redis_server: Redis) -> Iterator[Stage]:
    """The stage, which recovers from whatever a test does to it."""
    with contextlib.ExitStack() as stack:
        yield Stage(redis_server, stack)


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    """The stage, with nothing kept; its workers' log is shown where a test fails."""
    before = len(shared_stage.workers.output())
    shared_stage.client.flushall()
    yield shared_stage
    shared_stage.proxy.heal()
    print(shared_stage.workers.output()[before:])


def settled(crowd: list[Bound], value: Any, version: int) -> None:
    """Check that nothing is taken in a second time, also by the next renewals, and that a last change is the next."""
    agree(crowd, value, version=version)
    time.sleep(3)  # that nothing comes is what is tested
    crowd[-1].say({'last': 1})
    agree(crowd, {**value, 'last': 1}, version=version + 1)


def by_publish(stage: Stage, text: str) -> None:
    """Publish as any program does, and keep nothing."""
    stage.client.publish(K, text)


def by_setex(stage: Stage, text: str) -> None:
    """Keep as any program does, and publish nothing."""
    stage.client.setex(K, 3600, text)


def by_publish_and_setex(stage: Stage, text: str) -> None:
    """Publish, and keep a while later."""
    stage.client.publish(K, text)
    time.sleep(0.3)
    stage.client.setex(K, 3600, text)


def by_setex_and_publish(stage: Stage, text: str) -> None:
    """Keep, and publish a while later."""
    stage.client.setex(K, 3600, text)
    time.sleep(0.3)
    stage.client.publish(K, text)


def by_ws4redis(stage: Stage, text: str) -> None:
    """Publish as a view does that knows nothing of djng."""
    pool, publisher.redis_connection_pool = (
        publisher.redis_connection_pool,
        redis_py.ConnectionPool(port=stage.redis.port),
    )
    try:
        publisher.RedisPublisher(facility='foobar', broadcast=True).publish_message(RedisMessage(text))
    finally:
        publisher.redis_connection_pool.disconnect()
        publisher.redis_connection_pool = pool


WAYS: list[Callable[[Stage, str], None]] = [
    by_publish,
    by_setex,
    by_publish_and_setex,
    by_setex_and_publish,
    by_ws4redis,
]


@pytest.mark.parametrize('way', WAYS)
def test_what_others_write_is_taken_in_once(stage: Stage, way: Callable[[Stage, str], None]) -> None:
    """However a program without djng writes, its properties are set by one change, in the key and for everybody."""
    with stage.crowd() as crowd:
        way(stage, '{"from": "elsewhere"}')
        settled(crowd, {'n': 0, 'from': 'elsewhere'}, 2)
        assert stage.kept == {'n': 0, 'from': 'elsewhere', 'last': 1}


def test_a_burst_of_others_is_taken_in_once_and_in_order(stage: Stage) -> None:
    """Messages published at once, with changes of bound sockets between them, are one change each."""
    with stage.crowd() as crowd:
        for n in range(200):
            stage.client.publish(K, f'{{"foreign":{n}}}')
            if n % 10 == 0:
                crowd[n % len(crowd)].say({f'p{n}': n})
        value = {'n': 0, 'foreign': 199, **{f'p{n}': n for n in range(0, 200, 10)}}
        settled(crowd, value, 1 + 200 + 20)
        seen = [frame['foreign'] for frame in crowd[0].frames if 'foreign' in frame]
        assert seen == list(range(200))


@pytest.mark.parametrize('text', ['no JSON', '[1,2]', '{"n":1e400}', '"text"'])
@pytest.mark.parametrize('way', [by_ws4redis, by_setex])
def test_what_cannot_be_taken_in_changes_nothing(stage: Stage, way: Callable[[Stage, str], None], text: str) -> None:
    """What is no change is heard by plain sockets, and the key holds the collection again soon."""
    with stage.crowd() as crowd, opened(stage.workers) as plain:
        assert json.loads(heard(plain)) == {'n': 0}
        way(stage, text)
        eventually(lambda: stage.client.get(K) != text.encode() and stage.kept == {'n': 0}, 'the mended key')
        settled(crowd, {'n': 0}, 1)
        if way is by_ws4redis:
            assert heard(plain) == text
        assert json.loads(heard(plain)) == {'last': 1}


def test_a_worker_that_is_killed_takes_nothing_with_it(stage: Stage) -> None:
    """Workers die while others publish: each message is taken in once by who is left, or by who comes."""
    with stage.crowd(8) as crowd:
        value: dict[str, Any] = {'n': 0}
        for n in range(40):
            by_ws4redis(stage, json.dumps({'foreign': n, f'f{n}': 1}))
            value |= {'foreign': n, f'f{n}': 1}
            if n == 20:
                os.kill(int(stage.workers.workers()[0].pid), signal.SIGKILL)
        left = []
        for each in crowd:
            with contextlib.suppress(ConnectionClosed):
                each.shows(value)
                left.append(each)
        assert 0 < len(left) < len(crowd)
        settled(left, value, 41)
        with bound(stage.workers) as late:
            late.shows({**value, 'last': 1})
            assert stage.kept == late.value


def test_a_flushed_redis_begins_a_new_epoch(stage: Stage) -> None:
    """Where Redis has forgotten everything, all are sent an empty snapshot, one of them seeds, and all go on."""
    with stage.crowd() as crowd:
        epoch, _ = crowd[0].position
        stage.client.flushall()
        for each in crowd:
            each.hear_until(lambda each: each.position[0] > epoch)
            each.websocket.send('{"n":0,"$$djng":{"seed":1}}')
        # Who hears a change of the new epoch before its snapshot has missed something, and asks.
        agree(crowd, {'n': 0}, version=1, misses=True)
        crowd[0].say({'n': 1})
        agree(crowd, {'n': 1}, version=2, misses=True)


def test_a_change_right_after_a_flush_waits_for_the_seed(stage: Stage) -> None:
    """A change that meets nothing in Redis is not applied: its author is sent the snapshot first."""
    with stage.crowd() as crowd:
        author, epoch = crowd[0], crowd[0].position[0]
        stage.client.flushall()
        s = author.say({'m': 1})
        author.hear_until(lambda author: author.position[0] > epoch)
        assert author.value == {}
        author.websocket.send('{"n":0,"$$djng":{"seed":1}}')
        author.say({'m': 1}, s=s)
        agree(crowd, {'n': 0, 'm': 1}, version=2, misses=True)


def test_a_lost_subscription_is_made_up_for(stage: Stage) -> None:
    """What was changed while a worker had no subscription, its bound sockets are sent with the snapshot."""
    with stage.crowd() as crowd:
        for n in range(5):
            stage.client.client_kill_filter(_type='pubsub')
            with bound(stage.workers, query='publish-broadcast') as writer:
                for m in range(10):
                    writer.say({'w': [n, m]})
                    assert 'ack' in writer.hear()['$$djng']
            eventually(lambda: stage.client.pubsub_numsub(K)[0][1] == 2, 'the subscriptions')
            for each in crowd:
                each.shows({'n': 0, 'w': [n, 9]})


def test_a_change_that_redis_may_have_lost_is_said_again(stage: Stage) -> None:
    """Who is closed with 1013 says its change again under the same number, and it is applied once."""
    with stage.crowd() as crowd:
        client_id = secrets.token_hex(16)
        with bound(stage.workers, client_id=client_id) as author:
            author.knows()
            stage.proxy.stall()
            author.say({'m': 1}, s=1)
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    author.hear()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
        stage.proxy.cut()
        stage.proxy.heal()

        says_again(stage, {'m': 1}, client_id=client_id)
        for each in crowd:
            each.shows({'n': 0, 'm': 1})
            assert each.position[1] == 2


def answers(frame: dict[str, Any]) -> list[Any]:
    """Return the number of the change that a frame answers, if any."""
    return [frame['$$djng'].get('ack'), frame['$$djng'].get('s')]


def test_a_slow_reader_is_sent_the_snapshot(stage: Stage) -> None:
    """A bound socket that is not read is not closed: it gets whole frames, and in the end what all the others have."""
    path = f'foobar?{BOTH}&djng=0123456789abcdef0123456789abcdef'
    with stage.crowd(3) as crowd, bare(stage.workers.port, path, receive_buffer=4096) as slow:
        for n in range(300):
            crowd[0].say({f'p{n % 10}': f'{n} {"x" * 50_000}'})
            crowd[0].hear()
        value = crowd[0].value
        agree(crowd, value)
        slow.settimeout(PATIENCE)
        slow.sendall(masked(Opcode.TEXT, b'{"end":1,"$$djng":{"s":1}}'))
        agree(crowd, {**value, 'end': 1})
        frames = read_frames(slow, lambda frame: frame.get('end') == 1 and 'full' in frame['$$djng'])
        del frames[-1]['$$djng']
        assert frames[-1] == {**value, 'end': 1}
        assert len(frames) < 300


def read_frames(sock: Any, is_last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Read texts from a bare socket until ``is_last``; pings and heartbeats are passed over."""
    received, frames = b'', []
    while not frames or not is_last(frames[-1]):
        chunk = sock.recv(65536)
        assert chunk, 'it was closed'
        received += chunk
        while len(received) >= 10:
            size = received[1] & 0x7F
            extra = {126: 2, 127: 8}.get(size, 0)
            if extra:
                size = int.from_bytes(received[2 : 2 + extra], 'big')
            begin, end = 2 + extra, 2 + extra + size
            if len(received) < end:
                break
            if received[0] == 0x81 and received[begin : begin + 1] == b'{':
                frames.append(json.loads(received[begin:end]))
            assert received[0] in (0x81, 0x89)
            received = received[end:]
    return frames


def test_the_state_outlives_the_last_one_by_its_time(stage: Stage) -> None:
    """While a socket is bound the time to live is renewed, and no more when the last one has left."""
    keys = [K, f'djng:{{{K}}}:fields', f'djng:{{{K}}}:meta']
    with stage.crowd() as crowd:
        for key in keys:
            stage.client.expire(key, 5)
        eventually(lambda: all(stage.client.ttl(key) > 3000 for key in keys), 'the renewal')  # type: ignore[operator]
        for each in crowd[1:]:
            each.websocket.close()
        for key in keys:
            stage.client.expire(key, 5)
        eventually(lambda: all(stage.client.ttl(key) > 3000 for key in keys), 'the renewal')  # type: ignore[operator]
    eventually(lambda: stage.client.pubsub_numsub(K)[0][1] == 0, 'the end of the subscriptions')
    for key in keys:
        stage.client.expire(key, 5)
    time.sleep(3)  # a renewal would come within it
    assert all(0 < stage.client.ttl(key) <= 3 for key in keys)  # type: ignore[operator]
    eventually(lambda: stage.client.exists(*keys) == 0, 'its end')


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[tuple[Stage, Callable[[], None]]]:
    """A stage on a Redis of its own that keeps what was saved, and what kills and starts that Redis again."""
    port = free_port()
    own = [Redis(port, '--dir', str(tmp_path))]
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: own[-1].stop())
        stage = Stage(own[0], stack)

        def restart() -> None:
            own[-1].stop()
            own.append(Redis(port, '--dir', str(tmp_path)))
            stage.redis, stage.client = own[-1], own[-1].client

        yield stage, restart
        print(stage.workers.output())


def test_a_restarted_redis_goes_on(lasting: tuple[Stage, Callable[[], None]]) -> None:
    """Where Redis comes back with all that it kept, sockets stay, and the next change has the next version."""
    stage, restart = lasting
    with stage.crowd() as crowd:
        position = crowd[0].position
        stage.client.save()
        restart()
        eventually(lambda: stage.client.pubsub_numsub(K)[0][1] == 2, 'the subscriptions')
        says_again(stage, {'n': 1})
        agree(crowd, {'n': 1}, version=2)
        assert crowd[0].position == (position[0], 2)


def test_a_redis_that_comes_back_older_begins_a_new_epoch(lasting: tuple[Stage, Callable[[], None]]) -> None:
    """Where Redis comes back from an older dump, what it has is the collection, in a later epoch."""
    stage, restart = lasting
    with stage.crowd() as crowd:
        stage.client.save()
        for n in range(1, 6):
            crowd[0].say({'n': n})
        agree(crowd, {'n': 5}, version=6)
        position = crowd[0].position
        restart()
        for each in crowd:
            each.hear_until(lambda each: each.position[0] > position[0], patience=3 * PATIENCE)
            each.shows({'n': 0})
        says_again(stage, {'m': 1})
        agree(crowd, {'n': 0, 'm': 1}, misses=True)
        assert stage.kept == {'n': 0, 'm': 1}


def says_again(stage: Stage, change: dict[str, Any], *, client_id: str | None = None) -> None:
    """Say a client's first change, on one socket after the other until it is answered."""
    client_id = client_id or secrets.token_hex(16)

    def is_applied() -> bool:
        with contextlib.suppress(Exception), bound(stage.workers, client_id=client_id) as author:
            author.knows().say(change, s=1)
            author.hear_until(lambda author: 1 in answers(author.frames[-1]))
            return True
        return False

    eventually(is_applied, 'the change')
