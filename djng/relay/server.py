"""The life of a socket: handshake, rights, relay, goodbye. A runner adds how to take the connection over."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from redis.exceptions import RedisError
from websockets.extensions import Extension
from ws4redis import settings as ws4redis_settings
from ws4redis.exceptions import HandshakeError, UpgradeRequiredError
from ws4redis.subscriber import RedisSubscriber as UpstreamSubscriber
from ws4redis.wsgi_server import WebsocketWSGIServer

from djng import facilities
from djng.redis_store import identity_of, make_client
from djng.relay import admission, handshake, lookups, monitoring
from djng.relay.admission import Refused
from djng.relay.connection import OUTBOX_LIMIT, Connection
from djng.relay.handshake import Answer
from djng.relay.primitives import Primitives
from djng.relay.process import ProcessRelay
from djng.relay.visitor import FRAME_LIMIT, Visitor
from djng.state.log import who
from djng.subscriber import RedisSubscriber

logger = logging.getLogger('djng.relay')


class Vanished(Exception):
    """The client is gone, and there is nobody to answer."""


class Nobody:
    """Who asks, in a project without ``django.contrib.auth``."""

    is_authenticated = False
    is_anonymous = True

    def get_username(self) -> str:
        """Return no name."""
        return ''


class RelayServer(WebsocketWSGIServer):  # type: ignore[misc]  # ws4redis has no types
    """ws4redis' WSGI application for sockets, with djng's relay behind it.

    ``process_request`` and ``process_subscriptions`` may be overridden and the ``WS4REDIS_*`` settings hold, as in
    ws4redis. Raises :exc:`~django.core.exceptions.ImproperlyConfigured` for a hook that cannot be imported.
    """

    #: What the runner's kind of concurrency is made of.
    primitives: Primitives
    #: The class of ``WS4REDIS_SUBSCRIBER``, djng's own where that is ws4redis' default.
    Subscriber: Any

    def __init__(self, redis_connection: Any = None) -> None:
        super().__init__(redis_connection or make_client())
        if self.Subscriber is UpstreamSubscriber:
            self.Subscriber = RedisSubscriber
        self._allowed_channels = admission.resolve(
            'WS4REDIS_ALLOWED_CHANNELS', ws4redis_settings.WS4REDIS_ALLOWED_CHANNELS
        )
        self._process_request = admission.resolve(
            'WS4REDIS_PROCESS_REQUEST', ws4redis_settings.WS4REDIS_PROCESS_REQUEST
        )
        # Also where djng is not among the apps: what is declared must hold.
        facilities.autodiscover()
        self._relay: ProcessRelay | None = None
        self._relay_lock = threading.Lock()

    def take_over(self, environ: dict[str, Any], start_response: Any, answer: Answer) -> tuple[socket.socket, bytes]:
        """Write ``answer`` and take the TCP connection from the web server.

        Return the connection, and what was read behind the request. Raises :exc:`OSError` if the client is gone.
        """
        raise NotImplementedError

    def leave(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Give the web server its thread back after :meth:`take_over`, with nothing left for it to do or close."""
        raise NotImplementedError

    def made(self, relay: ProcessRelay) -> None:
        """Hear that this process has its relay now."""

    def call_blocking(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call ``function``, which may wait for Redis or a database, without holding up anybody else."""
        with lookups.database():
            return function(*args)

    def prepare(self, requests: Sequence[Any]) -> None:
        """Look up in one go what the handshakes of ``requests`` need; a runner may call it in a thread before them."""
        knows_sessions = type(self).process_request is RelayServer.process_request and self._process_request is None
        if knows_sessions and apps.is_installed('django.contrib.sessions'):
            lookups.look_up_sessions(requests)

    @property
    def relay(self) -> ProcessRelay:
        """What the sockets of this process share."""
        with self._relay_lock:
            if self._relay is None:
                self._relay = ProcessRelay(
                    self._redis_connection,
                    self.primitives,
                    heartbeat=ws4redis_settings.WS4REDIS_HEARTBEAT,
                    expire=ws4redis_settings.WS4REDIS_EXPIRE,
                )
                self.made(self._relay)
            return self._relay

    @property
    def websockets(self) -> set[Visitor]:
        """The sockets that are open in this process."""
        return self.relay.visitors

    def assure_protocol_requirements(self, environ: dict[str, Any]) -> None:
        """Raise ws4redis' :exc:`HandshakeError` unless the request asks for a WebSocket."""
        if environ.get('HTTP_UPGRADE', '').lower() != 'websocket':
            raise UpgradeRequiredError('this address speaks WebSocket only')
        super().assure_protocol_requirements(environ)

    def process_request(self, request: Any) -> None:
        """Give ``request`` its ``session`` (None in a project without sessions) and its ``user`` (never None)."""
        request.session = lookups.session_of(request)
        if request.session is not None and apps.is_installed('django.contrib.auth'):
            request.user = get_user(request)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Open a socket, or answer why not; the socket then lives on the process' loop."""
        page = monitoring.page(environ)
        if page is not None:
            return self._show(page, start_response)
        refuse = partial(self._refuse, start_response)
        try:
            self._open(environ, start_response)
        except Refused as refused:
            return refuse(refused.status, refused.reason)
        except UpgradeRequiredError as error:
            return refuse(426, str(error), [('Sec-WebSocket-Version', '13')])
        except HandshakeError as error:
            return refuse(400, str(error))
        except TimeoutError:
            logger.error('Gave up a WebSocket whose rights took too long to decide')
            return refuse(503, 'the rights to this socket could not be decided in time')
        except RedisError as error:
            logger.error('Could not open a WebSocket without Redis: %s', error)
            return refuse(503, 'the message queue cannot be reached')
        except Vanished as vanished:
            logger.info('A client was gone before its WebSocket was open: %s', vanished)
        except Exception:
            logger.exception('Could not open a WebSocket')
            return refuse(500, 'this socket could not be opened')
        return self.leave(environ, start_response)

    def totals(self) -> dict[str, int]:
        """Return the counts, by the names of :meth:`djng.relay.counts.Counts.values`; of this process alone."""
        return self.relay.counts.values()

    def _show(self, page: str, start_response: Any) -> Iterable[bytes]:
        if page == 'metrics':
            return _answer(start_response, *monitoring.metrics(self.totals()))
        try:
            shown = self.call_blocking(monitoring.health, self._redis_connection.ping)
        except TimeoutError:
            shown = monitoring.NO_ANSWER
        return _answer(start_response, *shown)

    def _refuse(
        self, start_response: Any, status: int, reason: str, headers: Iterable[tuple[str, str]] = ()
    ) -> Iterable[bytes]:
        self.relay.count_refusal(status)
        return _answer(start_response, status, 'text/plain; charset=utf-8', f'{reason}\n', headers)

    def _open(self, environ: dict[str, Any], start_response: Any) -> None:
        self.assure_protocol_requirements(environ)
        answer = handshake.accept(environ)
        request = WSGIRequest(environ)
        admission.check_origin(request)
        relay = self.relay  # made here, not in a thread that looks things up
        live: Callable[[socket.socket, bytes], None]
        try:
            visitor = self.call_blocking(self.admit, request)
            live = partial(self._live, visitor, answer.extensions)
        except Refused as refused:
            # No browser tells a page the status of a failed handshake: djng's client hears the reason as a close code.
            if refused.code is None or not admission.is_bound(request):
                raise
            visitor = None
            live = partial(self._turn_away, refused.code, refused.reason)
        try:
            sock, early = self.take_over(environ, start_response, answer)
        except BaseException as error:
            if visitor is not None:
                visitor.subscriber.release()
            if isinstance(error, OSError):
                raise Vanished(str(error)) from error
            raise
        relay.loop.call_soon_threadsafe(live, sock, early)

    def admit(self, request: Any) -> Visitor:
        """Decide what the visitor may hear and say, and let it hear from now on."""
        asked_at = self.relay.loop.time()
        name = admission.facility_of(request)
        facility = admission.declared(name)
        # Whoever may hear a facility may hear who is there, and nobody else, whatever decides it.
        path, request.path_info = request.path_info, admission.rights_path(facility, request)
        (self._process_request or self.process_request)(request)
        if getattr(request, 'user', None) is None:
            request.user = anonymous_user()
        identity = identity_of(request)
        if self.relay.sessions[identity[1] or ''] >= admission.SOCKETS_PER_SESSION:
            raise Refused('this session has too many sockets open', status=429, code=None)
        channels, echo = self.process_subscriptions(request)
        try:
            channels = admission.allowed_channels(self._allowed_channels, request, channels)
        except PermissionDenied as error:
            raise admission.denied(error) from error
        licence = attendee = None
        if facility is not None:
            channels = admission.granted_channels(facility, request, channels)
            licence = admission.licence_for(facility, request)
            attendee = admission.attendee_of(facility, request)
        channels = admission.held_channels(request, channels)
        visitor = self.relay.expect(self.Subscriber, echo=echo, client_id=admission.client_id_of(request))
        visitor.licence, visitor.attendee = licence, attendee
        visitor.user_id, visitor.session_key = identity
        visitor.facility, visitor.asked_at = name, asked_at
        visitor.who = who(user=identity[0], address=request.META.get('REMOTE_ADDR', ''), client=visitor.name)
        try:
            if licence is not None and not visitor.is_bound:
                channels = admission.left_for_plain(licence, channels)
            request.path_info = path
            visitor.subscriber.set_pubsub_channels(request, channels)
            if visitor.greets_itself:
                visitor.subscriber.send_persisted_messages(visitor)
        except BaseException:
            visitor.subscriber.release()
            raise
        return visitor

    # Called on the loop.

    def _live(self, visitor: Visitor, extensions: list[Extension], sock: socket.socket, early: bytes) -> None:
        max_size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        connection = Connection(
            sock,
            self.relay.loop,
            on_message=visitor.said,
            on_close=visitor.gone,
            **visitor.slow_hooks(),
            max_size=max_size,
            # A reader to whom the largest message is on its way is not slow yet.
            outbox_limit=OUTBOX_LIMIT + (max_size or 0),
            frame_limit=FRAME_LIMIT,
            extensions=extensions,
        )
        self.relay.enter(visitor, connection, early, deflates=handshake.deflates(extensions))

    def _turn_away(self, code: int, reason: str, sock: socket.socket, early: bytes) -> None:
        Connection(sock, self.relay.loop, on_message=lambda message: None, on_close=lambda code, reason: None).close(
            code, reason
        )


def anonymous_user() -> Any:
    """Return who asks without having signed in; projects without ``django.contrib.auth`` know nobody else."""
    if not apps.is_installed('django.contrib.auth'):
        return Nobody()
    # Its module holds models, which can only be imported where the app is installed.
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()


def _answer(
    start_response: Any, status: int, media_type: str, text: str, headers: Iterable[tuple[str, str]] = ()
) -> Iterable[bytes]:
    body = text.encode()
    start_response(
        f'{status} {HTTPStatus(status).phrase}',
        [('Content-Type', media_type), ('Content-Length', str(len(body))), *headers],
    )
    return [body]
