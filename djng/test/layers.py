"""What a scope shows: the server's word, the change in flight over it, and over that what was edited since; pure.

A collection is ``dict[str, str]`` or ``list[str]``: JSON texts by name, or in their order. Items that were added at the
end of an array *float*: until the server has given them an index they are shown behind all that it has confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from djng.state.merge import Change, Collection, apply, compose, kind_of

NOTHING: dict[str, Change] = {'object': Change('object', {}), 'array': Change('array', {})}


def whole(collection: Collection) -> Change:
    """Return the change that makes ``collection`` of an empty one."""
    if isinstance(collection, list):
        return NOTHING['array']._replace(push=tuple(collection))
    return NOTHING['object']._replace(set=dict(collection))


def over(collection: Collection, change: Change | None) -> Collection:
    """Return ``collection`` with ``change`` laid over it; one of the other kind counts as empty."""
    if change is None:
        return collection
    if kind_of(collection) != change.kind:
        collection = [] if change.kind == 'array' else {}
    return apply(collection, change)


def layered(collections: Sequence[Collection]) -> tuple[Collection, int]:
    """Lay collections over each other, the widest audience first; return also the number of the narrowest with any.

    Arrays are not mixed: the narrowest that has items is shown.
    """
    index = max((index for index, collection in enumerate(collections) if collection), default=len(collections) - 1)
    if isinstance(collections[index], list):
        return collections[index], index
    laid = {}
    for collection in collections:
        laid.update(collection if isinstance(collection, dict) else {})
    return laid, index


def last_place(items: tuple[str, ...], collection: Collection) -> int | None:
    """Return the last index from which on ``items`` are in ``collection``, None without one."""
    if isinstance(collection, list):
        for start in range(len(collection) - len(items), -1, -1):
            if tuple(collection[start : start + len(items)]) == items:
                return start
    return None


def differing(before: Collection, after: Collection) -> set[str]:
    """Return the names of properties, or the indexes, that are not the same in both."""
    one, other = by_name(before), by_name(after)
    return {name for name in {**one, **other} if one.get(name) != other.get(name)}


def by_name(collection: Collection) -> dict[str, str]:
    """Return the texts of an object, or of an array by their indexes."""
    return {str(index): text for index, text in enumerate(collection)} if isinstance(collection, list) else collection


class View(NamedTuple):
    """What is shown, and of an array how many items have their index, and how many behind these are in flight."""

    shown: Collection
    still: int
    floating: int


class Edits:
    """What was edited and not sent yet, composed per property.

    While a change is in flight some edits may concern the items that it adds. Such an edit goes by the item's number
    among them, not by its index, which is not known before the server has given it.
    """

    def __init__(self) -> None:
        self.change: Change | None = None
        #: New texts of items that the change in flight adds, by their number among them.
        self.afloat: dict[int, str] = {}
        #: How many of the items that the change in flight adds are still wanted; None for all.
        self.kept: int | None = None

    @property
    def count(self) -> int:
        """How many properties wait."""
        change = self.change or NOTHING['object']
        own = len(change.set) + len(change.delete) + len(change.push) + (change.length is not None)
        return own + len(self.afloat) + (self.kept is not None)

    def view(self, confirmed: Collection, in_flight: Change | None) -> View:
        """Lay the change in flight over ``confirmed``, and the edits over both."""
        change = self.change
        still = over(confirmed, in_flight and in_flight._replace(push=()))
        if kind_of(still) != (change or in_flight or NOTHING[kind_of(still)]).kind:
            still = over(still, NOTHING['array' if isinstance(still, dict) else 'object'])
        still = over(still, change and change._replace(push=()))
        if isinstance(still, dict):
            return View(still, 0, 0)
        floating: list[str] = []
        if in_flight and (change is None or change.length is None):
            floating = [self.afloat.get(number, text) for number, text in enumerate(in_flight.push[: self.kept])]
        return View([*still, *floating, *(change.push if change else ())], len(still), len(floating))

    def edit(self, now: Collection, before: View) -> None:
        """Take in that the scope, which showed ``before``, is ``now``."""
        if isinstance(now, list) and isinstance(before.shown, list):
            self._edit_items(now, before.shown, before.still, before.floating)
        elif isinstance(now, dict) and isinstance(before.shown, dict):
            changed = {name: text for name, text in now.items() if before.shown.get(name) != text}
            gone = tuple(name for name in before.shown if name not in now)
            if changed or gone:
                change = Change('object', changed, gone)
                self.change = change if self.change is None else compose(self.change, change)
        else:
            self._let_go()
            self.change = whole(now)

    def _edit_items(self, now: list[str], before: list[str], still: int, floating: int) -> None:
        change = self.change or NOTHING['array']
        sets, length = dict(change.set), change.length
        for index, (text, shown) in enumerate(zip(now, before[: still + floating], strict=False)):
            if text != shown and index < still:
                sets[str(index)] = text
            elif text != shown:
                self.afloat[index - still] = text
        if len(now) < still:
            self._let_go()
            length = len(now)
            sets = {index: text for index, text in sets.items() if int(index) < length}
        elif len(now) < still + floating:
            self.kept = len(now) - still
            self.afloat = {number: text for number, text in self.afloat.items() if number < self.kept}
        change = Change('array', sets, (), length, tuple(now[still + floating :]))
        self.change = None if change == NOTHING['array'] else change

    def sent(self) -> Change | None:
        """Return what is to be sent, and wait with nothing any more."""
        change, self.change = self.change, None
        return change

    def landed(self, start: int | None) -> None:
        """Turn what concerns the items that were in flight into edits of the indexes from ``start`` on.

        Where they are not found (None) what was typed into them is kept as items of its own.
        """
        if start is None:
            self.refused()
        elif self.afloat or self.kept is not None:
            change = self.change or NOTHING['array']
            sets = {str(start + number): text for number, text in self.afloat.items()}
            # Where somebody has cut the array meanwhile, an item may land on an index that was edited as another's.
            length = None if self.kept is None else max(start + self.kept, *(int(index) + 1 for index in change.set), 0)
            spared = tuple(text for index, text in sets.items() if index in change.set)
            self.change = change._replace(set={**sets, **change.set}, length=length, push=spared + change.push)
        self._let_go()

    def refused(self) -> None:
        """Turn edits of items that will never have an index into items of their own."""
        if self.afloat:
            change = self.change or NOTHING['array']
            added = tuple(text for _, text in sorted(self.afloat.items()))
            self.change = change._replace(push=added + change.push)
        self._let_go()

    def _let_go(self) -> None:
        self.afloat, self.kept = {}, None
