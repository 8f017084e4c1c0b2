"""The draft of a model's instance: a collection, and beside it what the database held when it was last looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from redis.exceptions import LockError

from djng.collection import Conflict, DictCollection
from djng.collection.channel import ATTEMPTS, pause
from djng.collection.values import texts_of
from djng.speaking import shared_client
from djng.state.keys import keys_of
from djng.state.merge import Change

#: Seconds that somebody may take to save, and that others wait for that.
TURN = 30

#: What is known lives and dies with the collection.
_LEARN = "if redis.call('HEXISTS', KEYS[1], 'e') == 1 then redis.call('HSET', KEYS[1], 'model', ARGV[1]) end"


class Draft:
    """What browsers make of an instance before it is saved. All of it is read and written at once, and as JSON texts.

    Each method blocks, and raises redis-py's exceptions.
    """

    def __init__(self, collection: DictCollection) -> None:
        self._channel = collection.now._channel
        self._meta = keys_of(self._channel.name.encode()).meta.decode()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let one at a time look at the database and change the draft accordingly."""
        lock = shared_client().lock(f'{self._meta}:turn', timeout=TURN, blocking_timeout=TURN)
        if not lock.acquire():
            raise Conflict(f'{self._channel.name} is being saved all the time.')
        try:
            yield
        finally:
            with suppress(LockError):  # it took longer than a turn
                lock.release()

    def texts(self) -> dict[str, str]:
        """Return the properties as they are; none where there is no draft."""
        texts = texts_of(self._channel.read())
        if isinstance(texts, dict):
            return texts
        raise ValueError(f'{self._channel.name} is an array, and no draft of a form.')

    def look(self) -> tuple[dict[str, str], dict[str, str] | None]:
        """Return the properties, and what is known of the database: None where they are nobody's draft yet.

        In this order: whoever's turn it is finds that all of a draft is there or, when it has expired, nothing.
        """
        return self.texts(), self.known()

    def known(self) -> dict[str, str] | None:
        """Return what the database held when it was last looked at; None where it was not, or there is no draft."""
        text: Any = shared_client().hget(self._meta, 'model')
        return json.loads(text) if text else None

    def learn(self, texts: Mapping[str, str] | None) -> None:
        """Remember what the database holds, for as long as there is a draft; None for nothing."""
        shared_client().eval(_LEARN, 1, self._meta, '' if texts is None else json.dumps(texts))

    def lay(self, texts: Mapping[str, str]) -> None:
        """Set properties."""
        if texts:
            self._channel.submit(Change('object', dict(texts)))

    def settle(self, saved: Mapping[str, str], seen: Mapping[str, str], also: Mapping[str, str]) -> None:
        """Let the draft be what was ``saved``, but for what was typed since it was ``seen``; ``also`` in any case."""
        for attempt in range(ATTEMPTS):
            now = self.texts()
            texts = {
                name: text
                for name, text in saved.items()
                if now.get(name) != text and (name in also or now.get(name) == seen.get(name))
            }
            expect = {name: now.get(name) for name in texts}
            if not texts or self._channel.submit(Change('object', texts), expect=expect) is None:
                return
            pause(attempt)
        raise Conflict(f'{self._channel.name} is changed all the time.')

    def forget(self) -> None:
        """Let there be nothing."""
        self.learn(None)
        gone = tuple(self.texts())
        if gone:
            self._channel.submit(Change('object', {}, gone))
