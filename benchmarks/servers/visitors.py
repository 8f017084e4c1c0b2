"""Who may listen: visitors with a session that says so, looked up in the database once for each socket."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied


def may_listen(session):
    """Whether the session lets its visitor listen; reads the database."""
    return session is not None and session.get('listens') is True


def allowed_channels(request, channels):
    """``WS4REDIS_ALLOWED_CHANNELS``, for ws4redis and for djng."""
    if not may_listen(request.session):
        raise PermissionDenied('there is no such session')
    return channels


def make_sessions(keys):
    """Make sessions that may listen, one for each of ``keys``."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    data = SessionStore().encode({'listens': True})
    until = timezone.now() + timedelta(days=1)
    Session.objects.bulk_create(Session(session_key=key, session_data=data, expire_date=until) for key in keys)
