"""A collection that browsers are bound to, as Django code sees it: what every kind of it can do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from asgiref.sync import sync_to_async

from djng.collection.channel import ATTEMPTS, Channel, Conflict, pause
from djng.collection.editing import EditedDict, EditedList
from djng.collection.values import texts_of, value_of
from djng.state import merge
from djng.state.steps import Kept

Edited = TypeVar('Edited', EditedDict, EditedList)
Result = TypeVar('Result')
Same = TypeVar('Same', bound='Live[Any]')


class Snapshot(NamedTuple):
    """A collection at one moment. Epoch and version together grow with each change; both are 0 where there is none."""

    #: When the collection was made, in milliseconds by Redis' clock.
    epoch: int
    #: How many changes it has seen since.
    version: int
    #: A dict or a list, which is nobody else's.
    value: Any


class Live(Generic[Edited]):
    """What a collection of either kind can do. Each method reads Redis anew, blocks, and raises redis-py's exceptions.

    Within a database transaction what is written waits until that commits, and is dropped with it; what is read is
    always what browsers see now. The methods that begin with an ``a`` are for async code.
    """

    _kind: ClassVar[type]
    _edited: ClassVar[Callable[..., Any]]

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def facility(self) -> str:
        """What browsers are bound to."""
        return self._channel.facility

    @property
    def audience(self) -> str:
        """Which of them are meant: ``broadcast``, ``user``, ``session``, or ``group:`` and the group's name."""
        return self._channel.label

    @property
    def channel(self) -> str:
        """The channel's name, which is the key in Redis."""
        return self._channel.name

    @property
    def now(self: Same) -> Same:
        """The same collection, but what is written to it does not wait for a transaction to commit."""
        return type(self)(self._channel._replace(is_immediate=True))

    def snapshot(self) -> Snapshot:
        """Return the collection as it is at one moment: epoch, version, and a plain dict or list.

        Raises :exc:`ValueError` where it is an array and was asked for as a dict, or the other way round.
        """
        kept = self._channel.read()
        value = value_of(kept) or self._kind()
        self._must_fit(value)
        return Snapshot(kept.e, kept.v, value)

    @property
    def version(self) -> int:
        """How many changes it has seen in its epoch; 0 where there is none."""
        return self._channel.read().v

    @contextmanager
    def edit(self) -> Iterator[Edited]:
        """Edit a copy within a block; at its end all changes are written as one, or none of them.

        They are written only if all that the block has read is still so; what it has not read may have changed, and
        stays as others have made it. Raises :exc:`~djng.collection.Conflict` otherwise, and writes nothing where the
        block raises. Within a database transaction it raises Django's ``TransactionManagementError``; there it is for
        :attr:`now`.
        """
        self._channel.must_not_wait('edit()')
        kept, texts = self._read()
        state: Edited = self._edited(texts)
        yield state
        change = state.change()
        for attempt in range(ATTEMPTS if change else 0):
            position = (kept.e, kept.v) if state.expects_position else None
            assert change is not None
            if not self._channel.submit(change, expect=state.expected(), position=position):
                return
            pause(attempt)
            kept, texts = self._read()
            if not state.is_same(texts):
                break
        if change:
            raise Conflict(f'{self.channel} has changed while it was edited. Edit it again, or use transact().')

    def transact(self, function: Callable[[Edited], Result], attempts: int = 10) -> Result:
        """Call ``function`` with a copy to edit, as :meth:`edit` gives, again if others were first; return its result.

        Raises :exc:`~djng.collection.Conflict` after so many attempts, and what ``function`` raises at once.
        """
        for attempt in range(1, attempts):
            try:
                return self._edit_by(function)
            except Conflict:
                pause(attempt)
        return self._edit_by(function)

    def _edit_by(self, function: Callable[[Edited], Result]) -> Result:
        with self.edit() as state:
            result = function(state)
        return result

    def _read(self) -> tuple[Kept, merge.Collection]:
        kept = self._channel.read()
        texts = texts_of(kept) or self._kind()
        self._must_fit(texts)
        return kept, texts

    def _must_fit(self, value: object) -> None:
        if type(value) is not self._kind:
            kind = type(value).__name__
            raise ValueError(f'{self.channel} is a {kind} now: say Collection(…, kind={kind})')

    async def asnapshot(self) -> Snapshot:
        """Do what :meth:`snapshot` does."""
        return await sync_to_async(self.snapshot)()

    async def atransact(self, function: Callable[[Edited], Result], attempts: int = 10) -> Result:
        """Do what :meth:`transact` does; ``function`` is no coroutine, and runs in Django's thread."""
        return await sync_to_async(self.transact)(function, attempts)

    @asynccontextmanager
    async def aedit(self) -> AsyncIterator[Edited]:
        """Do what :meth:`edit` does, for ``async with``."""
        block = self.edit()
        state = await sync_to_async(block.__enter__)()
        try:
            yield state
        except BaseException as error:
            await sync_to_async(block.__exit__)(type(error), error, error.__traceback__)
            raise
        await sync_to_async(block.__exit__)(None, None, None)

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self.channel}>'
