"""Bound browsers converge, whatever people, networks, foreign writers and servers do: random programs.

``CONVERGENCE_FIRST`` is the number of the first program, ``CONVERGENCE_PROGRAMS`` how many there are;
``python -m tests.convergence`` runs many more.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.convergence.broken import BREAKS
from tests.convergence.on_redis import RedisStore
from tests.convergence.programs import Program, losing, losing_items, program, shorten
from tests.convergence.simulated import SimulatedStore
from tests.convergence.world import Make, report, run
from tests.servers import Redis

FIRST = int(os.environ.get('CONVERGENCE_FIRST', '0'))
PROGRAMS = int(os.environ.get('CONVERGENCE_PROGRAMS', '500'))

#: Programs, in which some other program writes under keys, that a real Redis is given: each of them takes a second.
WRITING = 4


def prove(programs: list[Program], make_store: Make = SimulatedStore) -> None:
    """Run programs; fail with the first one that falls short."""
    for one in programs:
        fault = run(one, make_store)
        assert fault is None, f'CONVERGENCE_FIRST={one.seed} CONVERGENCE_PROGRAMS=1: {fault}\n{report(one, make_store)}'


def test_programs() -> None:
    """Nothing falls short of the promise: see :mod:`tests.convergence.ledger` for what is accounted for."""
    prove([program(number) for number in range(FIRST, FIRST + PROGRAMS)])


def test_losing_programs() -> None:
    """What somebody knows of an object that is lost comes back, whoever was faster, and nothing else does."""
    prove([losing(number) for number in range(FIRST, FIRST + PROGRAMS)])


def test_losing_items() -> None:
    """Of an array that is lost while people append to it each item is there, once, whoever was faster.

    Not for any number: whoever cannot tell whether an own item is in what he gives back may give it back twice, which
    happens in one of 1,000 programs.
    """
    prove([losing_items(number) for number in range(PROGRAMS)])


@pytest.mark.parametrize('name', BREAKS)
def test_each_rule_earns_its_place(name: str) -> None:
    """Where one rule is broken some program falls short, so the model does notice."""
    with BREAKS[name]():
        assert any(run(draw(number)) for number in range(2000) for draw in (program, losing, losing_items))


def test_programs_are_the_same_again() -> None:
    """The number of a program is all that there is to it."""
    first: list[str] = []
    again: list[str] = []
    for lines in (first, again):
        random.seed()
        run(program(7), note=lines.append)
    assert first == again


def test_a_failing_program_is_shortened() -> None:
    """Of a program that falls short a few steps are left, which fall short as well."""
    with BREAKS['a change sent again is applied again']():
        failing = next(one for one in map(program, range(100)) if run(one))
        short = shorten(failing, run)
        assert run(short)
        assert len(short.steps) < 12
        assert 'falls short' in report(short).splitlines()[-1]


def test_programs_on_redis(redis_clean: Redis) -> None:
    """The real scripts do what the model of them does."""
    stores: list[RedisStore] = []

    def make_store(*arguments: object) -> RedisStore:
        while stores:
            stores.pop().close()
        stores.append(RedisStore(redis_clean.client, *arguments))
        return stores[0]

    programs = [draw(number) for number in range(FIRST, FIRST + PROGRAMS // 4) for draw in (program, losing)]
    programs += [losing_items(number) for number in range(PROGRAMS // 4)]
    writing = [one for one in programs if 'write' in one.verbs]
    try:
        prove([one for one in programs if one not in writing[WRITING:]], make_store)
    finally:
        stores.pop().close()
