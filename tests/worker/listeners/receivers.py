"""Receivers, each for a facility."""

from __future__ import annotations

import json
import os
from typing import Any

from django.dispatch import receiver

from djng import signals
from djng.redis_store import make_client
from djng.signals import collection_changed, socket_closed, socket_opened
from djng.state.merge import Change
from djng.state.steps import Submit
from djng.state.store import Store

client = make_client()


def write_down(facility: str, **what: Any) -> None:
    """Append to what this facility's receivers were told."""
    client.rpush(f'told:{facility}', json.dumps({'pid': os.getpid(), **what}))


@receiver(collection_changed)
def on_change(facility: str, changed: Any, deleted: Any, collection: Any, user: Any, **kwargs: Any) -> None:
    """Write down what was told."""
    write_down(
        facility,
        changed=changed,
        deleted=deleted,
        collection=collection,
        user=None if user is None else user.get_username(),
        address=kwargs['address'],
        position=kwargs['position'],
        audience=kwargs['audience'],
        name=kwargs['name'],
    )


@receiver(socket_opened)
@receiver(socket_closed)
def on_socket(facility: str, signal: Any, user: Any, address: str, client: str | None, **kwargs: Any) -> None:
    """Write down that somebody came or went."""
    name = 'opened' if signal is socket_opened else 'closed'
    write_down(facility, event=name, user=user.get_username(), address=address, client=client)


@receiver(collection_changed, sender='groups')
def save_group(collection: dict[str, Any], **kwargs: Any) -> None:
    """Use the database."""
    from django.contrib.auth.models import Group

    Group.objects.get_or_create(name=collection['name'])


@receiver(collection_changed, sender='slow')
def take_time(**kwargs: Any) -> None:
    """Be done when somebody says so."""
    client.rpush('begun', 1)
    client.blpop(['go'], timeout=9)
    client.rpush('done', 1)


@receiver(collection_changed, sender='failing')
def fail(collection: dict[str, Any], **kwargs: Any) -> None:
    """Raise until what is broken is mended."""
    if client.exists('broken'):
        raise ValueError(f'cannot take {collection["n"]}')


@receiver(collection_changed, sender='counting')
def count_on(collection: dict[str, Any], **kwargs: Any) -> None:
    """Write to the collection, and cause another change by it."""
    store = Store(client, expire=600, log=signals.change_log)
    store.run([Submit('broadcast:counting', 'broadcast', Change('object', {'n': str(collection['n'] + 1)}))])
