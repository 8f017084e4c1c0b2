"""How a change reaches Redis: merged, kept, numbered and published in one atomic step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import NoScriptError, RedisError, ResponseError

from djng.state.calls import call_for, call_found, outcome_of
from djng.state.script import SCRIPT, SHA
from djng.state.steps import Failed, Outcome, Step, Terms

#: Seconds that a collection outlives the last sign of a browser at the least.
GRACE = 30
#: How often a step is tried while other programs write under its key.
ATTEMPTS = 20


class Store:
    """Runs steps on any redis-py client, one of a Redis Cluster included; threads may share it."""

    def __init__(
        self, client: Any, *, expire: int, terms: Callable[[str | bytes], Terms | None] = lambda channel: None
    ) -> None:
        """``expire`` is WS4REDIS_EXPIRE: how many seconds what is kept outlives the last change, 0 for not at all.

        ``terms`` is asked for those of a channel that has some of its own.
        """
        self._client = client
        self._usual = Terms(expire)
        self._terms = terms

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Carry out ``steps`` in their order, in one round trip if nothing special happens; return what came of each.

        Blocks. Raises redis-py's exceptions where Redis cannot be reached: then a step may have been carried out or
        not, and the same :class:`~djng.state.steps.Submit`, if it has an author and ``s``, may safely be run again.
        """
        if not steps:
            return []
        replies = self._send([call_for(step, self._terms_of(step), GRACE) for step in steps])
        return [self._settle(step, reply) for step, reply in zip(steps, replies, strict=True)]

    def _settle(self, step: Step, reply: Any) -> Outcome:
        for _ in range(ATTEMPTS):
            if isinstance(reply, Exception):
                return Failed(reply)
            if reply[0] != b'foreign':
                return outcome_of(reply)
            terms = self._terms_of(step)
            self._send([call_found(step, reply[1], max(terms.expire, GRACE))])
            [reply] = self._send([call_for(step, terms, GRACE)])
        return Failed(RedisError(f'others write {step.channel!r} all the time'))

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
