"""How a change reaches Redis: merged, kept, numbered and published in one atomic step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import NoScriptError, RedisError, ResponseError

from djng.state.calls import call_for, call_found, outcome_of
from djng.state.log import Announcements, Log, logged
from djng.state.script import SCRIPT, SHA
from djng.state.steps import Failed, Outcome, Renew, Step, Terms

#: Seconds that a collection outlives the last sign of a browser at the least.
GRACE = 30
#: How often a step is tried while other programs write under its key.
ATTEMPTS = 20


class Store:
    """Runs steps on any redis-py client, one of a Redis Cluster included; threads may share it."""

    def __init__(
        self,
        client: Any,
        *,
        expire: int,
        log: Callable[[str | bytes], Log | None] = lambda _: None,
        terms: Callable[[str | bytes], Terms | None] = lambda _: None,
    ) -> None:
        """``expire`` is WS4REDIS_EXPIRE: how many seconds what is kept outlives the last change, 0 for not at all.

        ``log`` is asked how a channel's changes are logged; they are not where it returns None. ``terms`` is asked for
        those of a channel that has some of its own.
        """
        self._client = client
        self._usual = Terms(expire)
        self._terms = terms
        self._log = log
        self._announcements = Announcements()

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Carry out ``steps`` in their order, in one round trip if nothing special happens; return what came of each.

        Blocks. Raises redis-py's exceptions where Redis cannot be reached: then a step may have been carried out or
        not, and the same :class:`~djng.state.steps.Submit`, if it has an author and ``s``, may safely be run again.
        """
        if not steps:
            return []
        channels = [step.channel for step in steps]
        logs = [self._log(channel) for channel in channels]
        if any(logs) and (commands := self._announcements.commands(zip(channels, logs, strict=True))):
            self._pipeline(commands)
        replies = self._send([self._call(step, log) for step, log in zip(steps, logs, strict=True)])
        return [self._settle(*which) for which in zip(steps, replies, logs, strict=True)]

    def _settle(self, step: Step, reply: Any, log: Log | None) -> Outcome:
        for _ in range(ATTEMPTS):
            if isinstance(reply, Exception):
                return Failed(reply)
            if reply[0] != b'foreign':
                return outcome_of(reply)
            found = call_found(step, reply[1], max(self._terms_of(step).expire, GRACE))
            # Whoever wrote this is not whose step found it.
            self._send([logged(found, Renew(step.channel, step.label), log)])
            [reply] = self._send([self._call(step, log)])
        return Failed(RedisError(f'others write {step.channel!r} all the time'))

    def _call(self, step: Step, log: Log | None) -> list[Any]:
        return logged(call_for(step, self._terms_of(step), GRACE), step, log)

    def _terms_of(self, step: Step) -> Terms:
        return self._terms(step.channel) or self._usual

    def _send(self, calls: Sequence[list[Any]]) -> list[Any]:
        """Return the script's answers; an error of Redis' instead of an answer for what it refused."""
        replies = self._pipeline([('EVALSHA', SHA, *call) for call in calls])
        unknown = [index for index, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            # After a restart, a failover or SCRIPT FLUSH.
            texts = [('EVAL', SCRIPT, *calls[index]) for index in unknown]
            for index, reply in zip(unknown, self._pipeline(texts), strict=True):
                replies[index] = reply
        for reply in replies:
            if isinstance(reply, Exception) and not isinstance(reply, ResponseError):
                raise reply
        return replies

    def _pipeline(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return list(pipeline.execute(raise_on_error=False))
