"""What browsers say, on its way to Redis: in order, and many messages in one round trip."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from redis.exceptions import RedisError

from djng.redis_store import RedisMessage
from djng.relay.primitives import Loop, Primitives
from djng.relay.strangers import Strangers, is_strange
from djng.state.steps import Failed, Outcome, Refused, Step, Submit, trial_of
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Messages that leave in one round trip at the most.
BATCH = 128


class Author(Protocol):
    """Who said something."""

    #: ws4redis' subscriber, or a project's own, which knows where to publish.
    subscriber: Any
    #: Whether something that was said did not reach Redis; set in the publishing thread.
    is_cut: bool

    @property
    def publishes_itself(self) -> bool:
        """Whether the subscriber is a project's own that publishes in its own way."""

    # Called in the publishing thread.

    def utterance(self, message: RedisMessage) -> Utterance:
        """Return what ``message`` asks of Redis."""

    # Called on the loop.

    def published(self, size: int) -> None:
        """Hear that ``size`` bytes of what was said have reached Redis."""

    def not_published(self, error: Exception) -> None:
        """Hear that something said did not reach Redis."""


class Utterance(NamedTuple):
    """What one message of ``size`` bytes asks of Redis, in so many ``steps``, all of which have to be taken."""

    author: Author
    size: int
    steps: Sequence[Step]
    #: Called on the loop with the outcome of each step, none of them a failure.
    answer: Callable[[Sequence[Outcome]], object] = lambda outcomes: None
    #: Whether no other of its author's may be under way: it would overtake one that has to be tried again.
    alone: bool = False

    @property
    def is_of_several(self) -> bool:
        """Whether it is one change to several channels, of which none may take it where another one refuses it."""
        if not self.alone or len(self.steps) < 2:
            return False
        # Each channel takes of a seed what it lacks, whatever the others do.
        return all(isinstance(step, Submit) and not step.seed for step in self.steps)


class _Said(NamedTuple):
    author: Author
    message: RedisMessage


class Outgoing:
    """The one way by which all sockets of a process publish; messages keep the order in which they are said."""

    def __init__(self, store: Store, primitives: Primitives, strangers: Strangers) -> None:
        self._store = store
        self._strangers = strangers
        self._loop: Loop = primitives.loop()
        self._queue = primitives.queue()
        primitives.spawn(self._publish_forever)

    def say(self, author: Author, message: RedisMessage) -> None:
        """Publish ``message`` as ``author`` means it; the author hears when it is done. Never waits."""
        self._queue.put(_Said(author, message))

    def _publish_forever(self) -> None:
        while True:
            batch = [self._queue.get()]
            try:
                while len(batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            except queue.Empty:
                pass
            # Runs of messages share a round trip; a project's own subscriber publishes by itself.
            run: list[Utterance] = []
            for author, message in batch:
                if author.is_cut:
                    continue  # what was lost must not be overtaken by what stood behind it
                if author.publishes_itself:
                    self._run(run)
                    run = []
                    self._publish(author, message)
                    continue
                try:
                    utterance = author.utterance(message)
                except Exception as error:
                    logger.exception('A message could not be understood')
                    self._lost(author, error)
                    continue
                if utterance.alone and any(other.author is author for other in run):
                    self._run(run)
                    run = []
                run.append(utterance)
            self._run(run)

    def _publish(self, author: Author, message: RedisMessage) -> None:
        if author.is_cut:
            return
        try:
            author.subscriber.publish_message(message)
        except Exception as error:  # a project's subscriber may raise anything, and others wait behind it
            if isinstance(error, (RedisError, OSError)):
                logger.warning('Lost a message on its way to Redis: %s', error)
            else:
                logger.exception('%s failed to publish', type(author.subscriber).__qualname__)
            self._lost(author, error)
        else:
            self._loop.call_soon_threadsafe(author.published, len(message))

    def _run(self, run: list[Utterance]) -> None:
        run = [utterance for utterance in run if not utterance.author.is_cut]
        if any(utterance.is_of_several for utterance in run):
            run = self._tried(run)
        steps = [step for utterance in run for step in utterance.steps]
        outcomes: Sequence[Outcome] = ()
        try:
            if steps:
                outcomes = self._store.run(steps)
        except (RedisError, OSError) as error:
            outcomes = [Failed(error)] * len(steps)
        failures = []
        for step, outcome in zip(steps, outcomes, strict=True):
            if isinstance(outcome, Failed):
                if is_strange(outcome.error):
                    self._strangers.meet(step.channel)
                else:
                    failures.append(outcome.error)
        if failures:
            logger.warning('Lost %d messages on their way to Redis: %s', len(failures), failures[0])
        taken, begin = [], 0
        for utterance in run:
            mine = outcomes[begin : begin + len(utterance.steps)]
            begin += len(utterance.steps)
            failure = next((outcome for outcome in mine if isinstance(outcome, Failed)), None)
            if failure is not None:
                self._lost(utterance.author, failure.error)
            elif not utterance.author.is_cut:
                taken.append((utterance, mine))
        if taken:
            self._loop.call_soon_threadsafe(_taken, taken)

    def _tried(self, run: list[Utterance]) -> list[Utterance]:
        """Return ``run``, with no steps left in what one of several channels would refuse, but the answer to it."""
        trials = [trial_of(step) for utterance in run if utterance.is_of_several for step in utterance.steps]
        try:
            outcomes = iter(self._store.run(trials))
        except (RedisError, OSError):
            return run  # it will not be reached for the steps either
        left = []
        for utterance in run:
            if utterance.is_of_several:
                mine = [next(outcomes) for _ in utterance.steps]
                if any(isinstance(outcome, Refused) for outcome in mine):
                    utterance = utterance._replace(steps=(), answer=partial(_answer_with, utterance, mine))
            left.append(utterance)
        return left

    def _lost(self, author: Author, error: Exception) -> None:
        author.is_cut = True
        self._loop.call_soon_threadsafe(author.not_published, error)


def _answer_with(utterance: Utterance, outcomes: Sequence[Outcome], _: object) -> None:
    utterance.answer(outcomes)


def _taken(taken: list[tuple[Utterance, Sequence[Any]]]) -> None:
    for utterance, outcomes in taken:
        utterance.author.published(utterance.size)
        utterance.answer(outcomes)
