"""``manage.py djng_worker``: tell Django code what browsers do."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from djng.redis_store import make_client
from djng.signals import is_listened_to
from djng.state.log import KEPT, Log
from djng.worker.known import channels
from djng.worker.share import Share
from djng.worker.status import statuses
from djng.worker.turn import replay
from djng.worker.worker import Worker


class Command(BaseCommand):
    """Runs until it is told to end, or does one thing and returns."""

    help = (
        "Calls the receivers of djng's signals for what browsers do. As many of them as you like share the work; "
        'Ctrl-C or SIGTERM ends one when what is in hand is finished.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what can be done instead of waiting for news."""
        group = parser.add_mutually_exclusive_group()
        group.add_argument('--status', action='store_true', help='show how far receivers are behind, and what failed')
        group.add_argument('--replay', action='store_true', help='hand what is parked to the receivers once more')

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked for."""
        if options['status']:
            self._show()
            return
        if not is_listened_to():
            # What is told to nobody would be gone for those who come to listen.
            raise CommandError(
                "Nobody listens to djng's signals. Connect a receiver in the ready() of your AppConfig, "
                'or import the module there in which it stands.'
            )
        if options['replay']:
            self._replay()
        else:
            self._work()

    def _work(self) -> None:
        worker = Worker()

        def end(number: int, frame: Any) -> None:
            worker.stop()
            # Who cannot wait may say so once more.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        self.stdout.write(f'djng_worker {worker.name} listens; Ctrl-C ends it.')
        self.stdout.flush()
        worker.run()
        self.stdout.write('All that was in hand is finished.')

    def _show(self) -> None:
        rows = list(statuses(make_client()))
        width = max(7, *(len(status.channel) for status in rows)) if rows else 7
        line = f'{{:{width}}}  {{:>8}}  {{:>8}}  {{:>9}}  {{:>5}}  {{:>6}}  {{:>6}}  {{}}'
        self.stdout.write(line.format('channel', 'entries', 'behind', 'for', 'tries', 'parked', 'lost', 'worker'))
        for status in rows:
            self.stdout.write(
                line.format(
                    status.channel,
                    status.entries,
                    status.behind,
                    f'{status.seconds:.1f} s' if status.behind else '-',
                    status.tries,
                    status.parked,
                    status.lost,
                    status.worker or '-',
                )
            )
            if status.error:
                self.stdout.write(f'    parked last: {status.error}')
        self.stdout.write(
            f'{len(rows)} channels, {sum(status.behind for status in rows)} entries behind, '
            f'{sum(status.parked for status in rows)} parked. A log keeps the last {Log("").length:,} entries '
            f'at the least, for {KEPT // 86400} days.'
        )

    def _replay(self) -> None:
        client = make_client()
        taken, errors = 0, []
        for channel in channels(client):
            count, failed = replay(Share(client, channel))
            taken += count
            errors += [f'{channel.decode()}: {error}' for error in failed]
        self.stdout.write(f'{taken} parked entries were taken.')
        if errors:
            raise CommandError('\n'.join([f'{len(errors)} failed again, and stay parked:', *errors]))
