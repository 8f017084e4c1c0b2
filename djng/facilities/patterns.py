"""Names of facilities, and what Django's path converters make of them."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.urls.resolvers import RoutePattern


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
