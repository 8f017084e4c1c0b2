"""CPU time and memory of process trees, from /proc."""

import os
from pathlib import Path

TICKS = os.sysconf('SC_CLK_TCK')


def tree(pid):
    """Return the ids of the process ``pid`` and of all that it has started."""
    children = {}
    for directory in Path('/proc').iterdir():
        if directory.name.isdigit() and (fields := _stat(directory)):
            children.setdefault(int(fields[1]), []).append(int(directory.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu(pids):
    """Return the seconds of CPU time that ``pids`` have used, in user mode and in the kernel."""
    fields = [_stat(Path('/proc', str(pid))) for pid in pids]
    return sum(int(field[11]) + int(field[12]) for field in fields if field) / TICKS


def busy():
    """Return the seconds of CPU time that this machine has spent on anything, time stolen by its host included."""
    user, nice, system, _idle, _iowait, *rest = map(int, Path('/proc/stat').read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(rest)) / TICKS


def memory(pids):
    """Return the kB of memory of ``pids``; what they share counts once (proportional set size)."""
    lines = [line for pid in pids for line in Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith('Pss:'))


def _stat(directory):
    """Return the fields of /proc/PID/stat from the third on; nothing for a process that has ended."""
    try:
        return (directory / 'stat').read_text().rpartition(')')[2].split()
    except OSError:
        return []
