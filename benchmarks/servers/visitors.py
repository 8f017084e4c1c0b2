"""Who may listen: visitors with a session that says so, looked up in the database once for each socket."""

from django.core.exceptions import PermissionDenied


def may_listen(session):
    """Whether the session lets its visitor listen; reads the database."""
    return session is not None and session.get('listens') is True


def allowed_channels(request, channels):
    """``WS4REDIS_ALLOWED_CHANNELS``, for ws4redis and for djng."""
    if not may_listen(request.session):
        raise PermissionDenied('there is no such session')
    return channels


def make_session():
    """Return the key of a new session that may listen."""
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session['listens'] = True
    session.create()
    return session.session_key
