"""Makes the database of the Django project with sessions that may listen: KEY NUMBER, named KEY0000000 and so on."""

import sys

import django
from django.core.management import call_command

django.setup()
call_command('migrate', verbosity=0)

from benchmarks.servers.visitors import make_sessions  # noqa: E402

key, number = sys.argv[1:]
make_sessions(f'{key}{n:07}' for n in range(int(number)))
