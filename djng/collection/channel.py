"""The one channel of a collection: read, changed if it is what is expected, and not before a transaction commits."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.db.transaction import TransactionManagementError
from django.utils.asyncio import async_unsafe

from djng.redis_store import RedisStore, label
from djng.speaking import run
from djng.state.merge import Change
from djng.state.steps import Kept, Refused, Snapshot, Step, Submit, Unexpected

#: How often a change is tried that others get ahead of, before it is given up.
ATTEMPTS = 50


class Conflict(Exception):
    """Others have changed what an edit was made from, as often as it was tried; nothing of it was written."""


class Nobody(ValueError):
    """A collection's audience is nobody, as ``SELF`` is where a visitor has not signed in."""


class Channel(NamedTuple):
    """A channel in Redis, and when it is written to."""

    name: str
    facility: str
    #: The alias of the database whose transactions are waited for, None for the default one.
    using: str | None = None
    #: Whether nothing is waited for.
    is_immediate: bool = False

    @classmethod
    def of(cls, facility: str, using: str | None, **audience: Any) -> Channel:
        """Return the one channel of an audience; raises :exc:`ValueError` where there is none, or several."""
        names = RedisStore(None)._get_message_channels(facility=facility, **audience)
        advice = 'A collection has one audience: say broadcast=True, or which one of users, groups or sessions.'
        if not names:
            raise Nobody(f'{advice} This one is nobody.')
        if len(names) > 1:
            raise ValueError(f'{advice} These are {len(names)}: {", ".join(names)}.')
        return cls(names[0], facility, using)

    @property
    def label(self) -> str:
        """What browsers call it: ``broadcast``, ``user``, ``session``, or ``group:`` and a name."""
        return label(self.name)

    def read(self) -> Kept:
        """Return what is kept there."""
        kept = _run(Snapshot(self.name, self.label))
        assert isinstance(kept, Kept)
        return kept

    def submit(
        self,
        change: Change,
        *,
        expect: Mapping[str, str | None] | None = None,
        position: tuple[int, int] | None = None,
    ) -> Unexpected | None:
        """Change the collection, if it is what is expected; return what it is if not.

        Raises :exc:`ValueError` for a change that does not fit it.
        """
        step = Submit(self.name, self.label, change, expect=expect or None, expect_position=position)
        outcome = _run(step)
        if isinstance(outcome, Refused):
            raise ValueError(f'{self.name}: {" ".join(outcome.errors[""])}')
        return outcome if isinstance(outcome, Unexpected) else None

    def waits(self) -> bool:
        """Whether a transaction has to commit before something is written."""
        return not self.is_immediate and transaction.get_connection(self.using).in_atomic_block

    def write(self, function: Callable[[], Any]) -> Any:
        """Call ``function`` as soon as nothing is to be waited for; return what it returns if that is now."""
        if not self.waits():
            return function()
        transaction.on_commit(function, using=self.using)
        return None

    def must_not_wait(self, what: str) -> None:
        """Refuse what has to be decided now, and written later: meanwhile it may have become another decision."""
        if self.waits():
            raise TransactionManagementError(
                f'{what} looks before it writes, and cannot wait until the transaction commits. Use it on '
                'collection.now, which waits for nothing, or in a function for transaction.on_commit.'
            )


@async_unsafe("A collection's methods block. Use those that begin with an a, such as aget(), or sync_to_async.")
def _run(step: Step) -> Any:
    return run([step])[0]


def pause(attempt: int) -> None:
    """Let others go ahead, so that not all who have met meet again."""
    time.sleep(random.uniform(0, min(0.001 * 2**attempt, 0.05)))  # noqa: S311 to be apart is all it is for
