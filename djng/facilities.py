"""Which facilities there are, who may hear them and who may write to them: declared in ``facilities.py`` of an app.

A class is registered for a pattern with Django's path converters::

    from djng import facilities

    @facilities.register('auction-<int:pk>')
    class AuctionFacility(facilities.Facility):
        def may_publish(self, request):
            return Auction.objects.filter(pk=self.kwargs['pk'], bidders=request.user.pk).exists()

As soon as a project has registered one, there are no others.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import transaction
from django.urls.resolvers import RoutePattern
from django.utils.module_loading import autodiscover_modules
from ws4redis import settings

from djng.channels import attended_at, audience_of, presence_of
from djng.edit import Author, Edit
from djng.state.steps import Terms

if TYPE_CHECKING:
    from djng.modelform import ModelFormFacility

__all__ = [
    'Author',
    'Edit',
    'Facility',
    'ModelFormFacility',
    'Registry',
    'autodiscover',
    'get',
    'register',
    'registry',
    'revoke',
]

#: Names for which it is remembered what they are.
REMEMBERED = 4096


class Facility:
    """What a facility is to who opens a socket to it; one is made for each socket.

    The methods are called when the socket is opened. They may use the database, and raise
    :exc:`~django.core.exceptions.PermissionDenied` with a reason, or :exc:`~django.http.Http404`.
    """

    #: Properties that the visitor is told of: an iterable of names, a method that is given the request and returns one,
    #: or None for all. Where it is not None arrays are not told at all, and a plain socket is not opened.
    readable: Any = None
    #: Properties that the visitor may set and delete, likewise; None for all that are readable. A plain socket, which
    #: says a whole at a time, may not publish where it is not None.
    writable: Any = None
    #: Properties of the collection at the most, items of an array; None for as many as somebody writes.
    max_properties: int | None = None
    #: Bytes of the collection at the most, as JSON without white space; None for any number.
    max_size: int | None = None
    #: Changes a second that one socket makes in the long run, as many more at once; the others wait in the browser.
    rate: float | None = None
    #: Seconds that the collection outlives the last browser; None for ``WS4REDIS_EXPIRE``.
    expire: int | None = None

    #: Whether there is a list of who is here, which all who may hear the facility may hear, too (:doc:`presence`); True
    #: for users by their names, or a method that is given the request and returns what others see of the visitor: a
    #: dict, or None for nobody.
    presence: Any = False

    #: A Django form that the collection must satisfy; a browser's change is cleaned by it before anybody hears of it.
    form_class: Any = None
    #: Whether what does not satisfy the form is kept all the same, as a draft that all share.
    draft = False

    def __init__(self, name: str, /, **kwargs: Any) -> None:
        #: The part of the socket's address behind ``WEBSOCKET_URL``.
        self.name = name
        #: What the pattern's converters have made of it.
        self.kwargs = kwargs

    def may_subscribe(self, request: Any) -> Any:
        """Whether the visitor may hear what is said here; ``request`` has its ``user`` and its ``session``."""
        return True

    def may_publish(self, request: Any) -> Any:
        """Whether the visitor may change the collection; by default whoever may hear it."""
        return self.may_subscribe(request)

    def prepare(self) -> None:
        """Have the collection ready for a visitor who is let in, before anything of it is heard.

        It may use the database, and refuse the visitor after all, as :meth:`may_subscribe` does.
        """

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return arguments for ``form_class``, such as ``instance``; ``data`` is added."""
        return {}

    def get_form(self, data: dict[str, Any]) -> Any:
        """Return the form, bound to ``data``: the collection as it would be."""
        return self.form_class(**{**self.get_form_kwargs(), 'data': data})

    def before_change(self, author: Author, change: Edit) -> None:
        """Look at a browser's change before it is made, cleaned by the form; it may be altered.

        Raise :exc:`~django.core.exceptions.ValidationError` or
        :exc:`~django.core.exceptions.PermissionDenied` to refuse it. It is called again where somebody else was first
        to change the collection, so it should do nothing else.
        """

    def after_change(self, author: Author, change: Edit) -> None:
        """Hear that a browser's change was made; at most once, in the process that made it."""

    @classmethod
    def examines(cls) -> bool:
        """Whether browsers' changes are looked at before they are made."""
        hooks = ('before_change', 'after_change')
        return cls.form_class is not None or any(getattr(cls, name) is not getattr(Facility, name) for name in hooks)

    @classmethod
    def registered(cls) -> None:
        """Hear that the class was registered; raise :exc:`ImproperlyConfigured` for mistakes."""


class Attendance(Facility):
    """The list of who is at another facility: heard by all who may hear that one, and written by djng alone."""

    expire = 0

    def __init__(self, name: str, /, attended: Facility) -> None:
        super().__init__(name)
        #: The other one.
        self.attended = attended

    def may_subscribe(self, request: Any) -> Any:
        """Whether the visitor may hear what is said there."""
        return self.attended.may_subscribe(request)

    def may_publish(self, request: Any) -> Any:
        """Nobody may."""
        return False


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


def compiled(pattern: Any) -> RoutePattern:
    """Return what Django makes of ``pattern``; raises :exc:`ImproperlyConfigured` for what is none."""
    if not isinstance(pattern, str):
        raise ImproperlyConfigured(f'The pattern of a facility is a string, not {pattern!r}.')
    if '(?P<' in pattern or pattern.startswith(('^', '/')) or pattern.endswith('$'):
        raise ImproperlyConfigured(
            f'{pattern!r} is no pattern of a facility: it is written as in path(), without a slash before it.'
        )
    route = RoutePattern(pattern, is_endpoint=True)
    try:
        _ = route.regex
    except re.error as error:
        raise ImproperlyConfigured(f'{pattern!r} is no pattern of a facility: {error}') from error
    return route


def shape_of(route: RoutePattern) -> str:
    """Return what ``route`` matches, whatever its arguments are called."""
    return re.sub(r'\(\?P<\w+>', '(', route.regex.pattern)


def arguments(route: RoutePattern, name: str) -> dict[str, Any] | None:
    """Return what the converters of ``route`` make of ``name``; None where it does not match.

    A name that is written otherwise than its arguments would be, as ``auction-07``, does not: it would be a second
    collection of the same auction.
    """
    match = route.regex.search(name)
    if match is None:
        return None
    kwargs = {}
    for argument, text in match.groupdict().items():
        converter = route.converters[argument]
        try:
            kwargs[argument] = converter.to_python(text)
            if converter.to_url(kwargs[argument]) != text:
                return None
        except ValueError:
            return None
    return kwargs


def written(route: RoutePattern, values: Any) -> str | None:
    """Return the name that matches ``route`` with the attributes of ``values``, ``a__b`` being those of ``a``.

    None where there are no such attributes, or none that can be written so.
    """

    def part(match: re.Match[str]) -> str:
        value = values
        for name in match[1].split('__'):
            value = getattr(value, name)
        return str(route.converters[match[1]].to_url(value))

    try:
        name = re.sub(r'<(?:[^<>:]+:)?(\w+)>', part, str(route))
    except (AttributeError, ObjectDoesNotExist, TypeError, ValueError):
        return None
    return None if arguments(route, name) is None else name


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


#: The project's facilities.
registry = Registry()
register = registry.register


def get(name: str) -> Facility:
    """Return the facility ``name``, for code that has no socket; raises :exc:`LookupError` where there is none."""
    facility = registry.find(name)
    if facility is None:
        raise LookupError(f'No facility is registered for {name!r}.')
    return facility


def autodiscover() -> None:
    """Import ``facilities.py`` of each installed app that has one; does so once."""
    autodiscover_modules('facilities')


def terms_of(channel: str | bytes) -> Terms | None:
    """Return what the facility of ``channel`` declares for what sockets say; None where none is declared."""
    facility = registry.find(audience_of(channel).facility) if registry else None
    if facility is None:
        return None
    expire = settings.WS4REDIS_EXPIRE if facility.expire is None else facility.expire
    return Terms(expire, facility.max_properties, facility.max_size)


def server_terms_of(channel: str | bytes) -> Terms | None:
    """Return the same for what the server says itself, which is bound by no limits."""
    terms = terms_of(channel)
    return None if terms is None else Terms(terms.expire)


def usual_terms(channel: str | bytes) -> None:
    """Return that there are none of its own, where somebody says how long to keep what is said."""


def revoke(*names: str) -> None:
    """Have all sockets to the facilities ``names`` closed, so that their browsers' rights are decided anew.

    So are those to the lists of who is there. Inside a database transaction this is done when it is committed.
    """
    from djng import rights

    transaction.on_commit(partial(rights.tell, facilities=[*names, *map(presence_of, names)]))


def seen_of(facility: Facility, request: Any) -> dict[str, Any] | None:
    """Return what others at ``facility`` see of who asks; None for nobody, and where no list is kept."""
    seen = facility.presence
    if callable(seen):
        seen = seen(request)
    elif seen:
        seen = {'name': request.user.get_username()}
    if seen is None or seen is False:
        return None
    if not isinstance(seen, dict):
        raise TypeError(f'presence returns a dict or None, not {seen!r}')
    return seen


def names_of(declared: Any, request: Any, what: str) -> frozenset[str] | None:
    """Return what a facility's ``readable`` or ``writable``, called ``what``, is for ``request``; None for all."""
    names: Iterable[str] | None = declared(request) if callable(declared) else declared
    if isinstance(names, (str, bytes)):
        raise TypeError(f'{what} is an iterable of names, not {names!r}')
    return None if names is None else frozenset(names)


def __getattr__(name: str) -> Any:
    # It needs collections, which need to know of facilities.
    if name == 'ModelFormFacility':
        from djng.modelform import ModelFormFacility

        return ModelFormFacility
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
