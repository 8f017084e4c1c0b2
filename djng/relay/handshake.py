"""The opening handshake of RFC 6455, section 4.2, on a WSGI request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from websockets.datastructures import Headers
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from ws4redis.exceptions import HandshakeError, UpgradeRequiredError

from djng.relay.broadcast import DEFLATE, WINDOW_BITS


def accept(environ: dict[str, Any]) -> tuple[bytes, list[Extension]]:
    """Return the answer 101 to the request that ``environ`` describes, as bytes, and the extensions it agrees to.

    The first of the subprotocols that the client offers is taken: to the relay they are all the same, and browsers
    fail a connection where none of theirs is. Raises ws4redis' :exc:`HandshakeError` for a request that is no
    handshake, its subclass :exc:`UpgradeRequiredError` where another version of the protocol is wanted.
    """
    headers = Headers()
    for name, value in environ.items():
        if name.startswith('HTTP_'):
            headers[name[5:].replace('_', '-')] = value
    protocol = ServerProtocol(select_subprotocol=_first, extensions=[DEFLATE])
    response = protocol.accept(Request('/', headers))
    if response.status_code == 426:
        raise UpgradeRequiredError('this address speaks WebSocket only, in version 13')
    if response.status_code != 101:
        raise HandshakeError(f'not a WebSocket handshake: {protocol.handshake_exc}')
    del response.headers['Date']  # belongs to content, of which 101 has none (RFC 9110, 6.6.1)
    return response.serialize(), protocol.extensions


def deflates(extensions: Sequence[Extension]) -> bool:
    """Whether ``extensions`` let the browser understand :attr:`djng.relay.broadcast.Broadcast.deflated`."""
    return any(
        isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == WINDOW_BITS
        for extension in extensions
    )


def _first(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None
