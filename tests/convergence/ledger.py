"""An account of every edit: in the state, replaced by a later change of the same property, deleted, or refused.

Every text that somebody types is another one, so that it can be told where it went.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import NamedTuple

from djng.state.merge import Change, Collection
from djng.test.browser import Browser
from djng.test.frames import elements, members
from djng.test.heard import Position
from djng.test.layers import layered, over
from tests.convergence.log import Fault, Log


class Account:
    """What one browser's user has typed, and what the browser has said."""

    def __init__(self) -> None:
        #: By property, or in an array by itself, what was typed last (None: deleted) and must show.
        self.typed: dict[str, str | None] = {}
        #: By its number, the frame of a change.
        self.sent: dict[int, str] = {}
        self.refused: set[int] = set()
        #: The labels of the channels that it may write to.
        self.published: list[str] = []


class Moment(NamedTuple):
    """Something typed shows no more: what it was, in which change it was sent, and what the page knew and showed."""

    author: str
    key: str
    text: str | None
    number: int
    known: dict[str, Position | None]
    overlay: list[Change]
    scope: Collection


class Ledger:
    """The accounts of all authors, by their public names, and the logs of the channels, by their labels."""

    def __init__(self, labels: list[str]) -> None:
        self.logs = {label: Log() for label in labels}
        self.accounts: dict[str, Account] = defaultdict(Account)
        # Items that somebody has moved from one index to another.
        self._moved: set[str] = set()

    def typed(self, author: str, before: Collection, now: Collection) -> None:
        """Take what somebody has made of what his page showed."""
        typed = self.accounts[author].typed
        if isinstance(now, dict):
            old = before if isinstance(before, dict) else {}
            typed.update({name: now.get(name) for name in {*old, *now} if old.get(name) != now.get(name)})
            return
        for text in {*before} - {*now}:
            typed.pop(text, None)
        typed.update({text: text for text in {*now} - {*before}})
        places = {text: index for index, text in enumerate(before)}
        self._moved.update(text for index, text in enumerate(now) if places.get(text, index) != index)

    def said(self, author: str, text: str) -> None:
        """Take a frame that a browser sends."""
        about = json.loads(members(text)['$$djng'])
        text = text.replace(',"again":1', '')
        if 's' in about and self.accounts[author].sent.setdefault(about['s'], text) != text:
            raise Fault(f'change {about["s"]} of {author} was sent again with other words')

    def refused(self, author: str, number: int) -> None:
        """Take a refusal that has reached its browser."""
        account = self.accounts[author]
        account.refused.add(number)
        for key, text in list(account.typed.items()):
            if carries(account.sent[number], key, text):
                del account.typed[key]

    def watch(self, browser: Browser) -> None:
        """See that nobody's typing is rolled back: it shows until something that the page knows has replaced it."""
        for moment in self.missing(browser):
            self.judge(moment)

    def missing(self, browser: Browser) -> list[Moment]:
        """Return what was typed and shows no more; each is told once."""
        account, moments = self.accounts[browser.me], []
        for key, text in list(account.typed.items()):
            if not shows(browser.scope, key, text):
                numbers = [number for number, frame in account.sent.items() if carries(frame, key, text)]
                known = {label: browser.position(label) for label in browser.subscribed}
                number = max(numbers, default=0)
                moments.append(Moment(browser.me, key, text, number, known, browser.overlay, browser.scope.copy()))
                del account.typed[key]
        return moments

    def judge(self, moment: Moment) -> None:
        """Fail where nothing that the page knew has replaced what went."""
        for label in self.accounts[moment.author].published:
            places = [one.position for one in self.logs[label].of(moment.author, moment.number)]
            known = moment.known.get(label)
            if not places:
                raise Fault(f'what was not applied went: {moment}')
            if label in moment.known and (known is None or min(places) > known):
                raise Fault(f'what was applied at {min(places)} went: {moment}')
        if not moment.known or not all(self.logs[label].knows(place) for label, place in moment.known.items()):
            return
        state = layered([self.logs[label].at(place) for label, place in moment.known.items() if place])[0]
        for change in moment.overlay:
            state = over(state, change._replace(push=()))
        if shows(state, moment.key, moment.text):
            raise Fault(f'what nobody has replaced went: {moment}')

    def find_all(self, collection: Collection) -> None:
        """See that everything that was ever appended and not refused is in ``collection`` once."""
        there = Counter(collection)
        for name, account in self.accounts.items():
            for number, frame in account.sent.items():
                values, _, pushed = taken_apart(frame)
                pushed = [] if number in account.refused else [*pushed, *values.values()]
                for text in pushed:
                    if there[text] != 1:
                        fate = self.logs[account.published[0]].fate(text)
                        raise Fault(f'{text} of change {number} of {name} is there {there[text]} times: {fate}')

    def close(self) -> None:
        """See that all that was typed was sent, each change was applied or refused, and nothing was appended twice."""
        pushed: Counter[tuple[str, str]] = Counter()
        for name, account in self.accounts.items():
            for number, frame in account.sent.items():
                if number not in account.refused and not all(
                    self.logs[label].of(name, number) for label in account.published
                ):
                    raise Fault(f'change {number} of {name} was neither applied nor refused: {frame}')
                pushed.update((name, text) for text in taken_apart(frame)[2] if text not in self._moved)
            for key, text in account.typed.items():
                if not any(carries(frame, key, text) for frame in account.sent.values()):
                    raise Fault(f'{name} never sent {key} = {text}')
        if doubled := [item for item, times in pushed.items() if times > 1]:
            raise Fault(f'appended twice: {doubled}')


def shows(collection: Collection, key: str, text: str | None) -> bool:
    """Whether a property has the value that was typed; in an array an item is known by its text."""
    return collection.get(key) == text if isinstance(collection, dict) else text in collection


def taken_apart(frame: str) -> tuple[dict[str, str], list[str], list[str]]:
    """Return what a change sets, deletes and appends."""
    values = members(frame)
    about = members(values.pop('$$djng'))
    return values, json.loads(about.get('del', '[]')), elements(about.get('push', '[]'))


def carries(frame: str, key: str, text: str | None) -> bool:
    """Whether a change has in it what was typed."""
    values, deleted, pushed = taken_apart(frame)
    if text is None:
        return key in deleted
    return values.get(key) == text or text in pushed or (key == text and text in values.values())
