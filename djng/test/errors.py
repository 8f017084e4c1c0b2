"""What a test may be told."""

from __future__ import annotations

from http import HTTPStatus


class SocketRefused(Exception):
    """The server does not let this browser open a socket, or has turned it out for good."""

    def __init__(self, facility: str, reason: str, *, code: int | None = None, status: int | None = None) -> None:
        #: The close code: 4401 (sign in), 4403 (not allowed) or 4404 (no such facility); None for a failed handshake.
        self.code = code
        #: The HTTP status of the handshake where that failed, else None.
        self.status = status
        #: In the server's words.
        self.reason = reason
        told = code if status is None else f'{status} {HTTPStatus(status).phrase}'
        # What the project's own code has raised is not told to browsers.
        more = ' (the log of djng.relay says why)' if status is not None and status >= 500 else ''
        super().__init__(f'{facility!r}: {told}: {reason}{more}')


class NotConverged(AssertionError):
    """Not all show the same, or something never came to an end; the message says who shows what."""
