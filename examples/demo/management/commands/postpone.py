"""`manage.py postpone`: the tour begins later, in the database and in every browser that shows it."""

from datetime import timedelta

from django.core.management.base import BaseCommand

from demo.models import Tour


class Command(BaseCommand):
    help = 'Postpones the tour, as an admin page would: every browser that has it open shows the new days.'

    def add_arguments(self, parser):
        parser.add_argument('--days', type=int, default=7, help='by how many days (7)')

    def handle(self, *, days, **options):
        tour = Tour.objects.get(pk=1)
        tour.begin += timedelta(days)
        tour.end += timedelta(days)
        tour.save()
        self.stdout.write(f'{tour}: {tour.begin} to {tour.end}')
