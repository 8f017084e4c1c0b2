"""A place in Redis that is a test's own: a prefix, whose keys are deleted when the test is over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import override_settings
from django.test.signals import setting_changed
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

    ws4redis reads its settings but once; here they follow Django's, so that ``override_settings`` holds for them.
    Raises :exc:`NoRedis`.
    """
    token = f'test-{secrets.token_hex(6)}'
    before = {name: getattr(ws4redis_settings, name) for name in dir(ws4redis_settings) if name.isupper()}
    now = {name: getattr(settings, name, value) for name, value in before.items()}
    former = now['WS4REDIS_PREFIX']
    now['WS4REDIS_PREFIX'] = prefix = f'{former}:{token}' if former else token

    def follow(setting: str, **kwargs: Any) -> None:
        # Whatever a test makes of the prefix, it stays in its place.
        if setting in before and setting != 'WS4REDIS_PREFIX':
            setattr(ws4redis_settings, setting, getattr(settings, setting, before[setting]))

    with ExitStack() as stack:
        stack.enter_context(patch.multiple(ws4redis_settings, **now))
        stack.enter_context(override_settings(WS4REDIS_PREFIX=prefix))
        setting_changed.connect(follow)
        stack.callback(setting_changed.disconnect, follow)
        client = make_client()
        stack.callback(client.close)
        _must_answer(client)
        # It may have been made for another Redis.
        shared_client.cache_clear()
        stack.callback(shared_client.cache_clear)
        stack.callback(_delete, client, token)
        yield prefix


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
    # A test may have ended Redis.
    with suppress(RedisError, OSError):
        keys = list(client.scan_iter(match=f'*{token}*', count=PAGE))
        for begin in range(0, len(keys), PAGE):
            client.unlink(*keys[begin : begin + PAGE])
