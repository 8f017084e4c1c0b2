"""The Autobahn cases, as kosoku brings them, against an echo server on djng's connection.

``python -m tests.conformance`` runs them all, ``python -m tests.conformance 6.* 7.1.5`` some; it says what failed, and
ends with status 1 if anything did. The normal test run takes the groups 1 to 7, 9 and 10 whole, and of 12 and 13
(compression), which take minutes, some.
"""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import kosoku
from kosoku._caseindex import initialize_shims

from tests.servers import PATIENCE, ROOT

#: How many cases run at the same time.
CONCURRENCY = 4


@contextlib.contextmanager
def echo_server() -> Iterator[int]:
    """The echo server in a process of its own; gives its port."""
    command = [sys.executable, '-m', 'tests.conformance.echo']
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


@contextlib.contextmanager
def stand_ins() -> Iterator[None]:
    """kosoku's stand-ins for old libraries, found before the real ones, which other tests need, in the block only.

    Let the compression cases take text that came uncompressed, as short messages do, too: kosoku 0.1 hands it over as
    str, compressed text as bytes; its cases were written for Python 2, where both are one.
    """
    path = list(sys.path)
    initialize_shims()
    root = Path(kosoku.__file__).parent
    sys.path[:] = [str(root / 'cases'), str(root / 'shim'), *path]
    module = importlib.import_module('case12_x_x')
    take = module.onMessage

    def on_message(self: Any, message: str | bytes, binary: bool) -> None:
        take(self, message.encode() if isinstance(message, str) else message, binary)

    for case in (*module.Case12_X_X, *module.Case13_X_X):
        case.onMessage = on_message
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in list(sys.modules.items()):
            if 'shim' in Path(getattr(module, '__file__', None) or '').parts:
                del sys.modules[name]


async def run(cases: Sequence[str] | None) -> list[Any]:
    """Run ``cases``, ids or patterns (all if there are none), and return kosoku's results."""
    with echo_server() as port, stand_ins():
        try:
            return await kosoku.run_fuzzingclient(f'ws://127.0.0.1:{port}', cases, concurrency=CONCURRENCY)
        except kosoku.FailureError as failure:
            return list(failure.results)


def shortcomings(results: Sequence[Any]) -> list[str]:
    """Return a line for each of ``results`` that is not plainly OK, in behaviour and in closing."""
    return [
        f'{result.case_id}: {result.behavior}, {result.result} {result.behavior_close}, {result.result_close}'
        for result in results
        if (str(result.behavior), str(result.behavior_close)) != ('Behavior.OK', 'BehaviorClose.OK')
    ]
