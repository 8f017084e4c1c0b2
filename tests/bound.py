"""A client of bound sockets, in small: it keeps the server's word by the rules of the wire, and shows nothing else."""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.servers import PATIENCE
from tests.sockets import BOTH


class Bound:
    """A bound socket, opened with its first frame read.

    ``frames`` are all that were heard, ``values`` and ``positions`` what they come to for each label: snapshots
    replace, the next version is laid over, what is known is dropped. What comes too early is kept in ``gaps``, and the
    snapshot asked for, in which it is.
    """

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.frames: list[dict[str, Any]] = []
        self.values: dict[str, Any] = {}
        self.positions: dict[str, tuple[int, int]] = {}
        self.gaps: list[dict[str, Any]] = []
        self.s = 0
        self._asks = False
        self.hello: dict[str, Any] = self.hear()['$$djng']

    @property
    def value(self) -> Any:
        """The collection of the broadcast channel, None before its snapshot."""
        return self.values.get('broadcast')

    @property
    def position(self) -> tuple[int, int]:
        """Epoch and version of the broadcast channel."""
        return self.positions.get('broadcast', (0, 0))

    def say(self, change: dict[str, Any] | None = None, *, s: int | None = None, **about: Any) -> int:
        """Say a change with the next number, or ``s``, and return the number; not before the snapshots are heard.

        What overtakes the snapshot may find no collection, and would have to be said again behind it.
        """
        self.knows()
        self.s = s = self.s + 1 if s is None else s
        self.websocket.send(json.dumps({**(change or {}), '$$djng': {'s': s, **about}}))
        return s

    def tell(self, **about: Any) -> None:
        """Say something about the collection."""
        self.websocket.send(json.dumps({'$$djng': about}))

    def hear(self, *, patience: float = PATIENCE) -> dict[str, Any]:
        """Return the next frame, and keep what it says; raises TimeoutError when none comes."""
        deadline = time.monotonic() + patience
        while (message := self.websocket.recv(timeout=max(0.0, deadline - time.monotonic()))) == '--heartbeat--':
            pass
        frame: dict[str, Any] = json.loads(message)
        assert list(frame)[-1] == '$$djng', message
        self.frames.append(frame)
        about = frame['$$djng']
        if 'c' in about and not {'ack', 'again'} & {*about}:
            self._take(about, {name: value for name, value in frame.items() if name != '$$djng'})
        return frame

    def hear_until(self, what: Any, *, patience: float = PATIENCE) -> dict[str, Any]:
        """Listen until ``what(self)`` is true; return the last frame."""
        deadline = time.monotonic() + patience
        while not what(self):
            try:
                self.hear(patience=deadline - time.monotonic())
            except TimeoutError:
                raise AssertionError(f'{self.value} at {self.position} behind {self.frames[-3:]}') from None
        return self.frames[-1]

    def shows(self, value: Any, *, patience: float = PATIENCE) -> None:
        """Listen until the collection of the broadcast channel is ``value``."""
        self.hear_until(lambda bound: bound.value == value, patience=patience)

    def knows(self) -> Bound:
        """Listen to the snapshots of all that is subscribed to; return the client."""
        self.hear_until(lambda bound: set(bound.hello['sub']) <= set(bound.values))
        return self

    def _take(self, about: dict[str, Any], properties: dict[str, Any]) -> None:
        label, position = about['c'], (about['e'], about['v'])
        if 'full' in about:
            self.values[label] = about['items'] if 'n' in about else properties
            self.positions[label] = position
            self._asks = False
        elif position > self.positions.get(label, (0, 0)):
            epoch, version = self.positions.get(label, (0, 0))
            if position != (epoch, version + 1):
                if not self._asks:
                    self.tell(sync=1)
                self._asks = True
                self.gaps.append(about)
                return
            self.positions[label] = position
            if 'n' in about:
                self._change_array(label, about['n'], properties)
            else:
                value = self.values[label] or {}
                value.update(properties)
                for name in about.get('del', ()):
                    value.pop(name, None)
                self.values[label] = value

    def _change_array(self, label: str, length: int, properties: dict[str, Any]) -> None:
        items = self.values[label] or []
        del items[length:]
        items.extend([None] * (length - len(items)))
        for name, value in properties.items():
            items[int(name)] = value
        self.values[label] = items


@contextlib.contextmanager
def bound(
    server: Any, facility: str = 'foobar', *, query: str = BOTH, client_id: str | None = None, **options: Any
) -> Iterator[Bound]:
    """A bound socket to ``server``."""
    options = {'ping_interval': None, 'compression': None, 'close_timeout': 1, **options}
    url = server.url(f'{facility}?{query}&djng={client_id or secrets.token_hex(16)}')
    with connect(url, **options) as websocket:
        yield Bound(websocket)
