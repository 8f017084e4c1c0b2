"""Who is at a facility, for Django code: the list that browsers bind to, and by which key somebody is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.utils.asyncio import async_unsafe
from django.utils.crypto import salted_hmac

from djng.channels import presence_of
from djng.collection.base import Snapshot
from djng.collection.channel import Channel
from djng.collection.values import value_of
from djng.redis_store import identity_of
from djng.speaking import run
from djng.state import steps

__all__ = ['Presence']


class Presence(Mapping[str, dict[str, Any]]):
    """Who is at a facility whose class says ``presence``, as a dict that cannot be written.

    By a key for each person it has what the facility tells of them, and ``tabs``, how many they have open. Each access
    reads Redis anew, blocks, and raises redis-py's exceptions; the methods that begin with an ``a`` are for async code.
    """

    def __init__(self, facility: str) -> None:
        #: The facility whose visitors are listed.
        self.attended = facility
        #: What browsers bind to, to have the list.
        self.facility = presence_of(facility)
        self._channel = Channel.of(self.facility, None, broadcast=True)

    def key(self, request: Any) -> str | None:
        """Return by which key the visitor is in the list, with any number of tabs, as long as there are some.

        None where the visitor has neither signed in nor a session: then each tab is a visitor of its own.
        """
        user, session = identity_of(request)
        return None if user is None and session is None else key_of(self.attended, user=user, session=session)

    def snapshot(self) -> Snapshot:
        """Return who is there at one moment: epoch, version, and a plain dict."""
        return _snapshot(self._channel)

    async def asnapshot(self) -> Snapshot:
        """Do what :meth:`snapshot` does."""
        return await sync_to_async(self.snapshot)()

    def _people(self) -> dict[str, dict[str, Any]]:
        people: dict[str, dict[str, Any]] = self.snapshot().value
        return people

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._people()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._people())

    def __len__(self) -> int:
        return len(self._people())

    def keys(self) -> Any:
        """Return the keys of one moment."""
        return self._people().keys()

    def values(self) -> Any:
        """Return what is told of people at one moment."""
        return self._people().values()

    def items(self) -> Any:
        """Return both, of one moment."""
        return self._people().items()

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self.attended}>'


def key_of(facility: str, *, user: str | None, session: str | None = None, client: str = '') -> str:
    """Return by which key somebody is in the list of ``facility``: their user, or else session, or else browser's page.

    It tells neither of these, and is another one in each list.
    """
    who = f'client {client}' if session is None else f'session {session}'
    if user is not None:
        who = f'user {user}'
    return salted_hmac('djng.presence', f'{who} at {facility}', algorithm='sha256').hexdigest()[:16]


@async_unsafe('The list of who is there is read from Redis. Use asnapshot(), or sync_to_async.')
def _snapshot(channel: Channel) -> Snapshot:
    # Whoever has died is not there, also where nobody else has seen to it.
    _, kept = run([steps.Attend(channel.name, channel.label), steps.Snapshot(channel.name, channel.label)])
    assert isinstance(kept, steps.Kept)
    value = value_of(kept)
    return Snapshot(kept.e, kept.v, value if isinstance(value, dict) else {})
