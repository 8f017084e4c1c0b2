"""What a browser asks the server for, and how it shows who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any
from urllib.parse import quote, urlencode

from djng.conf import websocket_url


def address_of(facility: str, place: str, channels: Sequence[str], query: Mapping[str, str]) -> str:
    """Return the address at which a new page's binding asks for ``channels``, at a server in ``place``."""
    asked = [*channels, urlencode({**query, 'djng': token_hex(16)})]
    return f'ws://{place}{websocket_url()}{quote(facility)}?{"&".join(asked)}'


def cookies_of(client: Any) -> dict[str, str]:
    """Return the header by which a browser shows what a :class:`django.test.Client` has in its session."""
    if client is None or not client.cookies:
        return {}
    return {'Cookie': '; '.join(f'{name}={morsel.coded_value}' for name, morsel in client.cookies.items())}
