"""Two workers of the relay, and what lies between them and browsers, where everything may be late, overtaken or lost.

Each worker reads what Redis has published in its order, but when it likes. To each socket two streams come down, what
its worker has read there and what is answered directly, and either may overtake the other.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from djng.state.frame import ABOUT, parse_frame
from djng.state.heard import heard
from djng.state.steps import (
    Acknowledged,
    Applied,
    Gone,
    Kept,
    Outcome,
    Refused,
    Renew,
    Renewed,
    Snapshot,
    Step,
    Submit,
    Take,
)
from djng.test.browser import Browser
from djng.test.frames import encode_snapshot, members, read

#: How a value begins that the server does not take.
BAD = '"no '


class Store(Protocol):
    """The real one, or the model of it."""

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Do the steps, in their order."""


@dataclass
class Link:
    """A socket of a browser, and all that is on its way; ``heard`` and ``written`` are channels by their labels."""

    browser: Browser
    heard: dict[str, str]
    written: dict[str, str]
    up: deque[str] = field(default_factory=deque)
    hub: deque[str] = field(default_factory=deque)
    direct: deque[str] = field(default_factory=deque)


@dataclass
class Channel:
    """What a worker knows of a channel."""

    label: str
    #: The latest position that was heard of.
    least: tuple[int, int] = (0, 0)
    #: By their authors, the last changes that were heard, and their positions.
    changes: dict[str, tuple[int, tuple[int, int]]] = field(default_factory=dict)
    #: The epoch that all who listen were told of.
    told: int = 0
    #: How many messages of foreign writers were taken; None as long as that is not known.
    taken: int | None = None
    #: Those that are not.
    foreign: list[bytes] = field(default_factory=list)


class Worker:
    """One process."""

    def __init__(self, store: Store, channels: dict[str, str]) -> None:
        self._store = store
        self._labels = {channel: label for label, channel in channels.items()}
        self.links: list[Link] = []
        #: Sockets that were lost when frames were on their way up.
        self.late: list[Link] = []
        #: What Redis has published, with its channel, and is not read yet.
        self.inbox: deque[tuple[str, str | Kept]] = deque()
        self.forget()

    def forget(self) -> None:
        """Be a new process."""
        self._channels = {channel: Channel(label) for channel, label in self._labels.items()}

    def start(self) -> None:
        """Subscribe, at the beginning or where a subscription was lost."""
        self.inbox.clear()
        for channel in self._channels.values():
            channel.foreign, channel.taken = [], None
        for link in self.links:
            link.hub.clear()
            self.tell_all(link)
        for name in self._channels:
            self._look(name)

    def connect(self, link: Link) -> None:
        """Let a browser in."""
        self.links.append(link)
        link.browser.opened()
        link.browser.receive(hello(link))
        self.tell_all(link)

    def begin_anew(self, link: Link) -> None:
        """Drop what waits for a browser that does not read, and begin as with a new one."""
        link.hub.clear()
        link.direct.clear()
        link.direct.append(hello(link))
        self.tell_all(link)

    def tell_all(self, link: Link) -> None:
        """Send a browser all that its channels hold."""
        for label, channel in link.heard.items():
            link.direct.append(snapshot(label, self._look(channel)))

    def _look(self, name: str) -> Kept:
        """Read a channel, and mark in the inbox what Redis has published up to then."""
        [kept] = self._store.run([Snapshot(name, self._labels[name], None, b'', True, *self._channels[name].least)])
        assert isinstance(kept, Kept)
        self.inbox.append((name, kept))
        # Whatever a browser may be told must not be forgotten, or a Redis that falls back behind it is not noticed.
        channel = self._channels[name]
        channel.least = max(channel.least, (kept.e, kept.v))
        told, channel.told = channel.told, kept.e
        for link in self.links if told not in (0, kept.e) else ():
            if name in link.heard.values():
                link.direct.append(snapshot(channel.label, kept))
        return kept

    def read(self, link: Link) -> None:
        """Read a frame from below, and do what it says."""
        said = parse_frame(link.up.popleft())
        if said.sync:
            self.tell_all(link)
            return
        assert said.change is not None
        if any(text.startswith(BAD) for text in (*said.change.set.values(), *said.change.push)):
            link.direct.append(frame(s=said.s, errors={'': ['no']}))
            return
        for label, name in link.written.items():
            if said.label not in (None, label):
                continue
            least = self._channels[name].least
            step = Submit(name, label, said.change, link.browser.me, said.s, said.seed, again=said.again)
            if isinstance(said.seed, tuple):
                changes = self._channels[name].changes.items()
                step = step._replace(holds=tuple((author, s) for author, (s, at) in changes if at <= said.seed))
            create = label not in link.heard
            step = step._replace(least_epoch=least[0], least_version=least[1], create=create)
            [outcome] = self._store.run([step])
            if isinstance(outcome, Gone):
                self._tell_anew(name)
            elif isinstance(outcome, Refused):
                link.direct.append(frame(s=said.s, errors=outcome.errors))
            elif isinstance(outcome, Acknowledged) or (isinstance(outcome, Applied) and label not in link.heard):
                n = getattr(outcome, 'n', None)
                about = {} if n is None else {'n': n}
                link.direct.append(frame(ack=said.s, c=label, e=outcome.e, v=outcome.v, **about))

    def hear(self) -> None:
        """Read what Redis has published next."""
        name, text = self.inbox.popleft()
        channel = self._channels[name]
        if isinstance(text, Kept):
            channel.taken = text.t
            return
        word = heard(text.encode())
        if word is None:
            channel.foreign.append(text.encode())
        else:
            if word.e > channel.least[0]:
                channel.taken = 0
            channel.least = max(channel.least, (word.e, word.v))
            about = json.loads(members(text)[ABOUT])
            if 's' in about:
                channel.changes[about['o']] = about['s'], (word.e, word.v)
            if word.t is not None:
                channel.taken = word.t
                channel.foreign = [held for held in channel.foreign if hashlib.sha1(held).hexdigest() != word.f]
            for link in self.links:
                if name in link.heard.values():
                    link.hub.append(text)

    def take(self) -> None:
        """Take what a foreign writer has said, unless the other worker was first."""
        for name, channel in self._channels.items():
            if channel.foreign and channel.taken is not None:
                step = Take(name, channel.label, channel.foreign[0], channel.taken, *channel.least)
                [outcome] = self._store.run([step])
                if isinstance(outcome, Gone):
                    self._tell_anew(name)

    def renew(self) -> bool:
        """See that the state is there, and tell everybody if it is another one; true if it is to be done again."""
        again = False
        for name, channel in self._channels.items():
            [outcome] = self._store.run([Renew(name, channel.label, *channel.least)])
            if not isinstance(outcome, Renewed) or outcome.e != channel.least[0]:
                self._tell_anew(name)
            again |= isinstance(outcome, Renewed) and outcome.again
        return again

    def _tell_anew(self, name: str) -> None:
        for link in self.links:
            if name in link.heard.values():
                link.direct.append(snapshot(self._labels[name], self._look(name)))
        self._look(name)


def frame(**about: Any) -> str:
    """Return a frame without properties."""
    return json.dumps({'$$djng': about})


def hello(link: Link) -> str:
    """Return the first frame of a socket."""
    return frame(me=link.browser.me, sub=list(link.heard), pub=list(link.written))


def snapshot(label: str, kept: Kept) -> str:
    """Return the frame that tells a browser all that is kept."""
    collection = None if kept.kind is None or kept.text is None else read(kept.text.decode())
    return encode_snapshot(collection, full=1, c=label, e=kept.e, v=kept.v, **({'b': kept.made} if kept.made else {}))
