"""Run a command for as long as somebody holds the other end of the pipe on stdin.

A process that is killed cannot tidy up, but the kernel closes its pipes. So this small process stands between
the demo and each program that it starts: when the pipe closes, whatever the reason, everything beneath it is
ended. That works alike on Linux and macOS. It wants a session of its own: Ctrl-C is for the demo alone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

#: Seconds that a program has to end in peace.
PATIENCE = 5


def keep(command):
    """Run `command`, end it and all that it started when stdin closes, and return its exit status."""
    # The signal below is for the others of the group. SIG_IGN would be inherited by them, a handler is not.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    threading.Thread(target=_end_with_stdin, args=[process], daemon=True).start()
    return process.wait()


def _end_with_stdin(process):
    os.read(0, 1)  # not sys.stdin, whose lock would be held when Python ends
    os.killpg(0, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    # Django's reloader and uWSGI have children of their own; this process is of the group, and goes with it.
    os.killpg(0, signal.SIGKILL)


if __name__ == '__main__':
    sys.exit(keep(sys.argv[1:]))
