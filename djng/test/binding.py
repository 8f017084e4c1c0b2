"""A simulated browser: one binding on a real socket."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from secrets import token_hex
from typing import Any, Generic, TypeVar

from djng.collection.values import check_name, encode
from djng.state.merge import Collection, dump
from djng.state.reading import decode
from djng.test.browser import Browser
from djng.test.errors import NotConverged
from djng.test.socket import Closed, Socket

Scope = TypeVar('Scope', dict[str, Any], list[Any])


#: How a frame begins that only says how far a browser has heard.
MARK = '{"$$djng":{"mark":"'


class Binding(Generic[Scope]):
    """What both kinds can do; made by ``bind()``.

    Each edit is a digest of its own, as if each were typed by itself. What is heard comes in by itself, in a thread,
    but never within an :meth:`edit`.
    """

    _kind: type

    def __init__(self, name: str, facility: str, url: str, headers: Mapping[str, str], scope: Scope) -> None:
        #: What the binding is called where a test fails.
        self.name = name
        self.facility = facility
        #: The channels that it hears, by their labels, once the relay has been asked.
        self.channels: dict[str, str] = {}
        self.lock = threading.Condition(threading.RLock())
        self.browser = Browser(_texts(scope, type(scope)()))
        self.socket = Socket(facility, url, headers, self.lock)
        self.socket.on_open = self.browser.opened
        self.socket.on_frame = self._hear
        self.socket.on_lost = self.browser.lost
        self._is_unbound = False
        self._mark = ''

    # The network.

    def open(self, patience: float) -> None:
        """Open the socket, and wait until it is known what the server has; raises :exc:`SocketRefused`."""
        with self.lock:
            self.socket.open()
        self.wait_until(lambda: self.is_bound, f'{self.name} to be bound to {self.facility!r}', patience)

    def cut(self) -> AbstractContextManager[object]:
        """Sever the connection, as a lost network does: what was on its way may or may not have arrived.

        What is edited then waits until :meth:`heal`, or until the end of the block: ``with mary.cut():``.
        """
        with self.lock:
            self.socket.cut()
        block = ExitStack()
        block.callback(self.heal)
        return block

    def heal(self, patience: float = 10.0) -> None:
        """Come back, as the same page: what was in flight is said again, what was edited meanwhile is said.

        Returns when it is known what the server has. Raises :exc:`SocketRefused`.
        """
        with self.lock:
            if self._is_unbound:
                raise RuntimeError(f'{self.name} is unbound, and will not come back: bind() another one')
            if self.socket.is_open or self.socket.comes_back:
                return
        self.open(patience)

    def unbind(self, patience: float = 10.0) -> None:
        """Say what is unsaid, and end the binding, as where the page is left."""
        with self.lock:
            if self.is_bound and self.browser.published:
                self.wait_until(lambda: self.browser.is_quiet, f'the server to answer {self.name}', patience)
        self.leave()

    def leave(self) -> None:
        """End the binding at once."""
        with self.lock:
            self._is_unbound = True
            self.socket.close()

    @property
    def status(self) -> str:
        """``'open'``; ``'waiting'`` where the socket is lost; ``'closed'`` where it will not come back."""
        if self.socket.is_open:
            return 'open'
        return 'closed' if self._is_unbound or self.socket.refusal else 'waiting'

    @property
    def is_unbound(self) -> bool:
        """Whether a test has ended the binding."""
        return self._is_unbound

    @property
    def is_bound(self) -> bool:
        """Whether the socket is open, and it is known what the server has."""
        return self.socket.is_open and self.browser.is_ready

    @property
    def reason(self) -> Closed | None:
        """``code`` and ``reason`` of the last close; None if there was none."""
        return self.socket.closed

    # What is known.

    @property
    def errors(self) -> dict[str, list[str]]:
        """Why the server has refused changes: messages by property, ``''`` for what concerns none of them."""
        with self.lock:
            return copy.deepcopy(self.browser.faults.errors)

    @property
    def pending(self) -> int:
        """How many properties or items were edited here, and are not acknowledged yet."""
        with self.lock:
            return self.browser.waiting

    @property
    def version(self) -> int | None:
        """The version of what is shown, of all audiences together; None before there is one."""
        with self.lock:
            positions = [self.browser.position(label) for label in self.browser.subscribed]
            known = [position.version for position in positions if position is not None]
            return sum(known) if known else None

    @property
    def value(self) -> Scope:
        """What the page shows, as a dict or a list that is nobody else's."""
        with self.lock:
            value: Scope = self._value()
            return value

    @contextmanager
    def edit(self) -> Iterator[Scope]:
        """Edit a copy of what the page shows within a block; at its end all that has changed is one digest.

        Values may be changed inside. Nothing is edited where the block raises.
        """
        with self.lock:
            before = self.browser.scope.copy()
            value = self._value()
            yield value
            self.browser.scope = _texts(value, before)
            self.browser.digest()
            self._say()

    def wait_until(self, condition: Any, what: str, patience: float) -> None:
        """Wait until ``condition()`` is true, which is asked anew whenever something was heard; under the lock."""
        with self.lock:
            done = self.lock.wait_for(lambda: self.socket.error or self.socket.refusal or condition(), patience)
            if self.socket.error:
                raise self.socket.error
            if self.socket.refusal:
                raise self.socket.refusal
            if not done:
                raise NotConverged(f'waited {patience} s for {what}; its socket is {self.status}, {self.reason}')

    def scope(self) -> Any:
        """Return the JSON texts of what the page shows; raises :exc:`TypeError` where that is of the other kind."""
        scope = self.browser.scope
        if type(scope) is not self._kind:
            kind = type(scope).__name__
            raise TypeError(f'{self.facility!r} is a {kind} now, as {self.name} shows it: bind(…, kind={kind})')
        return scope

    def _value(self) -> Any:
        return json.loads(dump(self.scope()))

    def hear_all(self, send: Callable[[str, bytes], object], patience: float) -> bool:
        """Wait until all that the server has sent is heard, which ``send(public name, frame)`` sends a mark behind.

        Says whether it is; not where the socket is lost meanwhile.
        """
        mark, connection = token_hex(8), self.socket.connection
        send(self.browser.me, f'{MARK}{mark}"}}}}'.encode())
        with self.lock:
            self.lock.wait_for(lambda: self._mark == mark or self.socket.connection is not connection, patience)
            return self._mark == mark

    def _hear(self, text: str) -> None:
        if text.startswith(MARK):
            self._mark = text[len(MARK) : -len('"}}')]
            return
        self.browser.receive(text)
        self._say()

    def _say(self) -> None:
        for text in self.browser.frames_to_send():
            self.socket.say(text)
        self.lock.notify_all()

    def __repr__(self) -> str:
        return f'<{self.name} at {self.facility!r}, {self.status}: {dump(self.browser.scope)}>'


def _texts(value: Any, before: Collection) -> Any:
    """Return the JSON texts of ``value``: that of ``before``, as its author wrote it, where it is the same."""
    if isinstance(value, dict):
        known = before if isinstance(before, dict) else {}
        return {check_name(name): _text(each, known.get(name)) for name, each in value.items()}
    kept = before if isinstance(before, list) else []
    return [_text(each, kept[index] if index < len(kept) else None) for index, each in enumerate(value)]


def _text(value: Any, before: str | None) -> str:
    text = encode(value)
    return before if before is not None and encode(decode(before)) == text else text
