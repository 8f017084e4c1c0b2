"""`manage.py play`: a match day, goal by goal, into every browser that shows the scoreboard."""

import random
import time

from django.core.management.base import BaseCommand

from demo import scoreboard


class Command(BaseCommand):
    help = 'Plays a match day: goals fall, and every browser that shows the scoreboard shows them.'

    def add_arguments(self, parser):
        parser.add_argument('--goals', type=int, default=15, help='how many goals fall (15)')
        parser.add_argument('--pause', type=float, default=2, help='seconds from one to the next, on average (2)')

    def handle(self, *, goals, pause, **options):
        scoreboard.start()
        for _ in range(goals):
            time.sleep(random.uniform(0, 2 * pause))  # noqa: S311
            match, side = random.choice(list(scoreboard.MATCHES)), random.randrange(2)  # noqa: S311
            self.stdout.write(scoreboard.score(match, side))
