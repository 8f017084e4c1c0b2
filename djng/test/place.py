"""A place in Redis that is a test's own: a prefix, whose keys are deleted when the test is over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import override_settings
from redis.exceptions import RedisError
from ws4redis import settings as ws4redis_settings

from djng.redis_store import make_client
from djng.speaking import shared_client

#: Keys that are looked at, and deleted, in one round trip.
PAGE = 1000


class NoRedis(Exception):
    """The Redis that ``WS4REDIS_CONNECTION`` names does not answer."""


@contextmanager
def own_place() -> Iterator[str]:
    """Have all that is said in this process, while the block runs, kept under a new ``WS4REDIS_PREFIX``; yield that.

    The other settings are taken as they are now: ws4redis reads them but once, so that Django's ``override_settings``
    would have no effect. Raises :exc:`NoRedis`.
    """
    token = f'test-{secrets.token_hex(6)}'
    names = [name for name in dir(ws4redis_settings) if name.isupper() and hasattr(settings, name)]
    now = {name: getattr(settings, name) for name in names}
    former = now.get('WS4REDIS_PREFIX')
    now['WS4REDIS_PREFIX'] = f'{former}:{token}' if former else token
    with patch.multiple(ws4redis_settings, **now), override_settings(WS4REDIS_PREFIX=now['WS4REDIS_PREFIX']):
        client = make_client()
        _must_answer(client)
        # It may have been made for another Redis.
        shared_client.cache_clear()
        try:
            yield now['WS4REDIS_PREFIX']
        finally:
            # A test may have ended Redis.
            with suppress(RedisError, OSError):
                _delete(client, token)
            client.close()
            shared_client.cache_clear()


def _must_answer(client: Any) -> None:
    try:
        client.ping()
    except (RedisError, OSError) as error:
        place = client.connection_pool.connection_kwargs
        where = place.get('path') or f'{place.get("host", "localhost")}:{place.get("port", 6379)}'
        raise NoRedis(
            f'djng.test needs a Redis or Valkey. WS4REDIS_CONNECTION names {where}, which does not answer: {error}. '
            'Start one there, such as valkey-server; all that tests keep is deleted again.'
        ) from error


def _delete(client: Any, token: str) -> None:
    page = []
    for key in client.scan_iter(match=f'*{token}*', count=PAGE):
        page.append(key)
        if len(page) == PAGE:
            client.unlink(*page)
            page = []
    if page:
        client.unlink(*page)
