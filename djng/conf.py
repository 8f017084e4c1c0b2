"""What a setting means that a project leaves out."""

from __future__ import annotations

from django.conf import settings


def websocket_url() -> str:
    """Return ``WEBSOCKET_URL``, the path below which sockets are opened; ws4redis' default is ``/ws/``."""
    url: str = getattr(settings, 'WEBSOCKET_URL', '/ws/')
    return url
