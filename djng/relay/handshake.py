"""The opening handshake of RFC 6455, section 4.2, on a WSGI request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from websockets.datastructures import Headers
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from ws4redis.exceptions import HandshakeError, UpgradeRequiredError

from djng.relay.broadcast import DEFLATE, WINDOW_BITS

#: The headers that a handshake is made of, by their names in WSGI.
_HEADERS = {
    f'HTTP_{name.upper().replace("-", "_")}': name
    for name in (
        'Upgrade',
        'Connection',
        'Sec-WebSocket-Key',
        'Sec-WebSocket-Version',
        'Sec-WebSocket-Protocol',
        'Sec-WebSocket-Extensions',
    )
}


class Answer(NamedTuple):
    """A handshake's answer, in WSGI's terms; ``bytes()`` of it is what is to be written."""

    status: str
    headers: list[tuple[str, str]]
    #: What the two sides have agreed to.
    extensions: list[Extension]

    def __bytes__(self) -> bytes:
        lines = [f'HTTP/1.1 {self.status}', *(f'{name}: {value}' for name, value in self.headers)]
        return ''.join(f'{line}\r\n' for line in (*lines, '')).encode('latin-1')


def accept(environ: dict[str, Any]) -> Answer:
    """Return the answer 101 to the request that ``environ`` describes.

    The first of the subprotocols that the client offers is taken: to the relay they are all the same, and browsers
    fail a connection where none of theirs is. Raises ws4redis' :exc:`HandshakeError` for a request that is no
    handshake, its subclass :exc:`UpgradeRequiredError` where another version of the protocol is wanted.
    """
    headers = Headers()
    for variable, name in _HEADERS.items():
        if variable in environ:
            headers[name] = environ[variable]
    protocol = ServerProtocol(select_subprotocol=_first, extensions=[DEFLATE])
    response = protocol.accept(Request('/', headers))
    if response.status_code == 426:
        raise UpgradeRequiredError('this address speaks WebSocket only, in version 13')
    if response.status_code != 101:
        raise HandshakeError(f'not a WebSocket handshake: {protocol.handshake_exc}')
    del response.headers['Date']  # belongs to content, of which 101 has none (RFC 9110, 6.6.1)
    return Answer(
        f'{response.status_code} {response.reason_phrase}', list(response.headers.raw_items()), protocol.extensions
    )


def deflates(extensions: Sequence[Extension]) -> bool:
    """Whether ``extensions`` let the browser understand :attr:`djng.relay.broadcast.Broadcast.deflated`."""
    return any(
        isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == WINDOW_BITS
        for extension in extensions
    )


def _first(protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None
