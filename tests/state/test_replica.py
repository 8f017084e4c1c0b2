"""Whoever applies what is published, frame by frame, has what is kept, whoever writes."""

import hashlib
import json
import random

import pytest

from djng.state import merge
from djng.state.frame import parse_plain
from djng.state.heard import heard
from djng.state.merge import Change
from djng.state.reading import object_members
from djng.state.steps import Relay, Renew, Snapshot, Submit, Take
from tests.state.looking import decoded, must_be

K = 'broadcast:foobar'
META = f'djng:{{{K}}}:meta'
TEXTS = ['1', '"text"', 'null', '[]', '{"b": [1]}', f'"{"x" * 90}"', '"é\\ud800"']


class Replica:
    """A browser that hears everything: it holds foreign texts, and applies frames by the rules of the wire."""

    def __init__(self):
        self.collection, self.v, self.t, self.held = {}, 0, 0, []

    def hear(self, message):
        """Take one message."""
        about = heard(message)
        if about is None:
            self.held.append(message)
            return
        if about.t is not None:
            assert about.t == self.t + 1
            self.t = about.t
            del self.held[[hashlib.sha1(text).hexdigest() for text in self.held].index(about.f)]
        if about.v == 0:
            assert [name for name, _, _ in object_members(message.decode())] == ['$$djng']
            return
        assert about.v == self.v + 1
        self.v = about.v
        texts = {name: text for name, text, _ in object_members(message.decode())}
        told = json.loads(texts.pop('$$djng'))
        if about.kind == 'array':
            if not isinstance(self.collection, list):
                assert self.collection == {}
            change = Change('array', {}, length=told['n'])
            kept = {name: text for name, text in texts.items() if int(name) < told['n']}
            self.collection = merge.apply(merge.apply(self.collection, change), Change('array', kept))
        else:
            self.collection = merge.apply(self.collection, Change('object', texts, tuple(told.get('del', ()))))


def any_change(rng, is_array):
    """Return a change of either kind."""
    if is_array:
        length = rng.choice([None, None, None, rng.randrange(12)])
        texts = {str(rng.randrange(12)): rng.choice(TEXTS) for _ in range(rng.randrange(3))}
        kept = {name: text for name, text in texts.items() if length is None or int(name) < length}
        return Change('array', kept, length=length, push=tuple(rng.choices(TEXTS, k=rng.randrange(3))))
    texts = {rng.choice('abcdefg'): rng.choice(TEXTS) for _ in range(rng.randrange(4))}
    return Change('object', texts, tuple(name for name in rng.sample('abcdefg', rng.randrange(4)) if name not in texts))


def any_text(rng, is_array):
    """Return what a plain author says, without any surprise in it or with one."""
    if rng.random() < 0.2:
        return rng.choice(
            ['', 'no JSON', '"text"', '{"a":1e999}', '{}', '{ }', '[]', '{"a":1}\n', '{"a":{"$$djng":{"c":1}}}']
        )
    if is_array:
        return f'[{", ".join(rng.choices(TEXTS, k=rng.randrange(5)))}]'
    members = [f'"{rng.choice("abcdefg")}": {rng.choice(TEXTS)}' for _ in range(rng.randrange(1, 4))]
    return f'{{{" , ".join(members)}}}'


@pytest.mark.parametrize('seed', range(25))
def test_random_programs(client, store, ear, seed):
    """A replica has what is kept, in the same version, after any program; every foreign text is taken once."""
    rng = random.Random(seed)
    replica, numbers = Replica(), {'me': 0, 'you': 0}
    store.run([Snapshot(K, 'broadcast', create=True), Renew(K, 'broadcast')])

    def listen():
        for message in ear.messages():
            replica.hear(message)

    def take():
        listen()
        while replica.held:
            store.run([Take(K, 'broadcast', replica.held[0], replica.t)])
            listen()

    for _ in range(120):
        # Mostly of one kind, so that something comes together.
        is_array = rng.random() < (0.9 if seed % 2 else 0.1)
        what = rng.choice(
            ['submit'] * 5 + ['relay'] * 2 + ['foreign'] * 2 + ['keep', 'take', 'take', 'delete', 'again', 'look']
        )
        text = any_text(rng, is_array)
        if what == 'submit':
            author = rng.choice(['me', 'you'])
            numbers[author] += 1
            store.run([Submit(K, 'broadcast', any_change(rng, is_array), author, numbers[author])])
        elif what == 'again' and numbers['me']:
            store.run([Submit(K, 'broadcast', any_change(rng, is_array), 'me', numbers['me'])])
        elif what == 'relay':
            store.run([Relay(K, 'broadcast', text, parse_plain(text))])
        elif what == 'foreign':
            client.publish(K, text)
            if rng.random() < 0.7:
                client.setex(K, 60, text)
        elif what == 'keep':
            take()
            client.hset(META, 'until', 0)
            client.setex(K, 60, text)
            store.run([rng.choice([Snapshot(K, 'broadcast'), Renew(K, 'broadcast')]), Renew(K, 'broadcast')])
        elif what == 'take':
            take()
        elif what == 'delete':
            client.delete(K)
        elif what == 'look':
            store.run([Snapshot(K, 'broadcast')])
    take()
    [kept] = store.run([Snapshot(K, 'broadcast')])
    listen()
    assert (kept.v, kept.t) == (replica.v, replica.t)
    if kept.text is not None:
        assert json.loads(kept.text) == decoded(replica.collection)
        must_be(client, K, replica.collection)
