"""Rules, each broken in one place, to show that the model notices."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from djng.state.merge import Change, Collection
from djng.test.browser import Browser
from djng.test.heard import Heard
from djng.test.layers import Edits, View, over
from tests.convergence.simulated import SimulatedStore


class Sinking(Edits):
    """Gives items that were appended an index at once."""

    _length = 0

    def view(self, confirmed: Collection, in_flight: Change | None) -> View:
        view = super().view(confirmed, in_flight)
        self._length = view.still + view.floating
        return view

    def sent(self) -> Change | None:
        change = super().sent()
        if change is None or not change.push:
            return change
        items = {str(index): text for index, text in enumerate(change.push, self._length)}
        return Change('array', {**change.set, **items})


class Overlooking(Heard):
    """Drops what comes before a snapshot."""

    def take_change(self, frame: Any) -> bool:
        return not self.awaits and super().take_change(frame)


class Trusting(Heard):
    """Takes every change for the next one."""

    def take_change(self, frame: Any) -> bool:
        if self.position is not None and not self.awaits:
            self.position = self.position._replace(version=frame.about['v'] - 1)
        return super().take_change(frame)


def acknowledge_at_once(browser: Browser, about: dict[str, Any]) -> None:
    """Let an acknowledged change be the server's word at once."""
    flight, heard = browser._in_flight, browser._heard.get(about['c'])
    if flight and flight.number == about['ack'] and heard is not None:
        heard.collection = over(heard.collection or {}, flight.change)
        browser._in_flight = None


def let_go_at_once(browser: Browser, about: dict[str, Any]) -> None:
    """Let go of an acknowledged change before the server's word has it."""
    if browser._in_flight and browser._in_flight.number == about['ack']:
        browser._in_flight = None


def forget_in_flight(browser: Browser) -> None:
    """Take for said what was said on a socket that is lost."""
    opened(browser)
    browser._in_flight = None


def replace(edits: Edits, confirmed: Collection, in_flight: Change | None) -> View:
    """Show the server's word as soon as nothing waits to be sent."""
    return view(edits, confirmed, in_flight if edits.change else None)


def at_first_only(store: SimulatedStore, state: Any, step: Any) -> Change | None:
    """Take a seed as long as nobody has said anything."""
    return None if state.version else news(store, state, step)


def resurrect(store: SimulatedStore, state: Any, step: Any) -> Change | None:
    """Take what was deleted for what is missing."""
    state.deleted = set()
    return news(store, state, step)


def hold_nothing(store: SimulatedStore, state: Any, step: Any) -> Any:
    """Do not know which changes a seed holds."""
    return seed(store, state, step._replace(holds=()))


def hear_no_again(store: SimulatedStore, state: Any, step: Any) -> Any:
    """Take what is said again for said once."""
    return submit(store, state, step._replace(again=False))


news, seed, submit = SimulatedStore.news, SimulatedStore._seed, SimulatedStore._submit
opened, view = Browser.opened, Edits.view
_draw = random.Random(0)

#: By what is broken, what breaks it.
BREAKS: dict[str, Callable[[], Any]] = {
    'epochs are not ordered': lambda: patch.object(SimulatedStore, 'later_epoch', lambda *_: _draw.getrandbits(40)),
    'an older state goes on in its epoch': lambda: patch.object(SimulatedStore, 'has_fallen_back', lambda *_: False),
    'a change sent again is applied again': lambda: patch.object(SimulatedStore, 'known', lambda *_: None),
    'what is lost comes back before all else': lambda: patch.object(SimulatedStore, 'news', at_first_only),
    'what was deleted comes back': lambda: patch.object(SimulatedStore, 'news', resurrect),
    'what is given back may be applied again': lambda: patch.object(SimulatedStore, '_seed', hold_nothing),
    'what was said again is given back, too': lambda: patch.object(SimulatedStore, '_submit', hear_no_again),
    'an acknowledged change is laid over confirmed': lambda: patch.object(
        Browser, '_acknowledged', acknowledge_at_once
    ),
    'an acknowledged change goes at once': lambda: patch.object(Browser, '_acknowledged', let_go_at_once),
    'frames before a snapshot are dropped': lambda: patch('djng.test.browser.Heard', Overlooking),
    'a gap is not noticed': lambda: patch('djng.test.browser.Heard', Trusting),
    'what was in flight is not sent again': lambda: patch.object(Browser, 'opened', forget_in_flight),
    'the change in flight is not shown': lambda: patch.object(Edits, 'view', replace),
    'edits are not taken before a frame': lambda: patch.object(Browser, 'digest', lambda browser: None),
    'appended items do not float': lambda: patch('djng.test.browser.Edits', Sinking),
}
