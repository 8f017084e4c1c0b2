"""A message on its way to many sockets: encoded once for each kind of them, compressed once for those that take it."""

from __future__ import annotations

from functools import cached_property

from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from djng.relay.connection import encode
from djng.state.glimpse import change_for
from djng.state.heard import heard

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
    """``message`` and the frames that carry it; ``is_change`` where it tells a part of a collection only."""

    def __init__(self, message: bytes, *, is_change: bool = False) -> None:
        self.message = message
        self.is_change = is_change
        #: The frame for every socket.
        self.plain = encode(message)
        #: Whether :attr:`deflated` is worth its while.
        self.is_large = len(message) >= DEFLATE_FROM

    @cached_property
    def deflated(self) -> bytes:
        """The frame for sockets with permessage-deflate (RFC 7692, 7.2.1); the plain one where that is no larger."""
        frame = Frame(Opcode(self.plain[0] & 0x0F), self.message).serialize(mask=False, extensions=[SHARED])
        return frame if len(frame) < len(self.plain) else self.plain


class Publication:
    """What was published on a channel, in the rendition of each kind of sockets; made when one of that kind listens."""

    def __init__(self, message: bytes) -> None:
        self.message = message
        #: What the state's script says of it; None where its author published it without the script.
        self.heard = heard(message)

    @cached_property
    def for_bound(self) -> Broadcast | None:
        """The message as it was published; None where it has no place among the changes of the collection yet."""
        return None if self.heard is None else Broadcast(self.message)

    def for_readers(self, names: frozenset[str]) -> Broadcast | None:
        """The message with the properties in ``names`` alone, for bound sockets that may read no others."""
        change = None if self.heard is None else change_for(self.message, names)
        return None if change is None else Broadcast(change)

    @cached_property
    def for_plain(self) -> Broadcast | None:
        """The message as its author said it.

        None where plain sockets are told nothing: of deletions, of a foreign message that is taken in, which they have
        heard itself, and of a change in an array, of which they are sent the whole.
        """
        if self.heard is None:
            return Broadcast(self.message)
        if self.heard.plain is None or self.heard.plain == b'{}':
            return None
        return Broadcast(self.heard.plain, is_change=True)

    @property
    def changes_array(self) -> bool:
        """Whether plain sockets are to be sent a whole array now."""
        return self.heard is not None and self.heard.kind == 'array' and self.heard.t is None
