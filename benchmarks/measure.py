"""One peer under load, with one number of sockets: everything that is measured while it runs."""

import contextlib
import json
import subprocess
import threading
import time

from benchmarks import environment, processes
from tests.servers import Redis, running

#: Handshakes that are under way at the same time.
WINDOW = 64

#: Sockets that are opened and closed before anything is measured, so that nothing is loaded or compiled then.
WARM_UP = 32

#: Seconds without an answer from the generator after which it is ended; each load bounds itself below that.
PATIENCE = 300

#: A fixed rate is not tried above so many times what the closed loop does; load.c gives up at 3 times a load's length.
HOPELESS = 2.5


class Generator:
    """load.c, with its sockets open."""

    def __init__(self, options):
        self._process = subprocess.Popen(  # noqa: S603
            [environment.compiled('load'), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *command):
        """Let it do something and return what it says about that."""
        watchdog = threading.Timer(PATIENCE, self._process.kill)
        watchdog.start()
        try:
            print(*command, file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        if not answer:
            raise AssertionError(f'the generator ended with status {self._process.wait()} at {command}')
        return json.loads(answer)

    def close(self):
        """Close all its sockets."""
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def measure(peer_class, sockets, loads, *, seconds, idle):
    """Yield a dictionary for the opening of ``sockets`` sockets, then one for each of ``loads``.

    ``seconds`` is the length of a load, ``idle`` that of the time in which nothing is published. Raises
    :exc:`~benchmarks.environment.Missing` or :exc:`AssertionError` where the peer cannot be measured.
    """
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(running(Redis(None, '--maxclients', str(sockets + 1000))))
        peer = stack.enter_context(contextlib.closing(peer_class(redis.port, sockets)))
        server = stack.enter_context(running(peer.start()))
        options = peer.options()
        with contextlib.closing(Generator(options)) as generator:
            generator.ask('connect', WARM_UP, WINDOW)
            generator.ask('closed', 0.2)
        pids, redis_pids = processes.tree(server.pid), processes.tree(redis.pid)
        generator = stack.enter_context(contextlib.closing(Generator(options)))
        # The sockets of the warm-up have gone when the peer has had time to notice.
        generator.ask('idle', 1)
        before, redis_before = processes.memory(pids), processes.memory(redis_pids)
        opening = generator.ask('connect', sockets, WINDOW)
        if opening['open'] < sockets:
            last = (server.output().strip().splitlines() or ['it says nothing'])[-1]
            raise AssertionError(f'opened only {opening["open"]:,} sockets; its last words: {last}')
        generator.ask('idle', 1)
        everybody = processes.tree(server.pid) + redis_pids
        used = processes.cpu(everybody)
        asked = generator.ask('idle', idle)
        yield {
            'peer': peer.name,
            'sockets': sockets,
            'load': 'idle',
            'opened_per_s': sockets / opening['seconds'],
            'kb_per_socket': (processes.memory(processes.tree(server.pid)) - before) / sockets,
            'redis_kb_per_socket': (processes.memory(redis_pids) - redis_before) / sockets,
            'cores': (processes.cpu(everybody) - used) / asked['seconds'],
            'closed': sockets - asked['open'],
        }
        capacity = None
        for load in loads:
            kind, *numbers = load.split()
            if kind == 'rate' and capacity and float(numbers[0]) * sockets > HOPELESS * capacity:
                reason = f'not tried: {float(numbers[0]) * sockets:,.0f}/s is far above its closed loop'
                yield {'peer': peer.name, 'sockets': sockets, 'load': load, 'skipped': reason}
                continue
            busy, used = processes.busy(), processes.cpu(everybody)
            begin = time.monotonic()
            result = generator.ask(*load.split(), seconds)
            took = time.monotonic() - begin
            used = processes.cpu(everybody) - used
            others = (processes.busy() - busy - used) / took - result['generator']
            per_s = result['delivered'] / max(result['seconds'], 1e-9)
            if kind == 'closed':
                capacity = per_s
            yield {
                'peer': peer.name,
                'sockets': sockets,
                'load': load,
                'per_s': per_s,
                'cpu_us': used / result['delivered'] * 1e6 if result['delivered'] else None,
                'cores': used / max(result['seconds'], 1e-9),
                'others': max(others, 0.0),
                'closed': sockets - result['open'],
                **{key: result[key] for key in ('p50', 'p99', 'lost', 'published', 'complete', 'overrun', 'generator')},
            }


def floor(sockets, seconds):
    """Return the microseconds of CPU time of one bare write() to one of ``sockets`` loopback sockets."""
    command = [environment.compiled('write'), str(sockets), str(seconds)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)  # noqa: S603
