"""Bound browsers that change one collection: how many changes a second, and how soon all others have each."""

import contextlib
import json
import sys

from benchmarks import processes
from benchmarks.measure import WINDOW, Generator
from benchmarks.peers import Djng
from benchmarks.tables import table
from tests.servers import Redis, running

#: Sockets that watch, how many of them write, and their changes per second; 0 for the next when the own is back.
LOADS = [(1, 1, 0), (50, 50, 0), (500, 1, 0), (500, 50, 0), (500, 50, 50), (500, 50, 500)]

#: The form whose bytes on the wire are counted: so many properties, each with a text of so many letters.
FIELDS, LETTERS = 30, 20

#: Changes that are made before anything is measured, so that nothing is loaded or compiled then.
WARM_UP = 0.5

COLUMNS = (
    ('watchers', '>8'),
    ('writers', '>7'),
    ('load', '<11'),
    ('changes/s', '>9'),
    ('worker µs each', '>14'),
    ('Redis µs each', '>13'),
    ('p50 ms', '>8'),
    ('p99 ms', '>8'),
    ('lost', '>6'),
    ('generator', '>9'),
)


class Bound(Djng):
    """djng with bound sockets that may write."""

    path = '/ws/foobar?subscribe-broadcast&publish-broadcast&djng='


def measure(seconds):
    """Yield a dictionary for each of :data:`LOADS`, of ``seconds`` seconds each, on one worker and one Redis."""
    for watchers, writers, rate in LOADS:
        with serving(watchers) as (peer, server, redis):
            with contextlib.closing(Generator(peer.options())) as generator:
                opened = generator.ask('connect', watchers, WINDOW)
                if opened['open'] < watchers:
                    raise AssertionError(f'opened only {opened["open"]:,} sockets')
                generator.ask('edit', writers, 0, WARM_UP)
                pids = processes.tree(server.pid), processes.tree(redis.pid)
                before = [processes.cpu(each) for each in pids]
                result = generator.ask('edit', writers, rate, seconds)
                worker, store = (processes.cpu(each) - used for each, used in zip(pids, before, strict=True))
            yield {
                'watchers': watchers,
                'writers': writers,
                'rate': rate,
                'per_s': result['published'] / result['seconds'],
                'worker_us': worker / result['published'] * 1e6,
                'redis_us': store / result['published'] * 1e6,
                **{key: result[key] for key in ('p50', 'p99', 'lost', 'duplicates', 'overrun', 'generator')},
            }


def bytes_on_the_wire():
    """Return the sizes of the frames by which a browser tells one changed property, hears it, and hears all."""
    from websockets.sync.client import connect

    form = {f'field_{n}': 'x' * LETTERS for n in range(FIELDS)}
    with serving(1) as (peer, _, _), contextlib.ExitStack() as stack:
        visitor = {'Origin': f'http://127.0.0.1:{peer.port}', 'Cookie': 'sessionid=benchmark0000000'}
        peer.options()  # makes the session

        def enter(client):
            url = f'ws://127.0.0.1:{peer.port}{peer.path}{client * 32}'
            socket = stack.enter_context(connect(url, additional_headers=visitor, compression=None))
            return socket, about(socket, 'full')

        writer, _ = enter('a')
        writer.send(json.dumps({**form, '$$djng': {'s': 1}}, separators=(',', ':')))
        about(writer, 's')
        _, snapshot = enter('b')
        said = json.dumps({'field_7': 'y' * LETTERS, '$$djng': {'s': 2}}, separators=(',', ':'))
        writer.send(said)
        return len(said), len(about(writer, 's')), len(snapshot)


def about(socket, key):
    """Return the next frame whose ``$$djng`` has ``key``."""
    while True:
        frame = socket.recv(timeout=10)
        if frame.startswith('{') and key in json.loads(frame).get('$$djng', ()):
            return frame


@contextlib.contextmanager
def serving(sockets):
    """Serve with one worker on an empty Redis: the peer, its process and that of Redis."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(running(Redis(None, '--maxclients', str(sockets + 1000))))
        peer = stack.enter_context(contextlib.closing(Bound(redis.port, sockets)))
        yield peer, stack.enter_context(running(peer.start())), redis


def tables(*, seconds):
    """Return the table of all loads of ``seconds`` seconds each, and a line on the bytes that travel."""
    rows = []
    for result in measure(seconds):
        print(f'  {result}', file=sys.stderr, flush=True)
        rows.append(
            (
                f'{result["watchers"]:,}',
                f'{result["writers"]:,}',
                f'{result["rate"]}/s' if result['rate'] else 'closed loop',
                f'{result["per_s"]:,.0f}',
                f'{result["worker_us"]:,.0f}',
                f'{result["redis_us"]:,.0f}',
                f'{result["p50"]:.1f}',
                f'{result["p99"]:.1f}',
                f'{result["lost"]:,}',
                f'{result["generator"]:.0%}',
            )
        )
    said, heard, whole = bytes_on_the_wire()
    wire = (
        f'One of {FIELDS} properties of {LETTERS} letters changes: {said} bytes up, {heard} bytes down to each browser;'
        f'\nthe whole collection is {whole:,} bytes ({said / whole:.0%} and {heard / whole:.0%} of it).'
    )
    return [table(COLUMNS, rows), wire]
