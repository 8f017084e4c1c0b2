"""The browser's rule: one binding, without a socket, a page or a clock.

What a browser does with the frames that it hears and with what is edited on its page, so that all browsers come to show
the same. Something else carries the frames:

    browser = Browser()
    browser.opened()                        # a socket to …/ws/foobar?subscribe-broadcast&publish-broadcast&djng=…
    browser.receive(text)                   # each frame that came
    browser.scope['home'] = '3'             # JSON texts by name
    browser.digest()
    for text in browser.frames_to_send():   # after each of the above
        …
    browser.lost()                          # the socket; another one may be opened
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from djng.state.merge import Change, Collection, dump
from djng.test.faults import Faults
from djng.test.frames import Frame, encode, parse
from djng.test.heard import Heard, Position, position
from djng.test.layers import Edits, View, differing, last_place, layered, over, whole

#: The order in which channels are laid over each other: the narrower audience wins.
AUDIENCES = ('broadcast', 'group', 'user', 'session')


@dataclass
class InFlight:
    """The one change that was sent and is not done."""

    number: int
    change: Change
    #: By channel, where in its life the change has its place.
    answered: dict[str, Position] = field(default_factory=dict)
    #: By channel, the index of the first item that it has added.
    start: dict[str, int] = field(default_factory=dict)
    #: Whether it may have been said before.
    was_told: bool = False
    #: Whether the array that is shown has the added items where they belong.
    is_landed: bool = False

    def forget(self, label: str) -> None:
        """Take a channel's answer for nothing."""
        self.answered.pop(label, None)
        self.start.pop(label, None)
        self.is_landed = False


class Browser:
    """One binding; its ``scope`` is what the page shows, and is changed there, in place or altogether, before a digest.

    A scope that holds something from the beginning is offered to channels that are empty.
    """

    def __init__(self, scope: Collection | None = None) -> None:
        self.scope: Collection = {} if scope is None else scope
        #: Why the server has refused changes.
        self.faults = Faults()
        #: The name by which others hear of this binding.
        self.me = ''
        #: Labels of the channels that the socket hears, and of those that it may write to.
        self.subscribed: list[str] = []
        self.published: list[str] = []
        #: What the page alone knows.
        self.own = self.scope.copy()
        self._heard: dict[str, Heard] = {}
        self._edits = Edits()
        self._in_flight: InFlight | None = None
        self._number = 0
        self._is_told = True
        self._is_greeted = False
        self._frames: list[str] = []
        self._view = View(self.scope, 0, 0)
        self._show()

    # The page.

    def digest(self) -> None:
        """Take in what was edited on the scope."""
        if self.scope != self._view.shown:
            self.faults.pardon({'', *differing(self._view.shown, self.scope)})
            self._edits.edit(self.scope, self._view)
            if isinstance(self.own, dict) and isinstance(self.scope, dict):
                self.own = {name: text for name, text in self.own.items() if self.scope.get(name) == text}
            self._show()
            self._send()

    @property
    def value(self) -> Any:
        """The scope, decoded."""
        return json.loads(dump(self.scope))

    @property
    def pending(self) -> int:
        """How many properties wait to be sent."""
        return self._edits.count

    @property
    def is_quiet(self) -> bool:
        """Whether the server has all that was edited here."""
        return self._in_flight is None and not self.pending

    @property
    def is_ready(self) -> bool:
        """Whether it is known what every channel has."""
        return self._is_greeted and not any(heard.awaits for heard in self._heard.values())

    @property
    def waiting(self) -> int:
        """How many properties, or items, the server has not confirmed yet."""
        flight = self._in_flight.change if self._in_flight else None
        names = {*flight.set, *flight.delete} if flight else set()
        waiting = self._edits.change
        names |= {*waiting.set, *waiting.delete} if waiting else set()
        return len(names) + sum(len(change.push) + (change.length is not None) for change in self.overlay)

    @property
    def overlay(self) -> list[Change]:
        """The change in flight and the one that is pending, as far as there are."""
        flight = self._in_flight.change if self._in_flight else None
        return [change for change in (flight, self._edits.change) if change is not None]

    def confirmed(self, label: str) -> Collection:
        """Return what a channel is known to hold."""
        return self._heard[label].collection or {} if label in self._heard else {}

    def position(self, label: str = 'broadcast') -> Position | None:
        """Return up to where a channel's life is known."""
        return self._heard[label].position if label in self._heard else None

    # The socket.

    def opened(self) -> None:
        """Begin on a new socket."""
        self.subscribed, self.published, self._frames, self._is_greeted = [], [], [], False
        for heard in self._heard.values():
            heard.reopened()

    def lost(self) -> None:
        """Go on without one."""
        self.subscribed, self.published, self._frames, self._is_greeted = [], [], [], False

    def frames_to_send(self) -> list[str]:
        """Return what is to be said on the socket, in this order; it is said once."""
        frames, self._frames = self._frames, []
        return frames

    def receive(self, text: str) -> None:
        """Take a frame."""
        # What was typed before the frame came is not to be overwritten by it.
        self.digest()
        frame = parse(text)
        about = frame.about
        if 'me' in about:
            self._greeted(about)
        elif 'errors' in about:
            self._refused(about)
        elif 'ack' in about:
            self._acknowledged(about)
        elif about['c'] not in self.subscribed:
            return
        elif 'full' in about:
            heard = self._heard[about['c']]
            known = heard.shown or {}
            self._take_snapshot(heard, frame)
            self.faults.pardon(differing(known, heard.shown or {}))
        else:
            self._take_change(self._heard[about['c']], frame)
        self._settle()
        self._show()
        self._send()

    def _greeted(self, about: dict[str, Any]) -> None:
        self.me, self.subscribed, self.published = about['me'], about['sub'], about['pub']
        by_audience = sorted(self.subscribed, key=lambda label: (AUDIENCES.index(label.partition(':')[0]), label))
        self._heard = {label: self._heard.get(label, Heard()) for label in by_audience}
        for heard in self._heard.values():
            heard.awaits = True
        self._is_told, self._is_greeted = False, True

    def _refused(self, about: dict[str, Any]) -> None:
        # What is said of a draft has no number, but names: that change was made all the same.
        names = about.get('of', ())
        if self._in_flight and about.get('s') == self._in_flight.number:
            names = [*self._in_flight.change.set, *self._in_flight.change.delete]
            self.faults.pardon(names)
            self._in_flight = None
            self._edits.refused()
        self.faults.blame(names, about['errors'])

    def _acknowledged(self, about: dict[str, Any]) -> None:
        flight, heard = self._in_flight, self._heard.get(about['c'])
        answer = Position(about['e'], about['v'])
        if not flight or flight.number != about['ack']:
            return
        # If a state that is lost had it, the one that came instead was sent it again, and will answer too.
        if heard is None or heard.position is None or answer.epoch >= heard.position.epoch:
            flight.answered[about['c']] = answer
            if 'n' in about:
                flight.start[about['c']] = about['n'] - len(flight.change.push)

    def _take_snapshot(self, heard: Heard, frame: Frame) -> None:
        before = heard.position
        # Among what was lost there may have been an answer.
        self._is_told = False
        if heard.take_snapshot(frame):
            self._begin_with(heard, frame, before)
        for late in heard.release():
            self._take_change(heard, late)

    def _begin_with(self, heard: Heard, frame: Frame, before: Position | None) -> None:
        label, now = frame.about['c'], position(frame)
        if before is not None and (now.epoch != before.epoch or now < before) and self._in_flight:
            self._in_flight.forget(label)
        if label in self.published and heard.lost is not None:
            lost, (e, v) = heard.lost
            self._frames.append(encode(whole(lost), seed=1, c=label, e=e, v=v))
            heard.offered = None if now.version else lost
        elif label in self.published and now.version == 0 and self.own:
            heard.offered = self.own
            self._frames.append(encode(whole(heard.offered), seed=1, c=label))
        self._disown(heard)

    def _take_change(self, heard: Heard, frame: Frame) -> None:
        awaited = heard.awaits
        if heard.take_change(frame):
            self.faults.pardon({*frame.values, *frame.about.get('del', ())})
            self._disown(heard)
            about, flight = frame.about, self._in_flight
            if about.get('o') == self.me and 's' not in about:
                heard.lost = None
            if flight and (about.get('o'), about.get('s')) == (self.me, flight.number):
                flight.answered[about['c']] = position(frame)
                flight.start[about['c']] = about.get('n', 0) - len(flight.change.push)
        elif heard.awaits and not awaited:
            self._frames.append('{"$$djng":{"sync":1}}')

    def _disown(self, heard: Heard) -> None:
        """Let the page know alone only what no channel knows."""
        if heard.position and heard.position.version:
            if isinstance(self.own, list) or isinstance(heard.collection, list):
                self.own = {}
            self.own = {name: text for name, text in self.own.items() if name not in (heard.collection or {})}

    # What both come to.

    def _confirmed(self) -> tuple[Collection, str]:
        """Return what the channels say, laid over each other, and which of them says it where it is an array."""
        told = [(label, heard.shown) for label, heard in self._heard.items() if heard.shown is not None]
        own = self.own or type(self.scope)()
        laid, index = layered([own, *(shown for _, shown in told)])
        return laid, told[index - 1][0] if index else ''

    def due(self) -> Collection:
        """Return what the scope shows where nothing waits to be said or answered."""
        return self._confirmed()[0]

    def _settle(self) -> None:
        """Let go of the change in flight once the server's word has it, in each channel."""
        flight = self._in_flight
        if flight is None or not self.published:
            return
        confirmed, label = self._confirmed()
        answered = [channel for channel in self.published if self._has_answer(flight, channel)]
        if len(answered) == len(self.published):
            self._in_flight = None
            if not any(channel in self._heard for channel in self.published):
                self.own = over(self.own, flight.change)
        if not flight.is_landed and (label in answered or self._in_flight is None):
            flight.is_landed = True
            self._edits.landed(flight.start.get(label, last_place(flight.change.push, confirmed)))

    def _has_answer(self, flight: InFlight, label: str) -> bool:
        """Whether a channel has answered, and is known up to where its answer has its place."""
        answer, heard = flight.answered.get(label), self._heard.get(label)
        if answer is None or heard is None:
            return answer is not None
        return not heard.awaits and heard.position is not None and heard.position >= answer

    def _show(self) -> None:
        flight = self._in_flight
        # Items that have their index already are not to be shown at the end as well.
        laid = None if flight is None or (flight.is_landed and flight.change.kind == 'array') else flight.change
        self._view = self._edits.view(self._confirmed()[0], laid)
        # In place where that is possible: others may refer to the scope.
        if isinstance(self.scope, dict) and isinstance(self._view.shown, dict):
            self.scope.clear()
            self.scope.update(self._view.shown)
        elif isinstance(self.scope, list) and isinstance(self._view.shown, list):
            self.scope[:] = self._view.shown
        else:
            self.scope = self._view.shown.copy()

    def _send(self) -> None:
        if not self.published or any(heard.awaits for heard in self._heard.values()):
            return
        if self._in_flight is None and (change := self._edits.sent()) is not None:
            self._number += 1
            self._in_flight = InFlight(self._number, change)
            self._is_told = False
            self._show()
        if self._in_flight is not None and not self._is_told:
            flight = self._in_flight
            is_again = flight.was_told and flight.change.push
            self._frames.append(encode(flight.change, s=flight.number, **({'again': 1} if is_again else {})))
            flight.was_told = True
        self._is_told = True
