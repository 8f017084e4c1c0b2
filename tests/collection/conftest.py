"""What the tests of collections share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from djng.collection import Collection, DictCollection, ListCollection
from tests.servers import Redis
from tests.state.conftest import Ear


@pytest.fixture
def scores(spoken_to: Redis) -> DictCollection:
    """A collection that is an object, or will be."""
    return Collection('scores', broadcast=True)


@pytest.fixture
def chat(spoken_to: Redis) -> ListCollection:
    """A collection that is an array, or will be."""
    return Collection('chat', broadcast=True, kind=list)


@pytest.fixture
def ear(spoken_to: Redis) -> Iterator[Ear]:
    """What is published for both of them."""
    ear = Ear(spoken_to.client, 'broadcast:scores', 'broadcast:chat')
    yield ear
    ear.close()
