"""How a JSON text is read without decoding it: entry by entry, each value as the text that its author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json.decoder import JSONDecoder
from typing import Any

#: How deep a value may be nested: ``[[]]`` is 2 deep.
MOST_DEPTH = 100
#: What JSON takes for white space (RFC 8259, 2).
SPACE = ' \t\n\r'

_SPACES = re.compile(f'[{SPACE}]*')
_NESTING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


class NotJSON(ValueError):
    """A text that is not the JSON that was expected."""


def decode(text: str) -> Any:
    """Return the value of ``text``, which has been read before."""
    return _DECODER.decode(text)


def object_members(text: str) -> Iterator[tuple[str, str, str | None]]:
    """Read the object that is all of ``text``: name, value's text, and what is wrong with the value, if anything."""
    is_deep = _may_be_deep(text)
    at = _open(text, '{', '}')
    while at >= 0:
        if not text.startswith('"', at):
            raise NotJSON('a name was expected')
        name, at = _read(_DECODER, text, at)
        at = _skip(text, at)
        if not text.startswith(':', at):
            raise NotJSON('a colon was expected')
        start = _skip(text, at + 1)
        end, error = _value(text, start, is_deep)
        yield name, text[start:end], error
        at = _next(text, end, '}')


def array_items(text: str) -> Iterator[tuple[str, str | None]]:
    """Read the array that is all of ``text``: each item's text, and what is wrong with the item, if anything."""
    is_deep = _may_be_deep(text)
    at = _open(text, '[', ']')
    while at >= 0:
        end, error = _value(text, at, is_deep)
        yield text[at:end], error
        at = _next(text, end, ']')


class _NotFinite(Exception):
    pass


def _finite(digits: str) -> float:
    # Of a value only its end is asked for, so no integer is made: Python refuses those of more than 4,300 digits.
    number = float(digits)
    if number in (_INFINITE, -_INFINITE):
        raise _NotFinite
    return number


def _constant(_: str) -> float:
    raise _NotFinite


_INFINITE = float('inf')
_DECODER = JSONDecoder()
_STRICT = JSONDecoder(parse_float=_finite, parse_int=_finite, parse_constant=_constant)
#: Finds the end of what is refused, too.
_SKIPPING = JSONDecoder(parse_int=float)


def _read(decoder: JSONDecoder, text: str, at: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except ValueError as error:
        raise NotJSON(str(error)) from None


def _skip(text: str, at: int) -> int:
    if text[at : at + 1] > ' ':
        # The rule in what programs write, and so much faster.
        return at
    match = _SPACES.match(text, at)
    assert match
    return match.end()


def _open(text: str, opener: str, closer: str) -> int:
    """Return where the first entry stands, -1 if there is none."""
    at = _skip(text, 0)
    if not text.startswith(opener, at):
        raise NotJSON(f'{opener} was expected')
    at = _skip(text, at + 1)
    return _end(text, at) if text.startswith(closer, at) else at


def _next(text: str, at: int, closer: str) -> int:
    """Return where the entry stands that follows one that ends at ``at``, -1 if that was the last one."""
    at = _skip(text, at)
    if text.startswith(',', at):
        return _skip(text, at + 1)
    if not text.startswith(closer, at):
        raise NotJSON(f'{closer} was expected')
    return _end(text, at)


def _end(text: str, at: int) -> int:
    if _skip(text, at + 1) != len(text):
        raise NotJSON('something follows the end')
    return -1


def _value(text: str, at: int, is_deep: bool) -> tuple[int, str | None]:
    """Return where the value ends that begins at ``at``, and what is wrong with it."""
    if is_deep and text[at : at + 1] in ('[', '{'):
        end, depth = _measure(text, at)
        if depth > MOST_DEPTH:
            return end, f'Nothing is nested more than {MOST_DEPTH} deep.'
    try:
        return _read(_STRICT, text, at)[1], None
    except _NotFinite:
        return _read(_SKIPPING, text, at)[1], 'A number is finite.'


def _may_be_deep(text: str) -> bool:
    return text.count('[') + text.count('{') > MOST_DEPTH


def _measure(text: str, at: int) -> tuple[int, int]:
    """Return where what opens at ``at`` is closed, and how deep it is; Python's own reader would raise or crash."""
    depth = most = 0
    for token in _NESTING.finditer(text, at):
        if token[0] in '[{':
            depth += 1
            most = max(most, depth)
        elif token[0] in ']}':
            depth -= 1
            if not depth:
                return token.end(), most
    raise NotJSON('the end was expected')
