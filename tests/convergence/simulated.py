"""The store as a model: in a few lines what the real one does in Redis."""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from djng.state.frame import parse_plain
from djng.state.merge import Change, Collection, dump, kind_of
from djng.state.steps import (
    Acknowledged,
    Applied,
    Counted,
    Gone,
    Kept,
    NotTaken,
    Outcome,
    Refused,
    Renew,
    Renewed,
    Snapshot,
    Step,
    Submit,
    Take,
)
from djng.test.frames import encode
from djng.test.layers import NOTHING, over


@dataclass
class State:
    """What Redis keeps of one channel."""

    epoch: int
    #: The epoch in which it began with nothing.
    since: int
    version: int = 0
    collection: Collection = field(default_factory=dict)
    #: How many messages of foreign writers were taken.
    taken: int = 0
    #: By its author, the number of the change applied last, and what it became.
    clients: dict[str, tuple[int, Acknowledged]] = field(default_factory=dict)
    #: Of which position the best seed was, which properties stem from seeds, and which were deleted.
    seed: tuple[int, int] = (-1, 0)
    seeded: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    #: How many items of an array are of seeds, in front; None where more was done to it than pushing.
    front: int | None = 0
    #: Items that were pushed by changes that were said before.
    again: list[str] = field(default_factory=list)
    #: What was found under the key and may yet be heard on the channel.
    aside: bytes | None = None
    #: Texts that were heard and are to be found under the key, or the other way round: each is taken once.
    heard: set[bytes] = field(default_factory=set)
    found: set[bytes] = field(default_factory=set)


class SimulatedStore:
    """Redis and the store in one; ``publish(channel, text)`` is called for what is published."""

    def __init__(self, publish: Callable[[str, str], object]) -> None:
        self.publish = publish
        self._states: dict[str, State] = {}
        self._saved: dict[str, State] = {}
        # What foreign writers have put under keys, and no script has seen yet.
        self._foreign: dict[str, str] = {}
        self._clock = itertools.count(1)

    def set(self, channel: str, text: str) -> None:
        """Write under a key as another program does."""
        self._foreign[channel] = text

    def get(self, channel: str) -> str | None:
        """Read a key as another program does."""
        state = self._states.get(channel)
        return dump(state.collection) if state else None

    def wait(self) -> None:
        """Let time pass, of which there is none here."""

    def lose_all(self) -> None:
        """Lose everything."""
        self._states, self._foreign = {}, {}

    def save(self) -> None:
        """Write everything to disk."""
        self._saved = copy.deepcopy(self._states)

    def restore(self) -> None:
        """Fall back to what was saved, as after a crash."""
        self._states, self._foreign = copy.deepcopy(self._saved), {}

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Do what :meth:`djng.state.store.Store.run` does."""
        return [self._one(step) for step in steps]

    def _one(self, step: Any) -> Outcome:
        state = self._states.get(step.channel)
        if state is None:
            if not getattr(step, 'create', False):
                return Gone()
            epoch = self.later_epoch(step.least_epoch)
            state = self._states[step.channel] = State(epoch, epoch)
        elif self.has_fallen_back(state, step):
            state.epoch = self.later_epoch(step.least_epoch)
        if text := self._foreign.pop(step.channel, '').encode():
            if text in state.heard:
                state.heard.remove(text)
            else:
                state.aside = text
        return getattr(self, f'_{type(step).__name__.lower()}')(state, step)

    def later_epoch(self, least: int) -> int:
        """Return the time, which comes after every epoch that there was."""
        return max(next(self._clock), least + 1)

    def has_fallen_back(self, state: State, step: Any) -> bool:
        """Whether Redis has lost something that somebody knows."""
        return (state.epoch, state.version) < (step.least_epoch, step.least_version)

    def _renew(self, state: State, step: Renew) -> Outcome:
        # The time that a text is waited for is over when the state is renewed.
        text, state.aside = state.aside, None
        if text is not None:
            state.found.add(text)
            change = parse_plain(text.decode())
            if change is not None and fits(state, change):
                self._apply(state, step, change)
        return Renewed(state.epoch, state.version, state.taken, False)

    def _snapshot(self, state: State, step: Snapshot) -> Outcome:
        kind = kind_of(state.collection) if state.version else None
        count, text = len(state.collection), dump(state.collection).encode()
        made = 0 if state.since == state.epoch else state.since
        return Kept(state.epoch, state.version, kind, count, state.taken, text, made)

    def _submit(self, state: State, step: Submit) -> Outcome:
        if step.seed:
            return self._seed(state, step)
        if (place := self.known(state, step)) is not None:
            return place._replace(e=state.epoch)
        if not fits(state, step.change):
            return Refused({'': ['the collection is of the other kind']})
        state.again += step.change.push if step.again else ()
        place = self._apply(state, step, step.change, o=step.author, s=step.s)
        if step.author is not None and step.s is not None:
            length = len(state.collection) if isinstance(state.collection, list) else None
            state.clients[step.author] = (step.s, Acknowledged(*place, length))
        return place

    def _seed(self, state: State, step: Submit) -> Outcome:
        at = step.seed if isinstance(step.seed, tuple) else (0, 0)
        is_known = at > (0, 0) and at[0] < state.since
        may_be_news = not state.version or (is_known and state.seed < at)
        is_in = not may_be_news or not state.version or self.takes(state, step)
        news = self.news(state, step) if may_be_news and is_in else None
        if news is not None:
            front, moves_front = state.front, isinstance(state.collection, list) or news.kind == 'array'
            self._apply(state, step, news, o=step.author)
            state.seeded.update(news.set if news.kind == 'object' else ())
            state.deleted.difference_update(news.delete)
            state.front = front if moves_front else state.front
        if is_known and is_in and state.version and state.seed > (-1, 0):
            for author, s in step.holds:
                if state.clients.get(author, (0, None))[0] < s:
                    state.clients[author] = (s, Acknowledged(state.epoch, state.version))
        return NotTaken(state.taken) if news is None else Applied(state.epoch, state.version)

    def takes(self, state: State, step: Submit) -> bool:
        """Whether what there is may be mixed with a seed."""
        kind = kind_of(state.collection)
        return (kind == step.change.kind or not state.collection) and (kind == 'object' or state.front is not None)

    def news(self, state: State, step: Submit) -> Change | None:
        """Return what of a seed is missing."""
        seed, best = step.change, state.seed
        state.seed = step.seed if isinstance(step.seed, tuple) else (0, 0)
        if not state.version:
            state.front = len(seed.push)
            return seed
        kept = state.collection
        if isinstance(kept, list) or seed.kind == 'array':
            rest = [*kept][state.front or 0 :]
            again = Counter(state.again)
            front: list[str] = []
            for text in reversed(seed.push):
                again[text] -= 1
                if again[text] < 0:
                    front.insert(0, text)
            state.front = len(front)
            texts = {str(index): text for index, text in enumerate([*front, *rest])}
            return None if [*texts.values()] == kept else Change('array', texts, length=len(texts))
        texts = {
            name: text
            for name, text in seed.set.items()
            if (name in state.seeded and kept[name] != text) or name not in {*kept} | state.deleted
        }
        # What only a page has had, and no collection, stays.
        gone = tuple(name for name in state.seeded if name not in seed.set) if best > (0, 0) else ()
        return Change('object', texts, gone) if texts or gone else None

    def known(self, state: State, step: Submit) -> Acknowledged | None:
        """Return what a change became that was applied before."""
        number, place = state.clients.get(step.author or '', (0, None))
        return place if step.s is not None and step.s <= number else None

    def _take(self, state: State, step: Take) -> Outcome:
        if step.t != state.taken:
            return NotTaken(state.taken)
        state.taken += 1
        about = {'t': state.taken, 'f': hashlib.sha1(step.text).hexdigest()}
        change = parse_plain(step.text.decode())
        was_found = step.text in state.found
        if was_found:
            state.found.remove(step.text)
        elif state.aside == step.text:
            state.aside = None
        else:
            state.heard.add(step.text)
        if was_found or change is None or not fits(state, change):
            # No version: a browser that has missed the last change must not take this for it.
            self._tell(state, step, NOTHING[kind_of(state.collection)], v=0, **about)
            return Counted(state.epoch, state.version)
        return self._apply(state, step, change, **about)

    def _apply(self, state: State, step: Any, change: Change, **about: Any) -> Applied:
        before = state.collection
        state.collection = over(before, change)
        state.version += 1
        if change.set or change.length is not None:
            state.front = None
        state.seeded.difference_update({*change.set, *change.delete})
        state.deleted.update(change.delete)
        if isinstance(state.collection, list):
            items = state.collection
            known = before if isinstance(before, list) else []
            new = {index for index, text in enumerate(items) if known[index : index + 1] != [text]}
            touched = sorted(new | {int(index) for index in change.set if int(index) < len(items)})
            change = Change('array', {str(index): items[index] for index in touched}, length=len(items))
        self._tell(state, step, change, **about)
        return Applied(state.epoch, state.version)

    def _tell(self, state: State, step: Any, change: Change, **about: Any) -> None:
        if isinstance(state.collection, list):
            about = {'n': len(state.collection), **about}
        about = {name: value for name, value in about.items() if value is not None}
        about = {'c': step.label, 'e': state.epoch, 'v': state.version, **about}
        self.publish(step.channel, encode(change, **about))


def fits(state: State, change: Change) -> bool:
    """Whether a change is of the collection's kind; an empty collection has none."""
    return not state.collection or kind_of(state.collection) == change.kind
