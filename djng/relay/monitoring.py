"""Two pages below ``WEBSOCKET_URL`` for whoever watches the relay: ``-/metrics`` and ``-/health``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from djng.conf import websocket_url
from djng.relay.counts import exposition

logger = logging.getLogger('djng.relay')

#: The media type of Prometheus' text format.
METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

#: The page of health while Redis does not answer: status, media type and text.
NO_ANSWER = (503, 'text/plain; charset=utf-8', 'Redis does not answer\n')


def page(environ: dict[str, Any]) -> str | None:
    """Return ``'metrics'`` or ``'health'`` where ``environ`` asks for that page, else None.

    Only requests without ``Upgrade`` from ``INTERNAL_IPS`` do; for all others these paths are facilities like any.
    """
    name = environ.get('PATH_INFO', '').removeprefix(f'{websocket_url()}-/')
    if name not in ('metrics', 'health') or 'HTTP_UPGRADE' in environ:
        return None
    return name if environ.get('REMOTE_ADDR') in settings.INTERNAL_IPS else None


def metrics(values: dict[str, int]) -> tuple[int, str, str]:
    """Return status, media type and text of the page of counts."""
    return 200, METRICS_TYPE, exposition(values)


def health(ping: Callable[[], object]) -> tuple[int, str, str]:
    """Return status, media type and text of the page that says whether Redis answers: 200, or 503 if not."""
    try:
        ping()
    except (RedisError, OSError) as error:
        logger.warning('Redis does not answer: %s', error)
        return NO_ANSWER
    return 200, 'text/plain; charset=utf-8', 'ok\n'
