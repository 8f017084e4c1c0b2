"""One change that the project's code looks at: what it is laid over is read, it is examined, and made on just that."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from redis.exceptions import RedisError

from djng.cleaning import Errors, clean, errors_of
from djng.edit import Author, Edit
from djng.facilities import Facility
from djng.state.frame import parse_plain
from djng.state.merge import Change
from djng.state.steps import Applied, Failed, Kept, Outcome, Possible, Refused, Snapshot, Submit, Unexpected, trial_of
from djng.state.store import Store

#: How often a change is examined anew because others have changed the collection meanwhile.
ATTEMPTS = 20

#: A position that no collection ever has.
NOWHERE = (0, -1)


class Settled(NamedTuple):
    """What came of a change: refused as a whole, or an outcome for each channel."""

    #: Why it is refused, by property.
    refusal: Errors | None
    outcomes: Sequence[Outcome] = ()
    #: What is wrong with it though it was made.
    errors: Errors = {}
    edits: Sequence[Edit] = ()

    @classmethod
    def refused(cls, errors: Errors) -> Settled:
        """Return what came of a change that is refused."""
        return cls(errors)

    @property
    def is_applied(self) -> bool:
        """Whether anything was changed."""
        return any(isinstance(outcome, Applied) for outcome in self.outcomes)


class Examination:
    """A change of ``author`` to ``facility``, as the ``steps`` that would make it, one for each channel."""

    def __init__(self, store: Store, facility: Facility, author: Author, steps: Sequence[Submit]) -> None:
        self.facility = facility
        self._store = store
        self._author = author
        self._steps = steps

    def settle(self, may_go_on: Callable[[], bool], reopen: Callable[[], bool]) -> Settled | None:
        """Examine the change and make it, on what it was examined with; None where it was given up.

        ``may_go_on()`` is asked right before it is made; ``reopen()`` where this was in vain, before it is examined
        anew. Blocks; raises redis-py's exceptions.
        """
        outcomes: dict[int, Outcome] = {}
        edits: dict[int, Edit] = {}
        remarks: Errors = {}
        for _ in range(ATTEMPTS):
            left = [number for number in range(len(self._steps)) if number not in outcomes]
            positions, changes = {}, {}
            for number, (known, kept) in zip(left, self._look(left), strict=True):
                if not isinstance(known, Unexpected):
                    # It was made before, or comes too late.
                    outcomes[number] = known
                    continue
                edits[number], errors, is_refused = self._examine(self._steps[number], kept)
                if is_refused:
                    return Settled.refused(errors)
                remarks |= errors
                positions[number], changes[number] = (kept.e, kept.v), edits[number].change()
            if not may_go_on():
                return None
            for number, outcome in self._make(positions, changes).items():
                if isinstance(outcome, Refused):
                    return Settled.refused(outcome.errors)
                if not isinstance(outcome, Unexpected):
                    outcomes[number] = outcome
            if len(outcomes) == len(self._steps):
                made = [edits[n] for n, outcome in outcomes.items() if isinstance(outcome, Applied)]
                return Settled(None, [outcomes[n] for n in range(len(self._steps))], remarks, made)
            if not reopen():
                break
        return Settled.refused({'': ['Others change this all the time; try again.']})

    def follow_up(self, settled: Settled) -> None:
        """Have done what is to be done after the change."""
        for edit in settled.edits:
            self.facility.after_change(self._author, edit)

    def _look(self, numbers: Sequence[int]) -> list[tuple[Outcome, Kept]]:
        """Return for each step whether it is made already (or it is Unexpected), and what is kept."""
        steps: list[Any] = []
        for number in numbers:
            step = self._steps[number]
            steps.append(step._replace(expect_position=NOWHERE))
            least = step.least_epoch, step.least_version
            steps.append(Snapshot(step.channel, step.label, None, b'', False, *least))
        outcomes = self._run(steps)
        return list(zip(outcomes[::2], outcomes[1::2], strict=True))

    def _make(self, positions: dict[int, tuple[int, int]], changes: dict[int, Change]) -> dict[int, Outcome]:
        steps = [
            self._steps[number]._replace(change=change, expect_position=positions[number])
            for number, change in changes.items()
        ]
        if len(steps) > 1 and not any(step.seed for step in steps):
            # One that would be refused by one channel is made on none.
            trials = self._run([trial_of(step) for step in steps])
            if any(isinstance(outcome, (Refused, Unexpected)) for outcome in trials):
                return {
                    number: outcome
                    for number, outcome in zip(changes, trials, strict=True)
                    if not isinstance(outcome, Possible)
                }
        return dict(zip(changes, self._run(steps), strict=True))

    def _run(self, steps: Sequence[Any]) -> list[Any]:
        outcomes = self._store.run(steps)
        for outcome in outcomes:
            if isinstance(outcome, Failed):
                raise outcome.error if isinstance(outcome.error, RedisError) else RedisError(str(outcome.error))
        return outcomes

    def _examine(self, step: Submit, kept: Kept) -> tuple[Edit, Errors, bool]:
        """Return the change as it is to be made, what is wrong with it, and whether it is refused for that."""
        before = _decoded(kept)
        edit, errors = Edit(step.change, before), {}
        if bool(before) and (edit.kind == 'array') != isinstance(before, list):
            return edit, {'': [f'The collection is an {"array" if isinstance(before, list) else "object"}.']}, True
        if not before:
            edit.before = [] if edit.kind == 'array' else {}
        facility = self.facility
        try:
            if facility.form_class is not None:
                errors = _clean(facility, edit, is_seed=bool(step.seed))
                if errors and not facility.draft:
                    return edit, errors, True
            facility.before_change(self._author, edit)
        except ValidationError as error:
            return edit, errors_of(error), True
        except (PermissionDenied, Http404) as error:
            return edit, {'': [str(error) or 'You may not change this.']}, True
        return edit, errors, False


def _clean(facility: Facility, edit: Edit, *, is_seed: bool) -> Errors:
    """Have the form look at ``edit``; what a page begins with is taken as far as it is right."""
    make_form = partial(_make_form, facility)
    try:
        errors = clean(make_form, edit)
    except ValidationError as error:
        if not is_seed or edit.kind == 'array':
            raise
        errors = errors_of(error)
        for name in errors:
            edit.set.pop(name, None)
        errors = clean(make_form, edit)
    if errors and is_seed and not facility.draft:
        for name in errors:
            edit.set.pop(name, None)
        errors = clean(make_form, edit)
    return errors


def _make_form(facility: Facility, data: dict[str, Any]) -> Any:
    return facility.get_form(data)


def _decoded(kept: Kept) -> Any:
    if kept.text is None or (not kept.e and parse_plain(kept.text.decode(errors='replace')) is None):
        return {}
    return json.loads(kept.text)
