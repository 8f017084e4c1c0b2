"""The demo's settings on a database of its own, with one more app, and without ws4redis where a test asks for it."""

import os
import sys

if 'TESTS_WITHOUT_WS4REDIS' in os.environ:
    # So Python itself marks a module that cannot be imported.
    sys.modules['ws4redis'] = None  # type: ignore[assignment]

from settings import *  # noqa: F403

DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.environ['TESTS_DEMO_DATABASE']}}
INSTALLED_APPS = [*INSTALLED_APPS, 'tests.browser.drafts']  # noqa: F405
