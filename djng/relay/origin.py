"""Which page may open a socket: browsers ask for sockets across origins without asking anybody first."""

from __future__ import annotations

import logging
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http.request import validate_host

logger = logging.getLogger('djng.relay')

#: What Django itself takes for ``ALLOWED_HOSTS`` where it is empty and ``DEBUG`` is on.
DEBUG_HOSTS = ['.localhost', '127.0.0.1', '[::1]']

#: Seconds for which an origin that was refused is not logged again.
LOG_INTERVAL = 60

#: Origins remembered as logged; a browser cannot make up more than pages it shows, any other program can.
LOG_MEMORY = 1000

_logged: dict[str, float] = {}


def is_allowed(request: Any) -> bool:
    """Whether the page that asks may open a socket (RFC 6455, 10.2: the server has to look at ``Origin``).

    It may if its origin is the request's own host, if its host matches an entry of ``ALLOWED_HOSTS`` other than
    ``'*'``, or if the origin stands in ``CSRF_TRUSTED_ORIGINS``. Who sends no ``Origin`` is no browser and may, unless
    a session's cookie comes along.
    """
    origin = request.META.get('HTTP_ORIGIN')
    if origin is None:
        return settings.SESSION_COOKIE_NAME not in request.COOKIES
    try:
        parts = urlsplit(origin)
        host, netloc = parts.hostname, parts.netloc.lower()
    except ValueError:
        return False
    if parts.scheme not in ('http', 'https') or not host:
        return _is_trusted(parts.scheme, host, origin)
    return (
        _without_default_port(netloc, parts.scheme) == _own_host(request)
        or validate_host(f'[{host}]' if ':' in host else host, _hosts())
        or _is_trusted(parts.scheme, netloc, origin)
    )


def log_refusal(request: Any) -> None:
    """Warn that a page's origin was refused, once a minute for each."""
    origin = request.META.get('HTTP_ORIGIN', '(none, with a session cookie)')[:200]
    now = time.monotonic()
    if now - _logged.get(origin, -LOG_INTERVAL) < LOG_INTERVAL:
        return
    if len(_logged) >= LOG_MEMORY:
        _logged.clear()
    _logged[origin] = now
    logger.warning(
        'Refused a WebSocket to a page of origin %s. If it is yours, add it to CSRF_TRUSTED_ORIGINS '
        "or its host to ALLOWED_HOSTS ('*' does not count).",
        origin,
    )


def _hosts() -> list[str]:
    hosts = [host for host in settings.ALLOWED_HOSTS if host != '*']
    return hosts or (DEBUG_HOSTS if settings.DEBUG else [])


def _own_host(request: Any) -> str | None:
    try:
        host: str = request.get_host()
    except DisallowedHost:
        return None
    return _without_default_port(host.lower(), request.scheme)


def _without_default_port(netloc: str, scheme: str) -> str:
    return netloc.removesuffix(':443' if scheme == 'https' else ':80')


def _is_trusted(scheme: str, netloc: str | None, origin: str) -> bool:
    for trusted in settings.CSRF_TRUSTED_ORIGINS:
        if trusted == origin:
            return True
        # Django's own reading of a wildcard: any subdomain, of the same scheme and port.
        trusted_scheme, _, pattern = trusted.partition('://')
        if pattern.startswith('*.') and scheme == trusted_scheme and netloc and netloc.endswith(pattern[1:]):
            return True
    return False
