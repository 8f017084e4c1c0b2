"""Sessions of many handshakes are looked up in one query, and mean what each by itself would mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djng.django_runserver import WebsocketRunServer
from djng.relay import lookups


@pytest.fixture
def server(db: None) -> WebsocketRunServer:
    """A server, whose Redis is not asked."""
    return WebsocketRunServer()


def made(**content: Any) -> str:
    """Keep a session with this content, and return its key."""
    session = SessionStore()
    session.update(content)
    session.create()
    assert session.session_key
    return session.session_key


def asking(key: str | None) -> Any:
    """Return a request of who shows ``key`` as that of a session."""
    return RequestFactory().get('/ws/foobar', headers={'Cookie': f'sessionid={key}'} if key else {})


def test_one_query_for_many(server: WebsocketRunServer) -> None:
    """Whoever has a session gets it; it can be changed and saved like any other."""
    requests = [asking(made(number=n)) for n in range(10)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        server.prepare(requests)
        for request in requests:
            server.process_request(request)
        assert [request.session['number'] for request in requests] == list(range(10))
        assert all(isinstance(request.user, AnonymousUser) for request in requests)
    assert len(queries) == 1
    requests[3].session['number'] = 'three'
    requests[3].session.save()
    assert SessionStore(requests[3].session.session_key)['number'] == 'three'


def test_what_is_not_found_is_looked_up_by_itself(server: WebsocketRunServer) -> None:
    """Expired, made up and missing sessions are empty, as they are for a page."""
    expired = made(secret=True)
    Session.objects.filter(pk=expired).update(expire_date=timezone.now() - timedelta(seconds=1))
    requests = [asking(made(number=1)), asking(expired), asking('made-up-by-somebody'), asking(None)]
    server.prepare(requests)
    for request in requests:
        server.process_request(request)
    assert [dict(request.session.items()) for request in requests] == [{'number': 1}, {}, {}, {}]
    assert [request.session.session_key for request in requests[1:]] == [None] * 3


def test_the_user_is_asked_for_each_time(server: WebsocketRunServer) -> None:
    """A user who is deactivated is nobody, whatever the session says."""
    user = User.objects.create_user('ada')
    content = {
        '_auth_user_id': str(user.pk),
        '_auth_user_backend': 'django.contrib.auth.backends.ModelBackend',
        '_auth_user_hash': user.get_session_auth_hash(),
    }
    requests = [asking(made(**content)) for _ in range(2)]
    server.prepare(requests)
    server.process_request(requests[0])
    assert requests[0].user == user
    User.objects.update(is_active=False)
    server.process_request(requests[1])
    assert requests[1].user.is_anonymous


@pytest.mark.parametrize('engine', ['cache', 'cached_db', 'file', 'signed_cookies'])
def test_other_engines_look_up_as_they_do(server: WebsocketRunServer, settings: Any, engine: str) -> None:
    """Only the engine whose table is known is asked ahead."""
    settings.SESSION_ENGINE = f'django.contrib.sessions.backends.{engine}'
    requests = [asking(made(number=n)) for n in range(2)]
    with CaptureQueriesContext(connection) as queries:
        server.prepare(requests)
    assert not queries.captured_queries


def test_a_project_that_decides_by_itself(server: WebsocketRunServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who overrides ``process_request``, or names one in the settings, may need no session."""
    requests = [asking(made(number=n)) for n in range(2)]
    monkeypatch.setattr(server, '_process_request', lambda request: None)
    with CaptureQueriesContext(connection) as queries:
        server.prepare(requests)
    assert not queries.captured_queries


def test_a_database_that_fails_is_for_each_to_see(server: WebsocketRunServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is raised ahead, and nothing is let in: the handshake itself raises."""
    requests = [asking(made(number=n)) for n in range(2)]

    def fail(*args: Any, **options: Any) -> Any:
        raise OSError('no database')

    monkeypatch.setattr(Session.objects, 'filter', fail)
    monkeypatch.setattr(Session.objects, 'get', fail)
    lookups.look_up_sessions(requests)
    with pytest.raises(OSError, match='no database'):
        server.process_request(requests[0])
