"""People with a browser on a real socket each, who type; and what became of all that."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from djng.state.frame import parse_frame
from djng.state.merge import Collection
from djng.test.browser import Browser
from djng.test.frames import parse
from djng.test.heard import Position
from tests.convergence.ledger import Ledger, Moment
from tests.convergence.log import Applied, Fault

#: Seconds between two edits of one person, and before a lost socket is replaced: the first is the least.
PACE = 0.06
BACKOFF = 0.05, 0.3

#: No pings, and no patience with a server that is away.
OPTIONS: dict[str, Any] = {'ping_interval': None, 'compression': None, 'open_timeout': 5, 'close_timeout': 0.1}

Edit = Callable[[Collection, int], None]


class Person(threading.Thread):
    """Somebody who makes ``edits`` edits on a facility, and stays until told to leave."""

    def __init__(self, url: str, ledger: Ledger, name: str, edit: Edit, edits: int) -> None:
        super().__init__(name=name, daemon=True)
        self.browser = Browser([] if 'list' in url else {})
        #: How many edits have been made.
        self.edits = 0
        #: By its number, where a change has been applied, as the server has answered.
        self.answers: dict[int, Position] = {}
        #: What was typed and went; it is to be judged when all is known.
        self.moments: list[Moment] = []
        self.sockets = 0
        self.error: BaseException | None = None
        self._url = f'{url}?subscribe-broadcast&publish-broadcast&djng={secrets.token_hex(16)}'
        self._ledger = ledger
        self._edit = edit
        self._goal = edits
        self._due = time.monotonic() + random.random() * PACE
        self._ends = threading.Event()

    def leave(self) -> None:
        """Let the thread end."""
        self._ends.set()

    def run(self) -> None:
        """Type, whether there is a socket or not."""
        try:
            while not self._ends.is_set():
                with suppress(OSError, WebSocketException):
                    with connect(
                        self._url, ping_interval=None, compression=None, open_timeout=5, close_timeout=0.1
                    ) as ws:
                        self.sockets += 1
                        self.browser.opened()
                        self._talk(ws)
                self.browser.lost()
                deadline = time.monotonic() + random.uniform(*BACKOFF)
                while time.monotonic() < deadline:
                    self._type()
                    time.sleep(0.01)
        except BaseException as error:
            self.error = error

    def _talk(self, ws: ClientConnection) -> None:
        while not self._ends.is_set():
            self._type()
            for text in self.browser.frames_to_send():
                self._ledger.said(self.browser.me, text)
                ws.send(text)
            wait = self._due - time.monotonic() if self.edits < self._goal else 0.05
            with suppress(TimeoutError):
                text = ws.recv(timeout=max(0.0, wait))
                if text != '--heartbeat--':
                    self._hear(str(text))

    def _type(self) -> None:
        # Whoever has never been connected does not know yet what he is called.
        if self.edits < self._goal and time.monotonic() >= self._due and self.browser.me:
            self._due += PACE
            before = self.browser.scope.copy()
            self._edit(self.browser.scope, self.edits)
            self._ledger.typed(self.browser.me, before, self.browser.scope)
            self.edits += 1
            self.browser.digest()

    def _hear(self, text: str) -> None:
        about = parse(text).about
        if about.get('o') == self.browser.me and 's' in about:
            self.answers[about['s']] = Position(about['e'], about['v'])
        elif 'ack' in about:
            self.answers[about['ack']] = Position(about['e'], about['v'])
        self.browser.receive(text)
        self._ledger.accounts[self.browser.me].published = self.browser.published
        self.moments += self._ledger.missing(self.browser)


def reconstruct(people: Sequence[Person], ledger: Ledger) -> None:
    """Fill the ledger's log by what the authors were answered; fail where a change is missing, or is there twice."""
    places: dict[Position, tuple[Person, int]] = {}
    for person in people:
        for number, place in person.answers.items():
            if place in places:
                raise Fault(f'two changes are {place}: {number} of {person.name}, and one of {places[place][0].name}')
            places[place] = person, number
    log = ledger.logs['broadcast']
    for version, place in enumerate(sorted(places), 1):
        if place != (min(places).epoch, version):
            raise Fault(f'{place} follows {log.end}: {unanswered(people, ledger)}')
        person, number = places[place]
        change = parse_frame(ledger.accounts[person.browser.me].sent[number]).change
        assert change is not None
        log.add(Applied(place, person.browser.me, number, change))


def unanswered(people: Sequence[Person], ledger: Ledger) -> str:
    """Return the changes of which their authors have never heard again."""
    sent = {person: ledger.accounts[person.browser.me].sent for person in people}
    lost = [f'{n} of {one.name}: {frames[n]}' for one, frames in sent.items() for n in frames if n not in one.answers]
    return f'no answer to {lost or "none"}'


def story(people: Sequence[Person], ledger: Ledger, kept: Collection) -> str:
    """Return what happened to each property that is not the same everywhere, as shortly as it can be said."""
    shown = {'Redis': kept, **{person.name: person.browser.scope for person in people}}
    names = {name for each in shown.values() for name in (each if isinstance(each, dict) else range(len(each)))}
    lines = []
    for name in sorted(names, key=str):
        values = {who: value_of(each, name) for who, each in shown.items()}
        if len({*values.values()}) > 1:
            lines += [f'{name!r} is {values}; its changes:', *changes_of(name, {*values.values()}, people, ledger)]
    return '\n'.join(lines)


def value_of(collection: Collection, name: str | int) -> str | None:
    """Return what a property has."""
    if isinstance(collection, dict):
        return collection.get(str(name))
    return collection[int(name)] if int(name) < len(collection) else None


def changes_of(name: str | int, texts: set[str | None], people: Sequence[Person], ledger: Ledger) -> list[str]:
    """Return the changes of a property, or those of an array that have one of ``texts`` in them, in their order."""
    found = []
    for person in people:
        for number, frame in ledger.accounts[person.browser.me].sent.items():
            change = parse_frame(frame).change
            assert change is not None
            texts_of = {change.set.get(str(name)), *change.push}
            if str(name) in change.set or str(name) in change.delete or texts_of & texts - {None}:
                place = person.answers.get(number)
                found.append((place or Position(0, 0), f'    {place} is {number} of {person.name}: {frame}'))
    return [line for _, line in sorted(found)]
