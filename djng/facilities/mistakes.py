"""What is wrong with a class that is to be a facility: said when it is registered."""

from __future__ import annotations

import inspect
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from djng.facilities.facility import Facility


def check_class(cls: Any) -> None:
    """Raise :exc:`ImproperlyConfigured` for what is no :class:`Facility`, or has attributes that mean nothing."""
    if not (isinstance(cls, type) and issubclass(cls, Facility)):
        raise ImproperlyConfigured(
            f'{cls!r} is registered as a facility, but is no subclass of djng.facilities.Facility.'
        )
    name = f'{cls.__module__}.{cls.__qualname__}'
    for method in (
        'may_subscribe',
        'may_publish',
        'readable',
        'writable',
        'presence',
        'prepare',
        'before_change',
        'after_change',
    ):
        if inspect.iscoroutinefunction(getattr(cls, method)):
            # What it returns would be true, whatever comes of it.
            raise ImproperlyConfigured(
                f'{name}.{method} is async; it is called in a thread, and must be a plain method.'
            )
    for names in ('readable', 'writable'):
        if isinstance(getattr(cls, names), (str, bytes)):
            raise ImproperlyConfigured(f'{name}.{names} is {getattr(cls, names)!r}, not an iterable of names.')
    if not (isinstance(cls.presence, (bool, property)) or callable(cls.presence)):
        raise ImproperlyConfigured(f'{name}.presence is {cls.presence!r}, not True, False or a method.')
    for limit, kind, least in (
        ('max_properties', int, 1),
        ('max_size', int, 2),
        ('rate', (int, float), 0.1),
        ('expire', int, 0),
    ):
        value: Any = getattr(cls, limit)
        if value is None or isinstance(value, property):
            continue
        if isinstance(value, bool) or not isinstance(value, kind) or not value >= least:
            raise ImproperlyConfigured(f'{name}.{limit} is {value!r}, not None or a number of {least} at the least.')
