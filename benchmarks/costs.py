"""What the script takes for a change, and what a collection takes of memory, by the number of its entries."""

import random
import sys

from benchmarks.tables import table
from djng.state.keys import keys_of
from djng.state.merge import Change, dump
from djng.state.steps import Applied, Snapshot, Submit, Told
from djng.state.store import Store
from tests.servers import Redis, running

#: Steps in one round trip.
BATCH = 100
#: Microseconds that a script takes in any case, and a command within it does not as a rule: both are logged.
LEAST = 8
#: How many of the runs are no slower than what is told.
SHARES = {'half': 0.5, '99 %': 0.99, 'all': 1}

K = 'broadcast:costs'
WAYS = ('same length', 'any length', 'longer', 'new', 'gone', 'snapshot')
TIMES = (('µs within', '<14'), ('of all', '>6'), *((way, '>11') for way in WAYS))
MEMORY = (('', '<14'), ('JSON kB', '>9'), ('its key', '>9'), ('all keys', '>9'), ('bytes each', '>10'))


def tables(sizes, count):
    """Return the tables of collections of these ``sizes``, each way of changing them measured ``count`` times."""
    times, memory = [], []
    with running(Redis()) as server:
        server.client.config_set('slowlog-max-len', 30 * BATCH)
        store = Store(server.client, expire=3600)
        for kind in ('object', 'array'):
            for size in sizes:
                title = f'{kind} {size:,}'
                print(f'{title} …', file=sys.stderr, flush=True)
                memory.append((title, *fill(store, server.client, kind, size)))
                taken = {way: sorted(measure(store, server.client, kind, way, size, count)) for way in WAYS}
                for name, share in SHARES.items():
                    cells = [f'{taken[way][int(share * (count - 1))]:,}' for way in WAYS]
                    times.append((title if name == 'half' else '', name, *cells))
    return [table(TIMES, times), table(MEMORY, memory)]


def fill(store, client, kind, size):
    """Make a collection of ``size`` entries in an empty Redis; return what it takes of memory."""
    client.flushdb()
    texts = [any_text() for _ in range(size)]
    if kind == 'object':
        collection = {f'property{number}': text for number, text in enumerate(texts)}
        change = Change(kind, collection)
    else:
        collection, change = texts, Change(kind, {}, push=tuple(texts))
    store.run([Submit(K, 'broadcast', change)])
    for _ in range(100):
        # Lua frees little by little what making a large collection has left behind.
        store.run([Snapshot('broadcast:none', 'broadcast')] * BATCH)
    key, *others = (client.memory_usage(name, samples=0) for name in keys_of(K.encode())[:3])
    whole = key + sum(others)
    return (*(f'{part / 1000:,.1f}' for part in (len(dump(collection)), key, whole)), f'{whole / size:.0f}')


def measure(store, client, kind, way, size, count):
    """Return the microseconds that Redis takes for each of ``count`` steps."""
    taken = []
    for begin in range(0, count, BATCH):
        steps = [step(kind, way, size, number, count) for number in range(begin, begin + BATCH)]
        client.config_set('slowlog-log-slower-than', LEAST)
        outcomes = store.run(steps)
        client.config_set('slowlog-log-slower-than', -1)
        assert {type(outcome) for outcome in outcomes} <= {Applied, Told}, outcomes[-1]
        entries = client.slowlog_get(30 * BATCH)
        scripts = [entry['duration'] for entry in entries if entry['command'].startswith(b'EVAL')]
        assert len(scripts) == BATCH
        taken += scripts
        client.slowlog_reset()
    return taken


def step(kind, way, size, number, count):
    """Return the step with the number ``number`` of ``count`` in one way."""
    if way == 'snapshot':
        return Snapshot(K, 'broadcast', marks=b'marks')
    index = random.randrange(size)  # noqa: S311 no secret
    name = f'property{index}' if kind == 'object' else str(index)
    if way in ('new', 'gone'):
        change = {
            ('object', 'new'): Change(kind, {f'new{number}': any_text()}),
            ('object', 'gone'): Change(kind, {}, (f'new{number}',)),
            ('array', 'new'): Change(kind, {}, push=(any_text(),)),
            ('array', 'gone'): Change(kind, {}, length=size + count - 1 - number),
        }[kind, way]
    else:
        longer = f'"{"x" * (16 + number // 50)}"'
        change = Change(kind, {name: {'same length': '"ten bytes"', 'any length': any_text(), 'longer': longer}[way]})
    return Submit(K, 'broadcast', change, '0123456789abcdef', None)


def any_text():
    """Return the JSON of a short string."""
    return f'"{"x" * random.randint(5, 15)}"'  # noqa: S311 no secret
