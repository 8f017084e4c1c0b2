"""One run: all peers with all numbers of sockets, and the tables at its end."""

import datetime
import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import environment, tables
from benchmarks.environment import CLONE, Missing
from benchmarks.measure import floor, measure
from benchmarks.peers import PEERS
from tests.servers import valkey_binary

#: Where a full run leaves its tables, for docs/benchmarks.rst.
OUTPUT = CLONE / 'docs' / 'benchmarks.txt'

#: Where every run leaves all that it measured.
RESULTS = environment.HOME / 'results.json'

#: The load of one minute below which the machine counts as quiet.
QUIET = 0.5


def run(names, plan, *, seconds, idle, rounds, patience, keep):
    """Measure the peers ``names`` (all if there are none) by ``plan``, and print; ``keep`` writes :data:`OUTPUT` too.

    ``plan`` says for each number of sockets which loads there are, of ``seconds`` seconds each; ``idle`` seconds are
    without any. ``rounds`` says for some numbers of sockets how often opening and the closed loop, by which peers are
    compared, are measured. Waits up to ``patience`` seconds for a quiet machine.
    """
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        sys.exit(f'There is no peer {", ".join(unknown)}; there are {", ".join(PEERS)}.')
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    missing, versions = {}, {}
    for name in names or PEERS:
        try:
            versions[name] = PEERS[name].versions()
        except Missing as error:
            missing[name] = str(error)
    wait_until_quiet(patience)
    head = [machine(), f'Load of one minute before the run: {os.getloadavg()[0]:.2f}.']
    results, floors = measure_all(versions, plan, missing, seconds=seconds, idle=idle, rounds=rounds)
    RESULTS.write_text(json.dumps({'floors': floors, 'missing': missing, 'results': results}, indent=1))
    text = '\n\n'.join(
        [
            '\n'.join(head + others(results)),
            '\n'.join(f'{PEERS[name].title}: {versions[name]}; {PEERS[name].note}' for name in versions),
            tables.loads(results, floors, missing),
            tables.idling(results),
            tables.targets(results, floors),
        ]
    )
    print(text)
    if keep:
        OUTPUT.write_text(f'{text}\n', encoding='utf-8')
        print(f'\nWrote {OUTPUT.relative_to(CLONE)}.', file=sys.stderr)


def measure_all(names, plan, missing, *, seconds, idle, rounds):
    """Return all results, and the cost of a bare write() for each number of sockets; adds to ``missing`` what fails."""
    results, floors = [], {}
    for sockets, loads in plan.items():
        costs, measured = [], {}
        # In turn, so that all peers have the machine's good and bad minutes.
        for number in range(rounds.get(sockets, 1)):
            for name in names:
                if name in missing:
                    continue
                costs.append(floor(sockets, 2))
                print(f'{PEERS[name].title}, {sockets:,} sockets …', file=sys.stderr, flush=True)
                some = loads if number == 0 else [load for load in loads if load == 'closed']
                try:
                    for result in measure(PEERS[name], sockets, some, seconds=seconds, idle=idle if number == 0 else 1):
                        measured.setdefault((name, result['load']), []).append(result)
                        print(f'  {result}', file=sys.stderr, flush=True)
                except (Missing, AssertionError, OSError, subprocess.SubprocessError) as error:
                    print(f'  {error}', file=sys.stderr, flush=True)
                    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                    missing[name] = f'with {sockets:,} sockets: {reason}'
        results += [typical(found) for found in measured.values()]
        floors[sockets] = statistics.median(costs) if costs else floor(sockets, 2)
    return results, floors


def typical(results):
    """Return what stands for the same load in several rounds: the round in the middle, and between what it lies."""
    if len(results) == 1:
        return results[0]
    if results[0]['load'] == 'idle':
        # The first round alone is idle for long; how fast sockets open is what all of them tell.
        return {**results[0], 'opened_per_s': statistics.median(result['opened_per_s'] for result in results)}
    ordered = sorted(results, key=lambda result: result['per_s'])
    return {**ordered[len(ordered) // 2], 'range': (ordered[0]['per_s'], ordered[-1]['per_s'])}


def wait_until_quiet(patience):
    """Wait until the machine has little else to do, ``patience`` seconds at the most."""
    deadline = time.monotonic() + patience
    while os.getloadavg()[0] >= QUIET and time.monotonic() < deadline:
        print(f'Waiting for a quiet machine; its load is {os.getloadavg()[0]:.2f} …', file=sys.stderr, flush=True)
        time.sleep(10)


def machine():
    """Return what this was measured on, and with."""
    lines = Path('/proc/cpuinfo').read_text().splitlines()
    models = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    memory = int(Path('/proc/meminfo').read_text().split()[1]) / 1024**2
    redis = subprocess.run([valkey_binary(), '--version'], capture_output=True, text=True, check=True)  # noqa: S603
    commit = subprocess.run(
        ['git', 'describe', '--always', '--dirty', '--tags'],  # noqa: S607
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        cwd=CLONE,
    ).stdout.strip()
    return (
        f'{datetime.date.today():%Y-%m-%d}, djng {commit or "of unknown commit"}, all on one machine:\n'
        f'{os.cpu_count()} cores of {models[0] if models else platform.processor()}, {memory:.0f} GB, '
        f'Linux {platform.release()}, CPython {platform.python_version()}, {" ".join(redis.stdout.split()[:3])}.'
    )


def others(results):
    """Return a line on what else the machine did while it measured."""
    shares = [result['others'] for result in results if 'others' in result]
    if not shares:
        return []
    mean, worst = statistics.mean(shares), max(shares)
    return [f'Other programs used {mean:.2f} of {os.cpu_count()} cores meanwhile, {worst:.2f} at the worst.']
