"""Tests for what others write: plain texts through the relay, and programs that know nothing of the script."""

import hashlib
import json
import threading

import pytest

from djng.state.frame import parse_plain
from djng.state.heard import heard
from djng.state.merge import Change
from djng.state.steps import Applied, Counted, Gone, Kept, NotTaken, Relay, Relayed, Renew, Snapshot, Submit, Take
from djng.state.store import Store
from tests.servers import eventually
from tests.state.looking import decoded, must_be

K = 'broadcast:foobar'
META = f'djng:{{{K}}}:meta'
SNAPSHOT, RENEW = Snapshot(K, 'broadcast'), Renew(K, 'broadcast')


def sets(**texts):
    """Return the step that sets these properties."""
    return Submit(K, 'broadcast', Change('object', texts))


def take(text, t=0):
    """Return the step that takes a text."""
    return Take(K, 'broadcast', text, t)


def digest(text):
    """Return what a frame says of the text it stems from."""
    return hashlib.sha1(text).hexdigest()


def run(store, step):
    """Return what came of one step."""
    [outcome] = store.run([step])
    return outcome


@pytest.fixture
def e(store, ear):
    """The epoch of a collection that somebody listens to: ``{"a": 1}``, at version 1."""
    outcome = run(store, sets(a='1'))
    run(store, RENEW)
    ear.heard()
    return outcome.e


@pytest.fixture
def alone(store, ear):
    """The epoch of a collection that nobody listens to."""
    outcome = run(store, sets(a='1'))
    ear.heard()
    return outcome.e


A, B = b'{"a":2,"b":[ ]}', b'{"a":3}'


def test_published_text(client, store, ear, e):
    """A text that was only published is taken once; the frame says of which text, and is none for plain sockets."""
    client.publish(K, A)
    assert run(store, take(A)) == Applied(e, 2)
    assert run(store, take(A)) == NotTaken(1)
    must_be(client, K, {'a': '2', 'b': '[ ]'})
    raw, frame = ear.messages()
    assert raw == A
    assert frame == b'{"a":2,"b":[ ],"$$djng":{"c":"broadcast","e":%d,"v":2,"t":1,"f":"%b"}}' % (e, digest(A).encode())
    assert heard(frame)[:6] == (e, 2, 'object', 1, digest(A), None)
    assert run(store, SNAPSHOT).t == 1


@pytest.mark.parametrize('order', ['set take', 'take set', 'set look take', 'set take look', 'take look set'])
def test_published_and_kept_text(client, store, ear, e, order):
    """A text that ws4redis publishes and keeps is taken once, whatever comes between, and K is mended."""
    client.publish(K, A)
    for what in order.split():
        if what == 'set':
            client.setex(K, 1000, A)
        elif what == 'take':
            assert run(store, take(A)) == Applied(e, 2)
        else:
            assert run(store, SNAPSHOT).v in (1, 2)
    assert run(store, sets(c='1')) == Applied(e, 3)
    must_be(client, K, {'a': '2', 'b': '[ ]', 'c': '1'})
    assert 0 < client.ttl(K) <= 60
    assert next(message for message in ear.messages() if heard(message)).endswith(digest(A).encode() + b'"}}')
    assert not run(store, RENEW).again


def test_kept_text_that_nobody_awaits(client, store, ear, alone):
    """Where nobody listens what was kept is taken by who comes first; published or not, it counts once."""
    client.setex(K, 1000, A)
    assert run(store, sets(c='1')) == Applied(alone, 3)
    must_be(client, K, {'a': '2', 'b': '[ ]', 'c': '1'})
    assert ear.messages()[0] == b'{"a":2,"b":[ ],"$$djng":{"c":"broadcast","e":%d,"v":2}}' % alone
    assert run(store, take(A)) == Counted(alone, 3)
    [frame] = ear.messages()
    assert frame == b'{"$$djng":{"c":"broadcast","e":%d,"v":0,"t":1,"f":"%b"}}' % (alone, digest(A).encode())
    assert run(store, take(A, 1)) == Applied(alone, 4)


def test_kept_text_that_was_not_published(client, store, ear, e):
    """Where somebody listens it is left to be heard for a while, then taken all the same, once."""
    client.setex(K, 1000, A)
    renewed = run(store, RENEW)
    assert (renewed.v, renewed.again) == (1, True)
    assert run(store, sets(c='1')) == Applied(e, 2)
    must_be(client, K, {'a': '1', 'c': '1'})
    eventually(lambda: run(store, RENEW).v == 3)
    must_be(client, K, {'a': '2', 'b': '[ ]', 'c': '1'})
    assert not run(store, RENEW).again
    assert len(ear.messages()) == 2
    assert run(store, take(A)) == Counted(e, 3)


@pytest.mark.parametrize('what', ['publish', 'keep'])
def test_same_text_again(client, store, e, what):
    """The same text counts again when it is said again, after others have changed what it said."""
    for t in range(3):
        if what == 'publish':
            client.publish(K, A)
            client.setex(K, 1000, A)
            assert isinstance(run(store, take(A, t)), Applied)
        else:
            client.hdel(META, 'until')
            client.setex(K, 1000, A)
            assert run(store, SNAPSHOT).v == 2 * t + 2
        must_be(client, K, {'a': '2', 'b': '[ ]'})
        run(store, sets(a='"mine"'))


def test_many_texts_at_once(client, store, e):
    """Of texts that follow each other faster than they are taken, each counts once, in the channel's order."""
    texts = [b'{"a":%d,"p%d":%d}' % (number, number, number) for number in range(20)]
    for text in texts:
        client.publish(K, text)
        client.setex(K, 1000, text)
    for t, text in enumerate(texts):
        assert run(store, take(text, t)) == Applied(e, t + 2)
        if t == 5:
            client.setex(K, 1000, texts[-1])
            assert run(store, SNAPSHOT).v == t + 2
    must_be(client, K, {'a': '19', **{f'p{number}': f'{number}' for number in range(20)}})
    assert not run(store, RENEW).again


def test_text_that_stands_behind_many(client, store, e):
    """As long as others are being taken, what is under K may yet be heard in its turn, for ten seconds."""
    client.setex(K, 1000, B)
    run(store, RENEW)

    def ages(seconds, *names):
        for name in names:
            client.hincrby(META, name, -1000 * seconds)

    ages(3, 'aside_at')
    assert run(store, take(A)) == Applied(e, 2)
    assert run(store, RENEW) == (e, 2, 1, True)
    ages(3, 'aside_at', 'taken_at')
    assert run(store, take(A, 1)) == Applied(e, 3)
    ages(6, 'aside_at')
    assert run(store, take(A, 2)) == Applied(e, 5)
    must_be(client, K, {'a': '2', 'b': '[ ]'})
    assert run(store, take(B, 3)) == Counted(e, 5)


def test_late_keeping(client, store, e):
    """A text that is kept after others have changed what it said, by a slow publisher, changes nothing any more."""
    client.publish(K, A)
    client.publish(K, B)
    run(store, take(A))
    run(store, take(B, 1))
    client.setex(K, 1000, A)
    run(store, sets(b='0'))
    client.setex(K, 1000, B)
    assert run(store, RENEW) == (e, 4, 2, False)
    must_be(client, K, {'a': '3', 'b': '0'})


def test_long_ago(client, store, alone):
    """After ten seconds the same text is another one."""
    client.setex(K, 1000, A)
    assert run(store, SNAPSHOT).v == 2
    remembered = client.hget(META, 'found').decode()
    name, time = remembered.strip(',').split(' ')
    client.hset(META, 'found', f'{name} {int(time) - 11_000},')
    assert run(store, take(A)) == Applied(alone, 3)


@pytest.mark.parametrize('text', [b'no JSON', b'"text"', b'', b'[1]', b'{"a":1e999}', b'{"a":2', b'\xff'])
def test_text_that_is_nothing_for_the_collection(client, store, ear, e, text):
    """What is no object's change changes nothing, is counted where it was published, and goes from K."""
    client.publish(K, text)
    assert run(store, take(text)) == Counted(e, 1)
    client.setex(K, 1000, text)
    assert run(store, SNAPSHOT) == Kept(e, 1, 'object', 1, 1, b'{ "a":1}')
    _, frame = ear.messages()
    assert frame == b'{"$$djng":{"c":"broadcast","e":%d,"v":0,"t":1,"f":"%b"}}' % (e, digest(text).encode())
    client.hdel(META, 'until')
    client.setex(K, 1000, text)
    assert run(store, sets(a='2')) == Applied(e, 2)
    must_be(client, K, {'a': '2'})


def test_array(client, store, ear):
    """A foreign array is all there is then; an array may be all that a new collection has heard."""
    run(store, Snapshot(K, 'broadcast', create=True))
    assert run(store, take(b'[1, 2,3]')).v == 1
    must_be(client, K, ['1', '2', '3'])
    assert run(store, take(b'["a"]', 1)).v == 2
    must_be(client, K, ['"a"'])
    client.hdel(META, 'until')
    client.set(K, '[7,8]')
    assert run(store, SNAPSHOT).text == b'[ 7,8]'
    frames = [json.loads(message) for message in ear.messages()]
    assert [(frame.get('0'), frame['$$djng']['n']) for frame in frames] == [(1, 3), ('a', 1), (7, 2)]
    assert [heard(json.dumps(frame, separators=(',', ':')).encode()).kind for frame in frames] == ['array'] * 3


def test_text_for_what_is_gone(client, store):
    """There is nothing to take a text into."""
    client.set(K, A)
    assert run(store, take(A)) == Gone()
    assert client.get(K) == A


def test_text_under_a_new_collection(client, store, ear):
    """What a collection began with is not taken again when the relay has heard it, too."""
    client.setex(K, 1000, A)
    kept = run(store, Snapshot(K, 'broadcast', create=True))
    assert (kept.v, kept.t) == (1, 0)
    assert run(store, take(A)) == Counted(kept.e, 1)


def test_deleted_key(client, store, e):
    """Who deletes K alone deletes nothing."""
    client.delete(K)
    assert run(store, SNAPSHOT) == Kept(e, 1, 'object', 1, 0, b'{ "a":1}')
    must_be(client, K, {'a': '1'})


@pytest.mark.parametrize('harm', ['append', 'setrange', 'old copy'])
def test_tampering(client, store, alone, harm):
    """Whatever way K is written by others, it is noticed, and what it says then counts."""
    old = client.get(K)
    run(store, sets(a='2'))
    if harm == 'append':
        client.append(K, ' ')
    elif harm == 'setrange':
        client.setrange(K, 0, b'{ "a":7}'.ljust(len(old)))
    else:
        client.set(K, old)
    run(store, sets(b='1'))
    must_be(client, K, {'a': {'append': '2', 'setrange': '7', 'old copy': '1'}[harm], 'b': '1'})


def test_relay_as_it_came(client, store, ear, e):
    """What is not a frame but for its end reaches plain sockets as it came, and bound ones what it changed."""
    for t, (text, changes) in enumerate(
        [('{"b":2}\n', {'b': '2'}), ('no JSON', {}), ('[1]', {}), ('{"a":1e999}', {})], 1
    ):
        step = Relay(K, 'broadcast', text, parse_plain(text), mark=b'own 7', marks=b'marks')
        outcome = run(store, step)
        assert outcome == (Applied(e, 2) if changes else Relayed())
        (channel, mark), (_, raw), (_, frame) = ear.heard()
        assert (channel, mark, raw) == ('marks', b'own 7', text.encode())
        assert heard(frame)[:6] == (e, 2 if changes else 0, 'object', t, digest(raw), None)
        assert decoded(changes).items() <= json.loads(frame).items()
    must_be(client, K, {'a': '1', 'b': '2'})
    assert run(store, take(b'no JSON', 3)) == NotTaken(4)


def test_relay_of_an_array(client, store, ear):
    """A plain socket's array is all there is then, and reaches others as it came."""
    run(store, Snapshot(K, 'broadcast', create=True))
    run(store, Relay(K, 'broadcast', '[1, 2]', parse_plain('[1, 2]')))
    must_be(client, K, ['1', '2'])
    raw, frame = ear.messages()
    assert raw == b'[1, 2]'
    assert json.loads(frame).keys() == {'0', '1', '$$djng'}


@pytest.mark.parametrize('is_collection', [True, False])
@pytest.mark.parametrize('text', ['{"a":2,"$$djng":{"c":"x","e":9,"v":9}}', 'x,"$$djng":{"c":"x","e":9,"v":9}}'])
def test_relay_of_lies(client, store, ear, text, is_collection):
    """A plain socket cannot make others believe that its text is a frame of the script."""
    if is_collection:
        run(store, Submit(K, 'broadcast', Change('object', {})))
        ear.heard()
    run(store, Relay(K, 'broadcast', text, parse_plain(text)))
    said = ear.messages()
    assert heard(said[0]) is None
    assert said[0] == f'{text} '.encode()
    assert [heard(frame).v for frame in said[1:]] == ([2 if text[0] == '{' else 0] if is_collection else [])


class Taker(threading.Thread):
    """What a relay does with texts that are foreign to it: it holds them, and takes one after the other."""

    def __init__(self, redis_server):
        super().__init__()
        self.frames, self.raw, self.failure = [], [], None
        self._client = redis_server.client
        self._store = Store(redis_server.client, expire=60)
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        self._pubsub.subscribe(K)
        while self._pubsub.get_message(timeout=0.01) is None and not self._pubsub.subscribed:
            pass
        self.start()

    def run(self):
        try:
            self._take()
        except Exception as error:
            self.failure = error

    def _take(self):
        held, t, tried, ended = [], 0, None, False
        while held or not ended:
            message = self._pubsub.get_message(timeout=10)
            if message is None:
                continue
            text = message['data']
            about = heard(text)
            if about is None:
                ended = ended or text == b'end'
                self.raw.append(text)
                held.append(text)
            else:
                self.frames.append(about)
                if about.t is not None:
                    t = about.t
                    if about.f in map(digest, held):
                        del held[[*map(digest, held)].index(about.f)]
            if held and tried != (held[0], t):
                tried = held[0], t
                self._store.run([take(held[0], t)])
        self._pubsub.close()


def test_competing_takers(redis_server, client, store, e):
    """Several relays, a publisher of ws4redis' kind and writers: each text counts once, in the channel's order."""
    takers = [Taker(redis_server) for _ in range(4)]

    def publish():
        for number in range(150):
            text = b'{"foreign":%d,"f%d":1}' % (number, number)
            client.publish(K, text)
            client.setex(K, 1000, text)
        client.publish(K, 'end')

    def write(name):
        for number in range(150):
            change = Change('object', {name: str(number), f'{name}{number}': '1'})
            store.run([Submit(K, 'broadcast', change, name, number + 1)])

    threads = [threading.Thread(target=publish), *(threading.Thread(target=write, args=(name,)) for name in 'xy')]
    for thread in threads:
        thread.start()
    for thread in [*threads, *takers]:
        thread.join(60)
    assert [taker.failure for taker in takers] == [None] * 4
    kept = run(store, SNAPSHOT)
    assert (kept.v, kept.t) == (1 + 150 + 300, 151)
    for taker in takers:
        assert [frame.f for frame in taker.frames if frame.f] == [*map(digest, taker.raw)]
        versions = [frame.v for frame in taker.frames if frame.v]
        assert versions == [*range(2, 452)]
    state = {'a': '1', 'foreign': '149', 'x': '149', 'y': '149'}
    must_be(client, K, state | {f'{name}{number}': '1' for name in 'fxy' for number in range(150)})
    assert not run(store, RENEW).again
