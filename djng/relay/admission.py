"""Who may open a socket, and what it may hear and say: decided before anything is subscribed, and failing closed."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404
from django.utils.module_loading import import_string

from djng.channels import attended_at
from djng.collection.values import encode
from djng.conf import websocket_url
from djng.edit import Author
from djng.facilities import Facility, registry
from djng.facilities.attendance import Attendance
from djng.facilities.declared import names_of, seen_of
from djng.presence import key_of
from djng.redis_store import group_names, identity_of, session_keys
from djng.relay import origin
from djng.relay.bound import public_name
from djng.relay.licence import Licence
from djng.relay.room import Attendee

logger = logging.getLogger('djng.relay')

#: What is said of a facility that is none.
NO_SUCH = 'there is no such facility'

#: Characters that a facility may have at the most; it becomes part of a Redis key.
FACILITY_LENGTH = 200

#: Sockets that one session may have open on one process; a browser has a few for each of its tabs.
SOCKETS_PER_SESSION = 200

#: Close codes for a bound socket that may not open; its client stays away (RFC 6455, 7.4.2: 4000-4999 are ours).
SIGN_IN, NOT_ALLOWED, NO_SUCH_FACILITY = 4401, 4403, 4404

_CONTROL_CHARACTERS = re.compile(r'[\x00-\x1f\x7f-\x9f]')

_CLIENT_ID = re.compile(r'[0-9A-Za-z_-]{16,64}')


class Refused(Exception):
    """The visitor may not open this socket.

    ``status`` is the HTTP status for it; ``code`` the close code that tells a bound client to stay away, None where
    no socket is opened at all to say so.
    """

    def __init__(self, reason: str, *, status: int, code: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.code = code


def resolve(name: str, value: Any) -> Callable[..., Any] | None:
    """Return the callable that the setting ``name`` holds as ``value``: a callable, a dotted path, or None.

    Raises :exc:`ImproperlyConfigured` where there is none, so that a typo ends the start and opens nothing.
    """
    if value is None:
        return None
    try:
        function = import_string(value) if isinstance(value, str) else value
    except ImportError as error:
        raise ImproperlyConfigured(f'{name} names {value!r}, which cannot be imported: {error}') from error
    if not callable(function):
        raise ImproperlyConfigured(f'{name} must be a callable or the dotted path of one, not {value!r}.')
    return function  # type: ignore[no-any-return]


def check_origin(request: Any) -> None:
    """Raise :exc:`Refused` unless the page that asks may open sockets here; such a page is told nothing more."""
    if not origin.is_allowed(request):
        origin.log_refusal(request)
        raise Refused('this origin may not open a WebSocket here', status=403, code=None)


def facility_of(request: Any) -> str:
    """Return the facility that ``request`` names, the part of its path behind ``WEBSOCKET_URL``.

    Raises :exc:`Refused` for one with more than :data:`FACILITY_LENGTH` characters or with control characters.
    """
    url = websocket_url()
    if not request.path_info.startswith(url):
        raise Refused(f'sockets are opened below {url}', status=404, code=NO_SUCH_FACILITY)
    facility: str = request.path_info.removeprefix(url)
    if len(attended_at(facility) or facility) > FACILITY_LENGTH or _CONTROL_CHARACTERS.search(facility):
        reason = f'a facility has at most {FACILITY_LENGTH} characters and no control characters'
        raise Refused(reason, status=404, code=NO_SUCH_FACILITY)
    return facility


def declared(name: str) -> Facility | None:
    """Return the facility ``name`` as the project declares it; None where it declares none at all.

    Raises :exc:`Refused` where it declares others only, and for a list of who is where that is not kept.
    """
    facility = registry.find(name) if registry else None
    if facility is None and (registry or attended_at(name) is not None):
        raise Refused(NO_SUCH, status=404, code=NO_SUCH_FACILITY)
    return facility


def granted_channels(facility: Facility, request: Any, asked: list[str]) -> list[str]:
    """Return those of the ``asked`` channels that ``facility`` lets the visitor subscribe to and publish on.

    Where it leaves something, it is prepared. Raises :exc:`Refused` if it leaves nothing; whatever else its methods
    raise goes through.
    """
    try:
        verbs = {
            'subscribe': facility.may_subscribe if any(map(_is_subscribed, asked)) else None,
            'publish': facility.may_publish if not all(map(_is_subscribed, asked)) else None,
        }
        held = {verb for verb, may in verbs.items() if may is not None and may(request)}
        if held:
            facility.prepare()
    except PermissionDenied as error:
        raise denied(error) from error
    except Http404 as error:
        raise Refused(str(error) or NO_SUCH, status=404, code=NO_SUCH_FACILITY) from error
    channels = [channel for channel in asked if channel.partition('-')[0] in held]
    if asked and not channels:
        if not request.user.is_authenticated:
            raise Refused(f'sign in to use {", ".join(asked)} here', status=403, code=SIGN_IN)
        raise Refused(f'{", ".join(asked)} may not be used here', status=403, code=NOT_ALLOWED)
    return channels


def rights_path(facility: Facility | None, request: Any) -> str:
    """Return the path by which it is decided what ``request`` may: for a list, that of whose visitors are listed."""
    if isinstance(facility, Attendance):
        return websocket_url() + facility.attended.name
    path: str = request.path_info
    return path


def attendee_of(facility: Facility, request: Any) -> Attendee | None:
    """Return as whom ``facility`` lists the visitor; None for nobody, and where it keeps no list."""
    try:
        seen = seen_of(facility, request)
    except PermissionDenied as error:
        raise denied(error) from error
    if seen is None:
        return None
    user, session = identity_of(request)
    client_id = client_id_of(request)
    tab = secrets.token_hex(8) if client_id is None else public_name(client_id)
    key = key_of(facility.name, user=user, session=session, client=tab)
    return Attendee(facility.name, key, tab, encode({name: seen[name] for name in seen if name != 'tabs'}))


def licence_for(facility: Facility, request: Any) -> Licence:
    """Return what ``facility`` lets the visitor see and say; its methods may use the database."""
    try:
        return Licence(
            facility,
            _author_of(request),
            names_of(facility.writable, request, 'writable'),
            names_of(facility.readable, request, 'readable'),
        )
    except PermissionDenied as error:
        raise denied(error) from error


def left_for_plain(licence: Licence, channels: list[str]) -> list[str]:
    """Return what is left of ``channels`` for a plain socket, which may not publish, or subscribe, everywhere.

    Raises :exc:`Refused` if nothing is.
    """
    if licence.readable is not None:
        # What it hears are whole messages, and those of other programs before anybody has looked at them.
        left = []
    elif licence.is_for_bound_only:
        left = [channel for channel in channels if _is_subscribed(channel)]
    else:
        return channels
    if channels and not left:
        what = 'publish' if licence.readable is None else 'open a socket'
        raise Refused(f'only a bound socket may {what} here', status=403, code=NOT_ALLOWED)
    return left


def _author_of(request: Any) -> Author:
    client_id = client_id_of(request)
    session_key = next(iter(session_keys(True, request)), None)
    address = request.META.get('REMOTE_ADDR', '')
    return Author(request.user, session_key, '' if client_id is None else public_name(client_id), address)


def denied(error: PermissionDenied) -> Refused:
    """Return the refusal for what a function of the project has raised."""
    return Refused(str(error) or 'not allowed', status=403, code=NOT_ALLOWED)


def _is_subscribed(channel: str) -> bool:
    return channel.startswith('subscribe-')


def is_bound(request: Any) -> bool:
    """Whether the socket is djng's client's: it names itself by ``djng=<client id>``."""
    return client_id_of(request) is not None


def client_id_of(request: Any) -> str | None:
    """Return the secret id by which djng's client names itself; None for any other client."""
    client_id: str = request.GET.get('djng', '')
    return client_id if _CLIENT_ID.fullmatch(client_id) else None


def held_channels(request: Any, asked: Iterable[str]) -> list[str]:
    """Return those of the ``asked`` subscribe- and publish- channels whose audience the visitor has.

    An anonymous visitor has no user and no groups, one without a session has none. Raises :exc:`Refused` if something
    was asked for and nothing of it is left.
    """
    asked = list(asked)
    audiences: dict[str, Callable[[], bool]] = {
        'user': lambda: request.user.is_authenticated,
        'group': lambda: request.user.is_authenticated and any(True for _ in group_names(True, request)),
        'session': lambda: any(True for _ in session_keys(True, request)),
        'broadcast': lambda: True,
    }
    wanted = {channel.rpartition('-')[2] for channel in asked}
    held = {audience for audience in wanted if audience not in audiences or audiences[audience]()}
    channels = [channel for channel in asked if channel.rpartition('-')[2] in held]
    if asked and not channels:
        if not request.user.is_authenticated:
            raise Refused(f'sign in to use {", ".join(asked)}', status=403, code=SIGN_IN)
        raise Refused(f'you have no {" or ".join(sorted(wanted))} to use', status=403, code=NOT_ALLOWED)
    return channels


def allowed_channels(callback: Callable[..., Any] | None, request: Any, asked: list[str]) -> list[str]:
    """Return what ``WS4REDIS_ALLOWED_CHANNELS`` leaves of the ``asked`` channels.

    Raises :exc:`Refused` if it leaves nothing; whatever the callback itself raises goes through.
    """
    if callback is None:
        return asked
    channels = list(callback(request, asked))
    if asked and not channels:
        raise Refused(f'{", ".join(asked)} may not be used here', status=403, code=NOT_ALLOWED)
    return channels
