"""What a facility lets one socket see and say: which properties, and how often. How much, the script in Redis knows."""

from __future__ import annotations

from djng.cleaning import Errors
from djng.edit import Author
from djng.facilities import Facility
from djng.state.glimpse import errors_for
from djng.state.merge import Change


class Licence:
    """What holds for one socket of ``author`` to ``facility``.

    ``writable`` and ``readable`` are names of properties, None for all. Where not all is readable, what is not is
    writable only if it is said to be: nobody overwrites unknowingly what others see.
    """

    __slots__ = ('_next', 'author', 'facility', 'readable', 'writable')

    def __init__(
        self,
        facility: Facility,
        author: Author,
        writable: frozenset[str] | None,
        readable: frozenset[str] | None = None,
    ) -> None:
        self.facility = facility
        self.author = author
        self.readable = readable
        self.writable = readable if writable is None else writable
        # When the next change would be due if all came at an even pace.
        self._next = 0.0

    @property
    def is_for_bound_only(self) -> bool:
        """Whether a plain socket, which says a whole at a time and hears of no refusal, may not publish."""
        return self.writable is not None or self.facility.examines()

    def objections(self, change: Change) -> dict[str, list[str]]:
        """Return why ``change`` is refused, by property; ``''`` is the change as a whole."""
        if self.writable is None:
            return {}
        if change.kind == 'array':
            return {'': ['You may set properties, and an array has none.']}
        names = [*change.set, *change.delete]
        return {name: ['You may not change this.'] for name in names if name not in self.writable}

    def permitted(self, seed: Change) -> Change | None:
        """Return what of ``seed`` may be written; None for nothing.

        What a page knows that sees a part only is no collection, and would stand in the way of one that is whole.
        """
        if self.readable is not None:
            return None
        if self.writable is None:
            return seed
        texts = {name: text for name, text in seed.set.items() if name in self.writable}
        return seed._replace(set=texts) if seed.kind == 'object' and texts else None

    def visible(self, errors: Errors, change: Change) -> Errors:
        """Return what the author of ``change`` may be told of what is wrong with it."""
        if self.readable is None:
            return errors
        return errors_for(errors, self.readable, (*change.set, *change.delete))

    def wait(self, now: float) -> float:
        """Count a message, and return for how many seconds no other is to be taken; ``now`` is in seconds, too.

        A second's worth may come at once (the generic cell rate algorithm, ITU-T I.371).
        """
        rate = self.facility.rate
        if rate is None:
            return 0.0
        self._next = max(self._next, now) + 1 / rate
        return max(0.0, self._next - now - max(1.0, 1 / rate))
