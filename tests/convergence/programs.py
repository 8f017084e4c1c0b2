"""Random programs: what people, networks, foreign writers and servers do; they can be run again, and made shorter.

A step is a verb with numbers. What a number means depends on what there is when the step is done, so that each part of
a program is a program.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

Step = tuple[str, int, int, int]


class Program(NamedTuple):
    """Who takes part, and what happens."""

    seed: int
    is_array: bool
    #: Whether items are only appended, so that all of them must be there in the end.
    appends: bool
    #: How many browsers there are, and which of them only hear, or only write.
    browsers: int
    hears_only: int | None
    writes_only: int | None
    #: Whether some of them share a second, narrower channel.
    has_users: bool
    #: Which page shows something from the beginning.
    begins: int | None
    steps: list[Step]

    @property
    def verbs(self) -> set[str]:
        """What kinds of things happen."""
        return {verb for verb, *_ in self.steps}


#: How often what happens.
VERBS = {
    'edit': 300,
    'read': 190,
    'hear': 150,
    'listen': 160,
    'answer': 100,
    'lose': 45,
    'connect': 60,
    'say': 15,
    'write': 10,
    'speak': 10,
    'take': 30,
    'renew': 10,
    'late': 20,
    'slow': 8,
    'gap': 5,
    'restart': 3,
    'flush': 3,
    'save': 10,
    'fall_back': 6,
}


def losing(seed: int) -> Program:
    """Return the program that a number stands for among those in which an object is lost while people type.

    One of them was away for a while before, and comes back sooner or later.
    """
    verbs = {**VERBS, **dict.fromkeys(('flush', 'fall_back', 'save', 'speak', 'write'), 0), 'read': 300, 'listen': 300}
    whole = program(seed, 250, verbs)
    before, meanwhile, behind = whole.steps[:100], whole.steps[100:190], whole.steps[190:]
    meanwhile = [step for step in meanwhile if step[0] != 'connect' or step[1] % whole.browsers]
    # Few type then, or nothing is left of what was known.
    behind = [step for number, step in enumerate(behind) if step[0] != 'edit' or number % 4 == 0]
    behind.insert(seed % 30, ('connect', 0, 0, 0))
    steps = [*before, ('lose', 0, 2, 0), *meanwhile, ('flush', 0, 0, 0), *behind]
    return whole._replace(is_array=False, appends=False, writes_only=None, steps=steps)


def losing_items(seed: int) -> Program:
    """Return the program that a number stands for among those in which an array is lost while people append to it.

    The servers live on: they know which changes there were.
    """
    whole = losing(seed)
    steps = [step for step in whole.steps if step[0] not in ('restart', 'gap')]
    return whole._replace(is_array=True, appends=True, has_users=False, begins=None, steps=steps)


def program(seed: int, length: int = 150, verbs: Mapping[str, int] = VERBS) -> Program:
    """Return the program that a number stands for."""
    draw = random.Random(seed)
    count = draw.randint(2, 4)
    drawn = draw.choices([*verbs], [*verbs.values()], k=length)
    # Without these most programs are not about them but about nothing else.
    spared = draw.sample(['flush', 'fall_back', 'restart', 'gap', 'slow', 'speak', 'write', 'say'], draw.randint(0, 7))
    is_array, appends = draw.random() < 0.5, draw.random() < 0.4
    return Program(
        seed,
        is_array,
        is_array and appends,
        count,
        draw.choice([None, None, None, 0]),
        draw.choice([None, None, None, 1]),
        # An index means nothing in two channels at once.
        not is_array and draw.random() < 0.3,
        draw.choice([None, None, 0, 1]),
        [(verb, *(draw.getrandbits(16) for _ in range(3))) for verb in drawn if verb not in spared],
    )


def shorten(program: Program, falls_short: Callable[[Program], object]) -> Program:
    """Return a program with fewer steps that falls short as well (delta debugging).

    See Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002.
    """
    size = len(program.steps) // 2
    while size:
        begin = 0
        while begin < len(program.steps):
            shorter = program._replace(steps=program.steps[:begin] + program.steps[begin + size :])
            if falls_short(shorter):
                program = shorter
            else:
                begin += size
        size //= 2
    return program
