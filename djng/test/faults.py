"""What was refused and is not mended, as a page tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Fault(NamedTuple):
    """One change: the properties that it touched, and those that errors are about; ``''`` is the change as a whole."""

    names: frozenset[str]
    guilty: frozenset[str]

    def after(self, changed: frozenset[str]) -> Fault:
        """Return what is left of it when these properties have changed.

        An error about a property that was not touched is the fault of those that were.
        """
        is_mended = bool(self.names & changed)
        left = {name for name in self.guilty - changed if name in self.names or not is_mended}
        return Fault(self.names - changed, frozenset(left))


class Faults:
    """``errors`` are reasons by property."""

    def __init__(self) -> None:
        self.errors: dict[str, list[str]] = {}
        self._faults: list[Fault] = []

    def blame(self, names: Iterable[str], errors: Mapping[str, list[str]]) -> None:
        """Hear that a change of ``names`` was refused, or is kept though something is wrong with it."""
        self.errors.update(errors)
        self._faults.append(Fault(frozenset(names), frozenset(errors)))

    def pardon(self, names: Iterable[str]) -> None:
        """Hear that these properties are others now: what was wrong about them is past."""
        left = [fault.after(frozenset(names)) for fault in self._faults]
        self._faults = [fault for fault in left if fault.guilty]
        blamed = {name for fault in self._faults for name in fault.guilty}
        self.errors = {name: reasons for name, reasons in self.errors.items() if name in blamed}
