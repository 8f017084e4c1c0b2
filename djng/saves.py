"""What is saved or deleted elsewhere, in the admin or by another process, reaches the drafts of these instances."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.http import Http404
from redis.exceptions import RedisError

from djng.drafts import Draft
from djng.facilities import registry, revoke

logger = logging.getLogger('djng')

#: The facilities whose drafts are being saved here.
_saving: ContextVar[frozenset[str]] = ContextVar('djng_saving', default=frozenset())

#: What is to be told behind the block that holds it back; None where nothing does.
_held: ContextVar[list[Callable[[], None]] | None] = ContextVar('djng_held', default=None)


@contextmanager
def by(name: str) -> Iterator[None]:
    """Have what is saved within the block known to be the draft of the facility ``name``, for which it is no news."""
    token = _saving.set(_saving.get() | {name})
    try:
        yield
    finally:
        _saving.reset(token)


@contextmanager
def held_back() -> Iterator[None]:
    """Let drafts be told only behind the block of what is saved in it: whoever has a turn must not wait for another."""
    held: list[Callable[[], None]] = []
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        for tell in held:
            tell()


def watch(facility_class: Any) -> None:
    """Listen to what Django says of the instances that a class of facilities is about.

    Proxies and children of the model are theirs, too. It is not listened to all models: then Django could delete none
    without looking at each instance.
    """
    concrete = facility_class.model._meta.concrete_model
    heard: list[tuple[Any, Callable[..., None], Any]] = [
        *((post_save, _saved, model) for model in apps.get_models() if issubclass(model, concrete)),
        *((post_delete, _deleted, model) for model in apps.get_models() if issubclass(model, concrete)),
        *((m2m_changed, _related, field.remote_field.through) for field in concrete._meta.many_to_many),
    ]
    uid = f'djng.saves:{facility_class.__module__}.{facility_class.__qualname__}'
    for signal, function, sender in heard:
        # A class of the same name takes the place of one that is gone.
        signal.disconnect(sender=sender, dispatch_uid=uid)
        signal.connect(partial(function, facility_class), sender=sender, weak=False, dispatch_uid=uid)


def _saved(facility_class: Any, instance: Any, using: str, **kwargs: Any) -> None:
    _tell(facility_class, [instance], using, _refresh)


def _deleted(facility_class: Any, instance: Any, using: str, **kwargs: Any) -> None:
    _tell(facility_class, [instance], using, _revoke)


def _related(
    facility_class: Any, instance: Any, action: str, reverse: bool, pk_set: Any, using: str, **kwargs: Any
) -> None:
    if action in ('post_add', 'post_remove', 'post_clear'):
        instances = [instance]
        if reverse:
            instances = facility_class.model._base_manager.using(using).filter(pk__in=pk_set or ())
        _tell(facility_class, instances, using, _refresh)


def _tell(facility_class: Any, instances: Iterable[Any], using: str, function: Callable[[Any], None]) -> None:
    for instance in instances:
        for name in facility_class.names_for(instance):
            if name not in _saving.get():
                transaction.on_commit(partial(_safely, function, facility_class, name), using=using)


def _safely(function: Callable[[Any], None], facility_class: Any, name: str) -> None:
    """Call ``function`` with a facility; whatever comes of it, what was saved is saved."""
    held = _held.get()
    if held is not None:
        held.append(partial(_safely, function, facility_class, name))
        return
    facility = registry.find(name)
    if isinstance(facility, facility_class):
        try:
            function(facility)
        except Http404:
            _revoke(facility)
        except (RedisError, OSError) as error:
            logger.warning('%s could not be told what was saved: %s', name, error)
        except Exception:
            logger.exception('%s could not be told what was saved', name)


def _refresh(facility: Any) -> None:
    facility.refresh()


def _revoke(facility: Any) -> None:
    try:
        facility.get_object()
    except Http404:
        revoke(facility.name)
        Draft(facility.collection).forget()
    else:
        # There is another one of that name.
        facility.refresh()
