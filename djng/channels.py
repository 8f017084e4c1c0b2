"""What the name of a channel says."""

from __future__ import annotations

from typing import NamedTuple

from ws4redis import settings

#: What the name of a facility begins with that lists who is at another one.
PRESENCE = '-/presence/'


class Audience(NamedTuple):
    """Whom a channel is for."""

    #: ``broadcast``, ``user``, ``group`` or ``session``; ``socket`` for what is no channel but has a log.
    audience: str
    #: Which user, group or session; None for all.
    name: str | None
    facility: str


def prefix() -> str:
    """Return what the names of this project's channels begin with, which ``WS4REDIS_PREFIX`` says."""
    return f'{settings.WS4REDIS_PREFIX}:' if settings.WS4REDIS_PREFIX else ''


def audience_of(channel: str | bytes) -> Audience:
    """Return whom ``channel`` is for."""
    text = channel.decode() if isinstance(channel, bytes) else channel
    audience, _, rest = text.removeprefix(prefix()).partition(':')
    if audience not in ('user', 'group', 'session'):
        return Audience(audience, None, rest)
    name, _, facility = rest.partition(':')
    return Audience(audience, name.replace('%3A', ':').replace('%25', '%'), facility)


def sockets_of(facility: str) -> str:
    """Return the name under which what sockets do at ``facility`` is logged: one socket may have many channels."""
    return f'{prefix()}socket:{facility}'


def presence_of(facility: str) -> str:
    """Return the name of the facility that lists who is at ``facility``."""
    return PRESENCE + facility


def attended_at(facility: str) -> str | None:
    """Return the facility whose visitors ``facility`` lists; None where it is one like any."""
    return facility.removeprefix(PRESENCE) if facility.startswith(PRESENCE) else None
