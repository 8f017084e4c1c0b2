"""Changes that a form examines: how many a second, and what all others notice of it."""

import contextlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks import processes
from benchmarks.changes import WARM_UP
from benchmarks.measure import WINDOW, Generator
from benchmarks.peers import Djng
from benchmarks.tables import table
from tests.servers import Redis, running

#: The facilities of servers/declared that are compared, and what the tables call them; the first is the measure.
COMPARED = {'open': 'nothing', 'hook': 'before_change()', 'form': 'form of 30 fields'}

#: Sockets that change one collection, and changes a second of all; 0 for the next when the own is back.
CHANGES = [(1, 0), (50, 0), (50, 200)]

#: What goes on elsewhere while something is relayed: how the tables call it, and changes a second.
MEANWHILE = {
    'open': ('no form', 20),
    'form': ('quick form', 20),
    'waiting': ('form that waits 200 ms', 0),
    'calculating': ('form that calculates 50 ms', 0),
}

#: Collections that are changed there, and sockets that write to each.
COLLECTIONS, WRITERS = 5, 10

#: What is relayed: how the tables call it, sockets, where they are opened, and what is asked of load.c.
RELAYED = [
    ('messages, closed loop', 500, 'foobar?subscribe-broadcast', 'closed'),
    ('messages, 20/s', 500, 'foobar?subscribe-broadcast', 'rate 20'),
    ('changes, 100/s', 50, 'other?subscribe-broadcast&publish-broadcast&djng=', 'edit 50 100'),
]

#: Seconds for which the writers are at it before anything is measured.
LEAD = 1

FORMS = (
    ('examined by', '<18'),
    ('writers', '>7'),
    ('load', '<11'),
    ('changes/s', '>9'),
    ('of nothing', '>10'),
    ('worker µs each', '>14'),
    ('Redis µs each', '>13'),
    ('p50 ms', '>8'),
    ('p99 ms', '>8'),
    ('lost', '>6'),
)
OTHERS = (
    ('relayed', '<21'),
    ('while there is', '<26'),
    ('changes/s', '>9'),
    ('deliveries/s', '>12'),
    ('of before', '>9'),
    ('p50 ms', '>7'),
    ('before', '>7'),
    ('p99 ms', '>7'),
    ('before', '>7'),
    ('lost', '>6'),
)


class Declaring(Djng):
    """djng in a project that declares facilities."""

    def environment(self):
        """Return what servers/settings.py reads."""
        return {**super().environment(), 'BENCHMARK_DECLARED': 'yes'}


class Site:
    """One worker on an empty Redis, for so many sockets that are open at the same time."""

    def __init__(self, stack, sockets):
        self.redis = stack.enter_context(running(Redis(None, '--maxclients', str(sockets + 1000))))
        self._stack = stack
        self._peer = stack.enter_context(contextlib.closing(Declaring(self.redis.port, sockets)))
        self.server = stack.enter_context(running(self._peer.start()))
        self._options = self._peer.options()[2:]

    def connect(self, path, sockets):
        """Open sockets to a facility; return their generator."""
        options = ['-u', f'127.0.0.1:{self._peer.port}/ws/{path}', *self._options]
        generator = self._stack.enter_context(contextlib.closing(Generator(options)))
        opened = generator.ask('connect', sockets, WINDOW)
        if opened['open'] < sockets:
            raise AssertionError(f'opened only {opened["open"]:,} sockets')
        return generator

    def bind(self, facility, sockets):
        """Open bound sockets that may write; return their generator."""
        return self.connect(f'{facility}?subscribe-broadcast&publish-broadcast&djng=', sockets)

    def used(self):
        """Return the seconds of CPU time of the worker and of Redis up to now."""
        return [processes.cpu(processes.tree(process.pid)) for process in (self.server, self.redis)]


def changes(seconds):
    """Return the rows on changes a second, each load of ``seconds`` seconds."""
    rows = []
    for writers, rate in CHANGES:
        measure = None
        for facility, title in COMPARED.items():
            with contextlib.ExitStack() as stack:
                site = Site(stack, writers)
                generator = site.bind(facility, writers)
                generator.ask('edit', writers, 0, WARM_UP)
                before = site.used()
                result = generator.ask('edit', writers, rate, seconds)
                worker, store = (after - used for after, used in zip(site.used(), before, strict=True))
            per_s = result['published'] / result['seconds']
            measure = measure or per_s
            row = (
                title,
                f'{writers:,}',
                f'{rate}/s' if rate else 'closed loop',
                f'{per_s:,.0f}',
                f'{per_s / measure:.0%}',
                f'{worker / result["published"] * 1e6:,.0f}',
                f'{store / result["published"] * 1e6:,.0f}',
                f'{result["p50"]:.1f}',
                f'{result["p99"]:.1f}',
                f'{result["lost"]:,}',
            )
            tell(row)
            rows.append(row)
    return rows


def others(seconds):
    """Return the rows on what is relayed before and while changes are examined, for ``seconds`` seconds each."""
    rows = []
    for relayed, sockets, path, load in RELAYED:
        for facility, (title, rate) in MEANWHILE.items():
            with contextlib.ExitStack() as stack:
                site = Site(stack, sockets)
                generator = site.connect(path, sockets)
                writers = [site.bind(f'{facility}-{n}', WRITERS) for n in range(COLLECTIONS)]
                generator.ask(*load.split(), WARM_UP)
                before = generator.ask(*load.split(), seconds)
                pool = stack.enter_context(ThreadPoolExecutor(COLLECTIONS))
                command = 'edit', WRITERS, rate / COLLECTIONS, LEAD + seconds + LEAD
                written = [pool.submit(each.ask, *command) for each in writers]
                time.sleep(LEAD)
                now = generator.ask(*load.split(), seconds)
                there = [each.result() for each in written]
            per_s = [result['delivered'] / result['seconds'] for result in (now, before)]
            row = (
                relayed,
                title,
                f'{sum(result["published"] / result["seconds"] for result in there):,.0f}',
                f'{per_s[0]:,.0f}',
                f'{per_s[0] / per_s[1]:.0%}',
                *(f'{result[key]:.1f}' for key in ('p50', 'p99') for result in (now, before)),
                f'{now["lost"]:,}',
            )
            tell(row)
            rows.append(row)
    return rows


def tell(row):
    """Show on stderr that something was measured."""
    print(' ', *row, sep='  ', file=sys.stderr, flush=True)


def tables(*, seconds):
    """Return both tables, each load of ``seconds`` seconds."""
    return [table(FORMS, changes(seconds)), table(OTHERS, others(seconds))]
