"""How long, and how much, is kept of a channel: what its facility declares."""

from __future__ import annotations

from ws4redis import settings

from djng.channels import audience_of
from djng.facilities.registering import registry
from djng.state.steps import Terms


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
