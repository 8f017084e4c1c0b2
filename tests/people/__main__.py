"""``python -m tests.people ADDRESS``: make the tables and a person, sign them in, and print the session's key."""

import sys

import django
from django.core.management import call_command

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.test import Client  # noqa: E402

call_command('migrate', run_syncdb=True, verbosity=0)
client = Client()
client.force_login(get_user_model().objects.create(address=sys.argv[1]))
print(client.cookies['sessionid'].value)
