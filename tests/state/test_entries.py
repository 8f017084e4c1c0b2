"""Tests for how a collection's text is kept: random changes, on Redis and on the pure model side by side."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djng.state import merge
from djng.state.merge import Change
from djng.state.steps import Applied, Refused, Submit
from tests.state.looking import must_be

CHANNEL = 'broadcast:model'
NAMES = ['a', 'b', '', 'length', '__proto__', 'constructor', 'é', '😀', '"\\', '}{', ',"a":', ' ', '\ud800', '0', '10']
VALUES = [
    *(
        'null',
        'true',
        '0',
        '-0',
        '9007199254740993',
        '1e3',
        '""',
        '"}"',
        '",\\"a\\":1"',
        '"\\\\"',
        '"\\ud800"',
        '"é😀"',
    ),
    *('[]', '{}', '[ 1, 2 ]', '{"a":{"b":[1,2,{"c":null}]}}', f'"{"x" * 70}"', f'"{"y" * 700}"'),
]


@st.composite
def changes(draw):
    """Return any change: mostly of one kind for the whole program, so that something comes together."""
    if draw(st.booleans()):
        names = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=5))
        gone = draw(st.lists(st.sampled_from(NAMES), max_size=4))
        return Change('object', names, tuple(dict.fromkeys(name for name in gone if name not in names)))
    length = draw(st.none() | st.integers(0, 40))
    texts = draw(st.dictionaries(st.integers(0, 50), st.sampled_from(VALUES), max_size=5))
    kept = {str(index): text for index, text in texts.items() if length is None or index < length}
    push = tuple(draw(st.lists(st.sampled_from(VALUES), max_size=4)))
    return Change('array', kept, length=length, push=push)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(changes(), max_size=25))
def test_any_changes(client, store, program):
    """After each change of any program all that is kept is what the model says."""
    client.flushall()
    model, version = {}, 0
    for change in program:
        [outcome] = store.run([Submit(CHANNEL, 'broadcast', change)])
        try:
            model = merge.apply(model, change)
        except merge.Mismatch:
            assert isinstance(outcome, Refused)
            continue
        version += 1
        assert isinstance(outcome, Applied)
        assert outcome.v == version
        must_be(client, CHANNEL, model)


def text_of(rng):
    """Return a JSON text, small as a rule."""
    length = rng.choice([0, 1, 2, 3, 5, 8, 13, 40, rng.randrange(300)])
    return json.dumps(''.join(rng.choices('ab",}]\\é', k=length)), ensure_ascii=False)


def object_change(rng, model, size):
    """Return a change that makes an object grow to about ``size`` properties and then keeps it there."""
    names = [f'p{rng.randrange(size * 2)}' for _ in range(rng.choice([1, 1, 1, 2, 9, 60]))]
    if model and rng.random() < len(model) / size / 2:
        gone = rng.sample(sorted(model), min(len(model), rng.choice([1, 1, 2, 30])))
        return Change('object', {name: text_of(rng) for name in names if name not in gone}, tuple(gone))
    return Change('object', {name: text_of(rng) for name in names})


def array_change(rng, model, size):
    """Return a change of an array of about ``size`` items."""
    count = rng.choice([1, 1, 1, 2, 9, 60])
    if rng.random() < 0.4:
        push = tuple(text_of(rng) for _ in range(count))
        return Change('array', {}, length=size if len(model) > size else None, push=push)
    if rng.random() < 0.1:
        return Change('array', {}, length=rng.randrange(size + 1))
    return Change('array', {str(rng.randrange(max(1, len(model)))): text_of(rng) for _ in range(count)})


@pytest.mark.parametrize('size', [3, 40, 700])
@pytest.mark.parametrize('seed', range(2))
@pytest.mark.parametrize('of', [object_change, array_change])
def test_many_changes(client, store, of, seed, size):
    """A large collection stays what the model says while values grow, shrink, come and go all over it."""
    rng = random.Random(seed)
    model = {} if of is object_change else []
    for number in range(400):
        change = of(rng, model, size)
        [outcome] = store.run([Submit(CHANNEL, 'broadcast', change)])
        assert isinstance(outcome, Applied), (seed, number, outcome)
        model = merge.apply(model, change)
        if number % 10 == 0 or size < 50:
            must_be(client, CHANNEL, model)
    must_be(client, CHANNEL, model)
