"""What the tests of djng.test share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from djng.facilities import Registry
from djng.test import Browsers
from tests.servers import Redis


@pytest.fixture
def on_redis(redis_clean: Redis, settings: Any) -> Redis:
    """The run's Redis, empty, as the one that the project's settings name."""
    settings.WS4REDIS_CONNECTION = {'host': '127.0.0.1', 'port': redis_clean.port}
    return redis_clean


@pytest.fixture
def browsers(on_redis: Redis, transactional_db: None) -> Iterator[Browsers]:
    """Browsers, as an author's own fixture has them."""
    with Browsers() as browsers:
        yield browsers


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry of facilities in the place of the project's, which is empty."""
    registry = Registry()
    for module in ('djng.facilities', 'djng.facilities.terms', 'djng.relay.admission'):
        monkeypatch.setattr(f'{module}.registry', registry)
    return registry
