"""Where a template's browser finds the WebSockets, and which message is the heartbeat."""

import json

from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import force_str
from django.utils.safestring import SafeString, mark_safe

# Registers the system checks also where djng is missing in INSTALLED_APPS; one of them says just that.
from djng import checks as checks
from djng.conf import websocket_url

__all__ = ['default']

#: What must not appear in inline JavaScript: the first three end or begin HTML, the others end a line in
#: JavaScript before ECMAScript 2019. Curly brackets would be taken by AngularJS inside an attribute.
_ESCAPES = {ord(char): f'\\u{ord(char):04x}' for char in '<>&\u2028\u2029{}'}


def default(request: HttpRequest) -> dict[str, str]:
    """Give templates ``WEBSOCKET_URI`` and ``WS4REDIS_HEARTBEAT``, as ws4redis' own context processor does.

    ``WS4REDIS_HEARTBEAT`` is JavaScript already, to be written without quotes.
    """
    return {'WEBSOCKET_URI': websocket_uri(request), 'WS4REDIS_HEARTBEAT': heartbeat()}


def websocket_uri(request: HttpRequest) -> str:
    """Return the prefix of all WebSocket URIs: ``wss://`` for a secure request, the host, ``WEBSOCKET_URL``.

    Raises DisallowedHost for a host that is not in ``ALLOWED_HOSTS``.
    """
    scheme = 'wss' if request.is_secure() else 'ws'
    return f'{scheme}://{request.get_host()}{websocket_url()}'


def heartbeat() -> SafeString:
    """Return ``WS4REDIS_HEARTBEAT`` as a JavaScript string, ``null`` where it is unset or empty."""
    message = getattr(settings, 'WS4REDIS_HEARTBEAT', None)
    return javascript(force_str(message) if message else None)


def javascript(value: str | None) -> SafeString:
    """Return a JavaScript literal that evaluates to ``value`` and is safe unquoted inside ``<script>``."""
    return mark_safe(json.dumps(value).translate(_ESCAPES))  # noqa: S308 - escaped in this very line
