"""Which facilities there are, by their patterns."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.urls.resolvers import RoutePattern

from djng.channels import attended_at
from djng.facilities.attendance import Attendance
from djng.facilities.facility import Facility
from djng.facilities.mistakes import check_class
from djng.facilities.patterns import arguments, compiled, shape_of, written

#: Names for which it is remembered what they are.
REMEMBERED = 4096

FacilityClass = TypeVar('FacilityClass', bound=type[Facility])


class Registry:
    """Facilities by their patterns."""

    def __init__(self) -> None:
        self._named: dict[str, type[Facility]] = {}
        self._patterns: list[tuple[RoutePattern, type[Facility]]] = []
        self._known: dict[str, type[Facility]] = {}
        self._routes: dict[type[Facility], list[RoutePattern]] = {}
        self._match = lru_cache(REMEMBERED)(self._search)

    def __bool__(self) -> bool:
        return bool(self._known)

    def register(self, *patterns: str) -> Callable[[FacilityClass], FacilityClass]:
        """Return a decorator that registers a class for ``patterns``.

        A name written out goes before patterns that match it, too; among these the first one registered does. Raises
        :exc:`ImproperlyConfigured` for what is no pattern, or is registered already.
        """
        if not patterns:
            raise ImproperlyConfigured("A facility is registered for a pattern: @register('auction-<int:pk>').")

        def decorate(cls: FacilityClass) -> FacilityClass:
            check_class(cls)
            for pattern in patterns:
                self._add(pattern, cls)
            cls.registered()
            return cls

        return decorate

    def find(self, name: str) -> Facility | None:
        """Return the facility ``name``, None where there is none of that name."""
        attended = attended_at(name)
        if attended is not None:
            facility = self.find(attended)
            return Attendance(name, facility) if facility is not None and facility.presence else None
        cls, kwargs = self._match(name)
        return None if cls is None else cls(name, **kwargs)

    def classes(self) -> list[type[Facility]]:
        """Return the classes that are registered."""
        return [*self._routes]

    def arguments(self, cls: type[Facility]) -> list[str]:
        """Return the names of the arguments that the patterns of ``cls`` have."""
        return [name for route in self._routes.get(cls, ()) for name in route.converters]

    def names(self, cls: type[Facility], values: Any) -> list[str]:
        """Return the names that the patterns of ``cls`` give, filled with the attributes of ``values``."""
        names = [written(route, values) for route in self._routes.get(cls, ())]
        return [name for name in names if name is not None]

    def _add(self, pattern: str, cls: type[Facility]) -> None:
        route = compiled(pattern)
        shape = shape_of(route)
        if shape in self._known:
            other = self._known[shape]
            raise ImproperlyConfigured(
                f'The facility {pattern!r} of {cls.__module__}.{cls.__qualname__} is registered already, '
                f'for {other.__module__}.{other.__qualname__}.'
            )
        self._known[shape] = cls
        self._routes.setdefault(cls, []).append(route)
        if route.converters:
            self._patterns.append((route, cls))
        else:
            self._named[pattern] = cls
        self._match.cache_clear()

    def _search(self, name: str) -> tuple[type[Facility] | None, dict[str, Any]]:
        if name in self._named:
            return self._named[name], {}
        for route, cls in self._patterns:
            kwargs = arguments(route, name)
            if kwargs is not None:
                return cls, kwargs
        return None, {}


#: The project's facilities.
registry = Registry()
