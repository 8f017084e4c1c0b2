"""What others have published on a collection's channel without the script, until some process has taken it in."""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from collections.abc import Sequence

#: Seconds for which a process that begins to follow a channel leaves foreign messages to those that heard what came
#: before, and seconds after which those that nobody seems to have taken are tried again.
FIRST_TAKE, NEXT_TAKE = 1.0, 1.0

#: Foreign messages that are tried in one go, and that are held at the most.
TAKES, HELD_LIMIT = 64, 10_000


class Intake:
    """The foreign messages of one collection, in the channel's order.

    All processes that hear a message try to take it in, each saying how many were taken before; the script lets one
    succeed, and publishes that on the channel, by which all know. Pure: ``now`` is in seconds on any clock.
    """

    def __init__(self, now: float) -> None:
        #: How many have been taken in; None before it is told.
        self.taken: int | None = None
        # Texts and digests of those that are not, and how many of them were tried, when, with an answer or without.
        self._held: deque[tuple[bytes, str]] = deque()
        self._tried = 0
        self._tried_at = now
        self._is_answered = True
        self._from = now + FIRST_TAKE

    def __len__(self) -> int:
        return len(self._held)

    def wait(self, now: float) -> None:
        """Hear that something may have been missed."""
        self._from = now + FIRST_TAKE

    def hold(self, text: bytes) -> bool:
        """Keep a message until it is taken in; false where there are too many, and the oldest is passed over."""
        # What is neither object nor array can be nothing for a collection.
        if text.lstrip()[:1] in (b'{', b'['):
            self._held.append((text, hashlib.sha1(text, usedforsecurity=False).hexdigest()))
        if len(self._held) <= HELD_LIMIT:
            return True
        self._held.popleft()
        return False

    def took(self, taken: int, digest: str | None) -> None:
        """Hear on the channel that the message with ``digest`` was taken in, which makes so many."""
        self.taken = taken
        self._tried = max(0, self._tried - 1)
        for n, (_, held) in enumerate(self._held):
            if held == digest:
                del self._held[n]
                break

    def told(self, taken: int, *, is_same_epoch: bool) -> None:
        """Hear by a snapshot how many were taken in: what was not heard on the channel was missed there."""
        if self.taken is not None and is_same_epoch:
            for _ in range(min(len(self._held), taken - self.taken)):
                self._held.popleft()
        self.taken = taken

    def next(self, now: float) -> Sequence[bytes]:
        """Return the messages that are to be tried now; the first as number :attr:`taken`, the others behind it.

        None as long as those of the last time come back on the channel.
        """
        if not self._held or self.taken is None or self._tried or now < self._from:
            return ()
        texts = [text for text, _ in itertools.islice(self._held, TAKES)]
        self._tried, self._tried_at, self._is_answered = len(texts), now, False
        return texts

    def answered(self) -> None:
        """Hear that those of the last time have been tried, whatever came of it."""
        self._is_answered = True

    def is_stuck(self, now: float) -> bool:
        """Whether those of the last time should have come back long ago: it must be told how many were taken."""
        if not self._tried or not self._is_answered or now < self._tried_at + NEXT_TAKE:
            return False
        self._tried = 0
        return bool(self._held)
