"""What the tests of drafts share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.signals import post_save

from djng import facilities
from djng.facilities import ModelFormFacility, registry
from tests.modelform.people import PersonForm
from tests.servers import Redis


@pytest.fixture(autouse=True)
def declared(spoken_to: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The facilities of these tests, which are gone behind each."""
    before = {name: value.copy() for name, value in vars(registry).items() if isinstance(value, (dict, list))}

    @facilities.register('person-<int:pk>', 'of-<username>')
    class PersonFacility(ModelFormFacility):
        form_class = PersonForm

    @facilities.register('names-<int:pk>')
    class NamesFacility(ModelFormFacility):
        model = User
        fields = ('first_name',)

    yield
    for name, value in before.items():
        setattr(registry, name, value)
    registry._match.cache_clear()


@pytest.fixture
def ada() -> User:
    """Somebody."""
    return User.objects.create(username='ada', first_name='Ada', last_name='King')


@pytest.fixture
def saves() -> Iterator[list[User]]:
    """What is saved, once for each time."""
    saves: list[User] = []

    def listen(instance: User, **kwargs: Any) -> None:
        saves.append(instance)

    post_save.connect(listen, sender=User)
    yield saves
    post_save.disconnect(listen, sender=User)
