"""Makes the database of the Django project and prints the key of a session that may listen."""

import django
from django.core.management import call_command

django.setup()
call_command('migrate', verbosity=0)

from benchmarks.servers.visitors import make_session  # noqa: E402

print(make_session())
