"""How somebody visits the servers of a project that declares facilities."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from tests import settings as project
from tests.servers import Runserver
from tests.sockets import session_cookie

APPS = [*project.INSTALLED_APPS, 'tests.declared']


def by(server: Runserver, user: User) -> dict[str, Any]:
    """Return how ``user`` opens a socket from a page of the server's."""
    return {'additional_headers': session_cookie(user), 'origin': f'http://127.0.0.1:{server.port}'}
