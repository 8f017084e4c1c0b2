"""When somebody loses rights: every process that holds sockets of theirs is told, and closes them.

Rights are decided in the handshake. A socket whose visitor signs out, is deactivated or loses a group is closed, so
that its browser comes back and has them decided anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from redis.exceptions import RedisError
from ws4redis import settings

from djng.redis_store import make_client

logger = logging.getLogger('djng')

#: Seconds that whoever signs out waits for Redis at the most.
TIMEOUT = 1.0

_UID = 'djng.rights'


def channel() -> str:
    """Return the Redis channel on which lost rights are told."""
    return f'{settings.WS4REDIS_PREFIX}:djng:rights' if settings.WS4REDIS_PREFIX else 'djng:rights'


class Losers(NamedTuple):
    """Whose sockets are to be closed."""

    #: Primary keys as strings.
    users: frozenset[str] = frozenset()
    #: Their keys.
    sessions: frozenset[str] = frozenset()
    #: Their names, for all who are there.
    facilities: frozenset[str] = frozenset()


def tell(*, users: Iterable[object] = (), sessions: Iterable[str | None] = (), facilities: Iterable[str] = ()) -> None:
    """Have the sockets of ``users`` (primary keys) and ``sessions`` (keys), and to ``facilities``, closed everywhere.

    Without Redis no socket hears anything either; that it could not be told is logged, and signing out goes on.
    """
    message = {'users': [str(user) for user in users], 'sessions': [key for key in sessions if key]}
    if facilities:
        message['facilities'] = [*facilities]
    if any(message.values()):
        client = make_client(socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        try:
            client.publish(channel(), json.dumps(message))
        except (RedisError, OSError) as error:
            logger.warning('Could not tell the sockets that rights were lost: %s', error)
        finally:
            client.close()


def understand(message: bytes) -> Losers:
    """Return whom a message of :func:`tell` names; nobody for anything else."""
    try:
        said = json.loads(message)
        return Losers(*(frozenset(map(str, said[which])) for which in ('users', 'sessions')))._replace(
            facilities=frozenset(map(str, said.get('facilities', ())))
        )
    except (ValueError, TypeError, KeyError):
        logger.warning('Not understood on %s: %r', channel(), message[:100])
        return Losers()


def connect() -> None:
    """Listen to what Django says of users, groups and sessions."""
    user_model = get_user_model()
    user_logged_out.connect(_logged_out, dispatch_uid=_UID)
    post_save.connect(_user_saved, sender=user_model, dispatch_uid=_UID)
    post_delete.connect(_user_deleted, sender=user_model, dispatch_uid=_UID)
    groups = getattr(user_model, 'groups', None)
    if groups is not None:
        m2m_changed.connect(_groups_changed, sender=groups.through, dispatch_uid=_UID)
        pre_delete.connect(_group_deleted, sender=groups.field.related_model, dispatch_uid=_UID)


def _tell_on_commit(users: Iterable[object]) -> None:
    transaction.on_commit(partial(tell, users=list(users)))


def _logged_out(request: Any, user: Any, **kwargs: Any) -> None:
    session = getattr(request, 'session', None)
    tell(sessions=[getattr(session, 'session_key', None)])


def _user_saved(instance: Any, **kwargs: Any) -> None:
    if not instance.is_active:
        _tell_on_commit([instance.pk])


def _user_deleted(instance: Any, **kwargs: Any) -> None:
    _tell_on_commit([instance.pk])


def _groups_changed(instance: Any, action: str, reverse: bool, pk_set: set[Any] | None, **kwargs: Any) -> None:
    # Seen from a user, or (``reverse``) from a group; before they are cleared, or their names would be unknown.
    if action == 'post_remove':
        _tell_on_commit(pk_set or () if reverse else [instance.pk])
    elif action == 'pre_clear':
        _tell_on_commit(_members(instance) if reverse else [instance.pk])


def _group_deleted(instance: Any, **kwargs: Any) -> None:
    _tell_on_commit(_members(instance))


def _members(group: Any) -> list[Any]:
    return list(get_user_model()._default_manager.filter(groups=group).values_list('pk', flat=True))
