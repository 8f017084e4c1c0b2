"""An entry of a log becomes a signal."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from django import db
from django.apps import apps
from django.utils.functional import SimpleLazyObject

from djng import signals
from djng.channels import audience_of
from djng.state.log import Entry

logger = logging.getLogger('djng.worker')

#: How many changes may each be made by a receiver of the one before.
DEPTH = 10


class Failure(Exception):
    """Receivers raised; the message says which ones, and what, and ``errors`` are the exceptions themselves."""

    def __init__(self, message: str, errors: list[Exception]) -> None:
        super().__init__(message)
        self.errors = errors


def deliver(channel: bytes, entry: Entry, collection: Callable[[], Any], deleted: list[Any]) -> None:
    """Call the receivers for ``entry``; raises :exc:`Failure` once all of them have been called.

    ``collection`` returns what the collection was right after it. Runs Django code, which may take its time.
    """
    audience, name, facility = audience_of(channel)
    depth = entry.who.get('depth', 0)
    if depth > DEPTH:
        logger.error(
            'Receivers of collection_changed at %r change what they are told of again and again: '
            'no receiver is called for this change, which follows from %d others.',
            facility,
            depth,
        )
        return
    kwargs: dict[str, Any] = {'facility': facility, 'user': _user(entry.who), 'address': entry.who.get('address')}
    if entry.event is not None:
        signal = signals.socket_opened if entry.event == 'opened' else signals.socket_closed
        kwargs['client'] = entry.who.get('client')
    else:
        signal = signals.collection_changed
        kwargs |= {
            'audience': audience,
            'name': name,
            'channel': channel.decode(),
            'changed': {
                int(key) if entry.kind == 'array' else key: json.loads(text) for key, text in entry.set.items()
            },
            'deleted': deleted,
            'collection': collection(),
            'position': (entry.e, entry.v),
        }
    with signals.receiving(depth):
        errors = _send(signal, facility, kwargs)
    if errors:
        told = '; '.join(f'{_called(receiver)}: {error!r}' for receiver, error in errors)
        raise Failure(told, [error for _, error in errors])


def _send(signal: signals.FacilitySignal, facility: str, kwargs: dict[str, Any]) -> list[tuple[Any, Exception]]:
    # A request would have had this done at its begin and its end.
    db.close_old_connections()
    try:
        answers = signal.send_robust(facility, **kwargs)
    except Exception as error:
        # Django logs what a receiver raises, and fails to where that has no name, as a partial has none.
        return [('a receiver', error.__context__ if isinstance(error.__context__, Exception) else error)]
    finally:
        db.close_old_connections()
    return [(receiver, answer) for receiver, answer in answers if isinstance(answer, Exception)]


def _called(receiver: Any) -> str:
    return f'{receiver.__module__}.{receiver.__qualname__}' if hasattr(receiver, '__qualname__') else str(receiver)


def _user(who: dict[str, Any]) -> Any:
    if 'user' not in who or not apps.is_installed('django.contrib.auth'):
        return None
    # Its models can only be imported where the app is installed.
    from django.contrib.auth.models import AnonymousUser

    return SimpleLazyObject(lambda: _find(who['user'])) if who['user'] is not None else AnonymousUser()


def _find(key: str) -> Any:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import AnonymousUser

    return get_user_model()._default_manager.filter(pk=key).first() or AnonymousUser()
