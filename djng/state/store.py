"""How a change reaches Redis: merged, kept, numbered and published in one atomic step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from djng.state.steps import Outcome, Step

#: Seconds that a collection outlives the last sign of a browser at the least.
GRACE = 30


class Store:
    """Runs steps on any redis-py client, one of a Redis Cluster included; threads may share it."""

    def __init__(self, client: Any, *, expire: int) -> None:
        """``expire`` is WS4REDIS_EXPIRE: how many seconds what is kept outlives the last change, 0 for not at all."""
        self._client = client
        self._expire = expire

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Carry out ``steps`` in their order, in one round trip if nothing special happens; return what came of each.

        Blocks. Raises redis-py's exceptions where Redis cannot be reached: then a step may have been carried out or
        not, and the same :class:`~djng.state.steps.Submit`, if it has an author and ``s``, may safely be run again.
        """
        raise NotImplementedError
