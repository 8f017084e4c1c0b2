"""What handshakes look up in the project's database: sessions, where many come in one query."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from django import db
from django.apps import apps
from django.conf import settings
from django.utils import timezone


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Let the block use the database in this thread; its connections are then closed, or kept as CONN_MAX_AGE says."""
    db.close_old_connections()
    try:
        yield
    finally:
        db.close_old_connections()


def session_of(request: Any) -> Any:
    """Return the session of who asks, not yet looked up; None in a project without sessions."""
    if not apps.is_installed('django.contrib.sessions'):
        return None
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    session = getattr(request, 'looked_up_session', None)
    return _store()(key) if session is None else session


def look_up_sessions(requests: Sequence[Any]) -> None:
    """Look up the sessions of all ``requests`` in one query, for :func:`session_of`.

    Only Django's engine ``db`` is known well enough for that, and what is derived from it and looks up as it does. For
    other engines, and for sessions that are not found here, each request looks up its own, as it would without this.
    """
    from django.contrib.sessions.backends.db import SessionStore

    store = _store()
    if not issubclass(store, SessionStore) or any(
        getattr(store, name) is not getattr(SessionStore, name) for name in ('load', '_get_session_from_db')
    ):
        return
    keys = {request: request.COOKIES.get(settings.SESSION_COOKIE_NAME) for request in requests}
    wanted = [key for key in keys.values() if key]
    try:
        found = store.get_model_class().objects.filter(session_key__in=wanted, expire_date__gt=timezone.now())
        rows = {row.session_key: row for row in found}
    except Exception:
        return  # whatever is wrong, each request then sees by itself
    for request, key in keys.items():
        if key in rows:
            session = store(key)
            # What it would keep after its first look into the database; Django has no public word for that.
            session._session_cache = session.decode(rows[key].session_data)
            request.looked_up_session = session


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore
