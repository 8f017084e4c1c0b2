"""How Django code reaches the state: one client of Redis for the whole process, made when it is first needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import redis
from ws4redis import settings

from djng.facilities.terms import server_terms_of, usual_terms
from djng.redis_store import make_client
from djng.signals import change_log
from djng.state.steps import Failed, Outcome, Step
from djng.state.store import Store


@lru_cache(maxsize=1)
def shared_client() -> redis.Redis:
    """Return the process' client for views, tasks and commands; threads share it, and a fork's child connects anew."""
    return make_client()


@lru_cache(maxsize=8)
def _store(client: redis.Redis, expire: int, is_usual: bool) -> Store:
    return Store(client, expire=expire, log=change_log, terms=server_terms_of if is_usual else usual_terms)


def run(steps: Sequence[Step], *, expire: int | None = None) -> list[Outcome]:
    """Carry out ``steps`` and return what came of each; blocks.

    ``expire`` are the seconds that what is kept outlives the last change, those of ``WS4REDIS_EXPIRE`` by default.
    Raises redis-py's exceptions where Redis cannot be reached, or refuses a step.
    """
    store = _store(shared_client(), settings.WS4REDIS_EXPIRE if expire is None else expire, expire is None)
    outcomes = store.run(steps)
    for outcome in outcomes:
        if isinstance(outcome, Failed):
            raise outcome.error
    return outcomes
