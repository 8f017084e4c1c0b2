"""What was measured, as text: for each load, for opening and idling, and beside what djng promises."""

from benchmarks.peers import PEERS

LOADS = (
    ('peer', '<22'),
    ('sockets', '>7'),
    ('load', '<11'),
    ('deliveries/s', '>12'),
    ('in all rounds', '>16'),
    ('CPU µs each', '>11'),
    ('p50 ms', '>8'),
    ('p99 ms', '>8'),
    ('lost', '>12'),
    ('generator', '>9'),
)
IDLING = (
    ('peer', '<22'),
    ('sockets', '>7'),
    ('new sockets/s', '>13'),
    ('kB each', '>8'),
    ('in Redis', '>8'),
    ('% of a core', '>11'),
)


def loads(results, floors, missing):
    """Return the table of all loads, the bare write() on top, those that are ``missing`` below with the reason."""
    rows = [('one bare write()', f'{sockets:,}', '', '', '', f'{cost:.1f}') for sockets, cost in floors.items()]
    for result in results:
        if result['load'] == 'idle':
            continue
        row = [PEERS[result['peer']].title, f'{result["sockets"]:,}', _load(result['load'])]
        if 'skipped' in result:
            rows.append((*row, result['skipped']))
            continue
        lost = f'{result["lost"]:,}' if result['lost'] else 'none'
        rows.append(
            (
                *row,
                f'{result["per_s"]:,.0f}',
                _range(*result['range']) if 'range' in result else '',
                _microseconds(result['cpu_us']),
                _milliseconds(result['p50']),
                _milliseconds(result['p99']),
                f'{lost} late' if result['overrun'] else lost,
                f'{result["generator"]:.0%}',
            )
        )
    rows += [(PEERS[name].title, '', f'NOT MEASURED: {reason}') for name, reason in missing.items()]
    return table(LOADS, rows)


def idling(results):
    """Return the table of what opening sockets and keeping them costs, with as many as each peer was measured with.

    With few of them, what a garbage collector does to the rest of the memory would hide them.
    """
    idle = [result for result in results if result['load'] == 'idle']
    most = {result['peer']: result['sockets'] for result in sorted(idle, key=lambda result: result['sockets'])}
    return table(
        IDLING,
        [
            (
                PEERS[result['peer']].title,
                f'{result["sockets"]:,}',
                f'{result["opened_per_s"]:,.0f}',
                f'{result["kb_per_socket"]:.1f}',
                f'{result["redis_kb_per_socket"]:.1f}',
                f'{100 * result["cores"]:.1f}',
            )
            for result in idle
            if result['sockets'] == most[result['peer']]
        ],
    )


def targets(results, floors):
    """Return what djng is to reach, what it reached, and whether that is enough; all of it ratios in this one run."""
    found = {(result['peer'], result['sockets'], result['load']): result for result in results}

    def value(peer, sockets, load, key):
        return found.get((peer, sockets, load), {}).get(key)

    def ratio(sockets, key, peer):
        mine, other = (value(name, sockets, 'closed', key) for name in ('djng', peer))
        return mine / other if mine and other else None

    def to_floor(sockets, load):
        mine = value('djng', sockets, load, 'cpu_us')
        return mine / floors[sockets] if mine is not None and sockets in floors else None

    wanted = [
        (f'500 sockets, closed loop: {what}, times {peer}', ratio(500, key, peer), sign, limit)
        for peer in ('ws4redis', 'ws4redis-heartbeat')
        for what, key, sign, limit in (('deliveries/s', 'per_s', '≥', 8), ('CPU per delivery', 'cpu_us', '≤', 1 / 12))
    ]
    for peer, sockets, share in (
        ('ws', 500, 1),
        ('socketio', 500, 1),
        ('channels', 500, 1),
        ('nchan', 500, 0.9),
        ('nchan', 2000, 1),
        ('nchan', 5000, 1),
    ):
        where = f'{sockets:,} sockets, closed loop'
        wanted += [
            (f'{where}: deliveries/s, times {peer}', ratio(sockets, 'per_s', peer), '≥', share),
            (f'{where}: CPU per delivery, times {peer}', ratio(sockets, 'cpu_us', peer), '≤', 1 / share),
        ]
    for sockets in (500, 2000, 5000):
        what = f'{sockets:,} sockets, closed loop: CPU per delivery, times a bare write()'
        wanted.append((what, to_floor(sockets, 'closed'), '≤', 1.3))
    wanted += [
        ('500 sockets, bursts: CPU per delivery, times a bare write()', to_floor(500, 'burst 100'), '≤', 0.3),
        ('500 sockets, bursts: deliveries lost', value('djng', 500, 'burst 100', 'lost'), '≤', 0),
        ('5,000 idle sockets: kB each in the worker', value('djng', 5000, 'idle', 'kb_per_socket'), '≤', 27),
        ('5,000 idle sockets: cores, heartbeats on', value('djng', 5000, 'idle', 'cores'), '≤', 0.03),
        ('5,000 sockets: new ones per second', value('djng', 5000, 'idle', 'opened_per_s'), '≥', 1500),
    ]
    rows = []
    for what, reached, sign, limit in wanted:
        if reached is None:
            verdict = 'not measured'
        else:
            verdict = 'met' if (reached >= limit if sign == '≥' else reached <= limit) else 'NOT MET'
        rows.append((what, '-' if reached is None else _number(reached), f'{sign} {_number(limit)}', verdict))
    return table((('what djng is to reach', '<75'), ('reached', '>8'), ('wanted', '>8'), ('', '<12')), rows)


def _load(load):
    kind, *numbers = load.split()
    return {'closed': 'closed loop', 'burst': f'bursts {numbers[:1]}', 'rate': f'{numbers[:1]}/s'}[kind].translate(
        str.maketrans('', '', "[]'")
    )


def _range(least, most):
    return f'{least:,.0f}-{most:,.0f}'


def _microseconds(value):
    return '-' if value is None else f'{value:.2f}' if value < 10 else f'{value:.1f}'


def _milliseconds(value):
    return '-' if value < 0 else f'{value:,.0f}' if value >= 10 else f'{value:.1f}'


def _number(value):
    return f'{value:,.0f}' if value >= 100 or value == int(value) else f'{value:.3f}' if value < 1 else f'{value:.2f}'


def table(columns, rows):
    """Return rows of text under the names of columns, each with its layout: how to align, and how wide it is."""
    lines = ['  '.join(f'{name:{layout}}' for name, layout in columns)]
    lines.append('  '.join('-' * int(layout[1:]) for _, layout in columns))
    for row in rows:
        # The last cell of a short row is a remark, which needs no column.
        cells = [f'{cell:{layout}}' for cell, (_, layout) in zip(row, columns, strict=False)]
        lines.append('  '.join(cells))
    return '\n'.join(line.rstrip() for line in lines)
