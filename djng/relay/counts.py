"""What the relay counts, and how monitoring reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

#: What is counted, and what a person should know of it. All but ``sockets`` only grow.
HELP = {
    'sockets': 'sockets that are open',
    'opened': 'sockets that were opened',
    'messages_in': 'messages that browsers said',
    'bytes_in': 'bytes of these messages',
    'messages_out': 'messages handed to sockets, once for each',
    'bytes_out': 'bytes of these messages, before compression',
    'unpublished': 'messages that could not be published; their senders were told by 1013',
    'slow_readers': 'plain sockets closed because too much waited for their readers',
    'caught_up': 'times that what waited for a bound socket was dropped, and the snapshot sent anew',
    'changes': 'changes of bound sockets that were applied',
    'refused_changes': 'changes of bound sockets that were refused',
    'taken': 'messages that others published and that this process took into collections',
    'snapshots': 'snapshots handed to bound sockets, once for each',
    'reconnects': 'times that the subscription to Redis was lost and taken up again',
    'refused': 'handshakes that were refused, with each status by itself',
}

#: The statuses by which ``refused`` is told apart.
STATUSES = ('400', '403', '404', '426', '429', '500', '503')


class Counts:
    """The counts of one process; touched on its loop only."""

    def __init__(self) -> None:
        self.sockets = self.opened = 0
        self.messages_in = self.bytes_in = self.messages_out = self.bytes_out = 0
        self.unpublished = self.slow_readers = self.reconnects = 0
        self.caught_up = self.changes = self.refused_changes = self.taken = self.snapshots = 0
        self.refused: Counter[str] = Counter()

    def values(self) -> dict[str, int]:
        """Return all counts by name; ``refused`` comes as ``refused.403`` and so on."""
        values = {name: getattr(self, name) for name in HELP if name != 'refused'}
        return values | {f'refused.{status}': self.refused[status] for status in STATUSES}


def names() -> Iterable[str]:
    """Return the names that :meth:`Counts.values` has."""
    return Counts().values()


def exposition(values: Mapping[str, int]) -> str:
    """Return ``values`` in Prometheus' text format, version 0.0.4."""
    lines = []
    for name, sentence in HELP.items():
        metric = f'djng_{name}' if name == 'sockets' else f'djng_{name}_total'
        lines.append(f'# HELP {metric} {sentence[0].upper()}{sentence[1:]}.')
        lines.append(f'# TYPE {metric} {"gauge" if name == "sockets" else "counter"}')
        if name == 'refused':
            lines.extend(f'{metric}{{status="{status}"}} {values[f"refused.{status}"]}' for status in STATUSES)
        else:
            lines.append(f'{metric} {values[name]}')
    return '\n'.join(lines) + '\n'
