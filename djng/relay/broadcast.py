"""A message on its way to many sockets: encoded once for all of them, compressed once for those that take it."""

from __future__ import annotations

from functools import cached_property

from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from djng.relay.connection import encode

#: Bytes from which on a message is worth being compressed; docs/benchmarks.rst has the figures.
DEFLATE_FROM = 1000

#: zlib's level: 1 takes a fifth of the time of 6 on 30 kB of JSON, and gives 33 % of the size instead of 26 %.
DEFLATE_LEVEL = 1

#: The window that :attr:`Broadcast.deflated` needs; zlib's largest, RFC 7692, 7.1.2.
WINDOW_BITS = 15

#: What is offered in the handshake, RFC 7692. Nothing is remembered from one message to the next, in either direction,
#: so that one compressed frame fits all sockets and an idle socket costs no memory for it.
DEFLATE = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)

#: The compression that all sockets share.
SHARED = PerMessageDeflate(
    remote_no_context_takeover=True,
    local_no_context_takeover=True,
    remote_max_window_bits=WINDOW_BITS,
    local_max_window_bits=WINDOW_BITS,
    compress_settings={'level': DEFLATE_LEVEL},
)


class Broadcast:
    """``message`` and the frames that carry it."""

    def __init__(self, message: bytes) -> None:
        self.message = message
        #: The frame for every socket.
        self.plain = encode(message)
        #: Whether :attr:`deflated` is worth its while.
        self.is_large = len(message) >= DEFLATE_FROM

    @cached_property
    def deflated(self) -> bytes:
        """The frame for sockets with permessage-deflate (RFC 7692, 7.2.1); the plain one where that is no larger."""
        frame = Frame(Opcode(self.plain[0] & 0x0F), self.message).serialize(mask=False, extensions=[SHARED])
        return frame if len(frame) < len(self.plain) else self.plain
