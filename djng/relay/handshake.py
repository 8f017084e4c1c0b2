"""The opening handshake of RFC 6455, section 4.2, on a WSGI request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from ws4redis.exceptions import HandshakeError, UpgradeRequiredError


def accept(environ: dict[str, Any]) -> bytes:
    """Return the answer 101 to the request that ``environ`` describes, ready to be written to its connection.

    The first of the subprotocols that the client offers is taken: to the relay they are all the same, and browsers
    fail a connection where none of theirs is. Raises ws4redis' :exc:`HandshakeError` for a request that is no
    handshake, its subclass :exc:`UpgradeRequiredError` where another version of the protocol is wanted.
    """
    headers = Headers()
    for name, value in environ.items():
        if name.startswith('HTTP_'):
            headers[name[5:].replace('_', '-')] = value
    protocol = ServerProtocol(select_subprotocol=_first)
    response = protocol.accept(Request('/', headers))
    if response.status_code == 426:
        raise UpgradeRequiredError('this address speaks WebSocket only, in version 13')
    if response.status_code != 101:
        raise HandshakeError(f'not a WebSocket handshake: {protocol.handshake_exc}')
    del response.headers['Date']  # belongs to content, of which 101 has none (RFC 9110, 6.6.1)
    return response.serialize()


def _first(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None
