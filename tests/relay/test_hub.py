"""One subscription per process on a real Redis: nothing lost, own words told apart, lost links mended."""

from __future__ import annotations

import itertools
import json
import threading

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from djng.django_runserver import ThreadPrimitives
from djng.redis_store import make_subscription_connection
from djng.relay.broadcast import Broadcast
from djng.relay.counts import Counts
from djng.relay.hub import Hub
from djng.test.ending import EndingPrimitives
from tests.servers import PATIENCE, Redis, eventually

_numbers = itertools.count(1)


class Ear:
    """A listener that remembers what it heard."""

    def __init__(self, *, is_bound: bool = False, readable: frozenset[str] | None = None) -> None:
        self.is_bound = is_bound
        self.readable = readable
        self.number = next(_numbers)
        self.heard: list[tuple[bytes, bool]] = []
        self.waiting: list[tuple[bytes, bool]] = []

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Remember a message."""
        assert broadcast.plain.endswith(broadcast.message)
        self.waiting.append((broadcast.message, own))
        if not more:
            self.flush()

    def flush(self) -> None:
        """Take what waited as heard."""
        self.heard += self.waiting
        self.waiting = []


@pytest.fixture(scope='module')
def hub(redis_server: Redis) -> Hub:
    """A hub on the run's Redis; its threads end with the process."""
    return Hub(lambda: make_subscription_connection(redis_server.client), ThreadPrimitives(), Counts())


def subscribers(redis_server: Redis, channel: str) -> int:
    """Return how many Redis clients are subscribed to ``channel``."""
    return int(redis_server.client.pubsub_numsub(channel)[0][1])


def test_nothing_published_after_the_confirmation_is_missed(hub: Hub, redis_clean: Redis) -> None:
    """Whatever is published once subscribe() has returned is heard, 5,000 messages in one pipeline included."""
    ear = Ear()
    assert hub.subscribe([b'broadcast:a'], ear, PATIENCE)
    pipeline = redis_clean.client.pipeline(transaction=False)
    for n in range(5000):
        pipeline.publish('broadcast:a', str(n))
    pipeline.execute()
    eventually(lambda: len(ear.heard) == 5000, 'hearing 5,000 messages')
    assert ear.heard == [(str(n).encode(), False) for n in range(5000)]
    hub.unsubscribe([b'broadcast:a'], ear)


def test_channels_are_counted_by_reference(hub: Hub, redis_clean: Redis) -> None:
    """Redis knows of a channel while anybody listens, once for all of them."""
    one, two = Ear(), Ear()
    assert hub.subscribe([b'broadcast:b'], one, PATIENCE)
    assert hub.subscribe([b'broadcast:b'], two, PATIENCE)
    assert subscribers(redis_clean, 'broadcast:b') == 1
    hub.unsubscribe([b'broadcast:b'], one)
    redis_clean.client.publish('broadcast:b', 'hello')
    eventually(lambda: two.heard == [(b'hello', False)], 'hearing hello')
    assert one.heard == []
    hub.unsubscribe([b'broadcast:b'], two)
    eventually(lambda: subscribers(redis_clean, 'broadcast:b') == 0, 'unsubscribing')


def test_leaving_and_coming_at_once_misses_nothing(hub: Hub, redis_clean: Redis) -> None:
    """A channel left and taken up again at once is confirmed by the last subscription, not an earlier one."""
    for n in range(200):
        ear = Ear()
        assert hub.subscribe([b'broadcast:c'], ear, PATIENCE)
        redis_clean.client.publish('broadcast:c', str(n))
        eventually(lambda ear=ear, n=n: ear.heard == [(str(n).encode(), False)], f'hearing message {n}')  # type: ignore[misc]
        hub.unsubscribe([b'broadcast:c'], ear)


def test_own_words_are_marked(hub: Hub, redis_clean: Redis) -> None:
    """A mark makes the next message of its channel the author's own, and no other, however alike."""
    author, other = Ear(), Ear()
    for ear in (author, other):
        assert hub.subscribe([b'broadcast:d', b'broadcast:e'], ear, PATIENCE)
    redis_clean.client.publish('broadcast:d', 'same')
    with redis_clean.client.pipeline(transaction=True) as pipeline:
        pipeline.publish(hub.marks, f'own {author.number} broadcast:d')
        pipeline.publish('broadcast:d', 'same')
        pipeline.execute()
    redis_clean.client.publish('broadcast:e', 'same')
    redis_clean.client.publish('broadcast:d', 'same')
    eventually(lambda: len(other.heard) == 4, 'hearing four messages')
    assert author.heard == [(b'same', False), (b'same', True), (b'same', False), (b'same', False)]
    assert other.heard == [(b'same', False)] * 4
    for ear in (author, other):
        hub.unsubscribe([b'broadcast:d', b'broadcast:e'], ear)


def test_each_kind_hears_its_rendition(hub: Hub, redis_clean: Redis) -> None:
    """Of a change plain listeners hear what was set, bound ones all; of a foreign message only plain ones hear."""
    plain, bound = Ear(), Ear(is_bound=True)
    for ear in (plain, bound):
        assert hub.subscribe([b'broadcast:h'], ear, PATIENCE)
    frames = [f'{{"a":{n},"$$djng":{{"c":"broadcast","e":1,"v":{n}}}}}' for n in range(1, 4)]
    for frame in frames:
        redis_clean.client.publish('broadcast:h', 'foreign')
        redis_clean.client.publish('broadcast:h', frame)
    eventually(lambda: len(plain.heard) == 6 and len(bound.heard) == 3, 'hearing all')
    assert bound.heard == [(frame.encode(), False) for frame in frames]
    assert plain.heard[::2] == [(b'foreign', False)] * 3
    assert plain.heard[1::2] == [(f'{{"a":{n}}}'.encode(), False) for n in range(1, 4)]
    hub.unsubscribe([b'broadcast:h'], plain)
    redis_clean.client.publish('broadcast:h', frames[0])
    eventually(lambda: len(bound.heard) == 4, 'hearing on')
    hub.unsubscribe([b'broadcast:h'], bound)
    eventually(lambda: subscribers(redis_clean, 'broadcast:h') == 0, 'unsubscribing')


def test_each_hears_what_it_may_read(hub: Hub, redis_clean: Redis) -> None:
    """Bound listeners with the same limits share a frame; the others hear all; and none of them a foreign message."""
    names = [None, frozenset('a'), frozenset('a'), frozenset('b')]
    ears = [Ear(is_bound=True, readable=readable) for readable in names]
    for ear in ears:
        assert hub.subscribe([b'broadcast:i'], ear, PATIENCE)
    frame = '{{"a":1,{}"$$djng":{{"c":"broadcast","e":1,"v":1}}}}'
    redis_clean.client.publish('broadcast:i', 'foreign')
    redis_clean.client.publish('broadcast:i', frame.format('"b":2,'))
    redis_clean.client.publish('broadcast:i', frame.format(''))
    eventually(lambda: all(len(ear.heard) == 2 for ear in ears), 'hearing all')
    whole, some, same, other = ([message.decode() for message, _ in ear.heard] for ear in ears)
    assert whole == [frame.format('"b":2,'), frame.format('')]
    assert some == same == [frame.format('')] * 2
    assert [json.loads(message) for message in other] == [
        {**more, '$$djng': {'c': 'broadcast', 'e': 1, 'v': 1}} for more in ({'b': 2}, {})
    ]
    assert ears[1].heard[0][0] is ears[2].heard[0][0]
    for ear in ears:
        hub.unsubscribe([b'broadcast:i'], ear)
    eventually(lambda: subscribers(redis_clean, 'broadcast:i') == 0, 'unsubscribing')


def test_a_lost_subscription_is_taken_up_and_reported(hub: Hub, redis_clean: Redis) -> None:
    """A killed connection is replaced, every channel with listeners subscribed again and its gap reported."""
    ear, gaps = Ear(), []
    reported = threading.Event()
    assert hub.subscribe([b'broadcast:f'], ear, PATIENCE)

    def on_gap(channel: bytes) -> None:
        gaps.append(channel)
        reported.set()

    hub.on_gap = on_gap
    redis_clean.client.client_kill_filter(_type='pubsub')
    assert reported.wait(PATIENCE)
    assert gaps == [b'broadcast:f']
    redis_clean.client.publish('broadcast:f', 'again')
    eventually(lambda: ear.heard == [(b'again', False)], 'hearing again')
    hub.unsubscribe([b'broadcast:f'], ear)


def test_without_redis_a_subscription_is_not_confirmed() -> None:
    """Where Redis does not answer, subscribe() says so after its timeout; once it is there, the channel is live."""
    server = Redis()
    server.stop()
    # Its threads end with this test: they would go on trying, and complain in the log of later ones.
    primitives = EndingPrimitives({})
    client = redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0))
    hub = Hub(lambda: make_subscription_connection(client), primitives, Counts())
    ear = Ear()
    assert not hub.subscribe([b'broadcast:g'], ear, 0.2)
    again = Redis(server.port)
    eventually(lambda: subscribers(again, 'broadcast:g') == 1, 'subscribing')
    again.client.publish('broadcast:g', 'here')
    eventually(lambda: ear.heard == [(b'here', False)], 'hearing')
    primitives.end(lambda: again.client.publish('broadcast:g', 'the end'))
    again.stop()
