"""Somebody's draft, and the form that it must satisfy."""

from __future__ import annotations

import threading
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection

from djng import facilities
from djng.collection import Collection, DictCollection
from djng.facilities import ModelFormFacility


class PersonForm(forms.ModelForm):
    """A name that is cleaned, two that go together, a time, a tick, and relations."""

    class Meta:
        """Fields of several kinds."""

        model = User
        fields = ('username', 'first_name', 'last_name', 'last_login', 'is_staff', 'groups')

    def clean_first_name(self) -> str:
        """Write it large."""
        return str(self.cleaned_data['first_name']).title()

    def clean(self) -> dict[str, Any]:
        """Let nobody have one name twice."""
        data = super().clean() or {}
        if data.get('first_name') and data.get('first_name') == data.get('last_name'):
            raise ValidationError('Two names are wanted.')
        return data


BEGIN = {
    'username': 'ada',
    'first_name': 'Ada',
    'last_name': 'King',
    'last_login': None,
    'is_staff': False,
    'groups': [],
}


def draft_of(user: User, name: str = 'person-{}') -> DictCollection:
    """Return the draft of somebody, opened as who comes first opens it."""
    facility = facilities.get(name.format(user.pk))
    facility.prepare()
    return Collection(facility.name, broadcast=True)


def commit(user: User) -> User:
    """Save the draft of somebody."""
    facility = facilities.get(f'person-{user.pk}')
    assert isinstance(facility, ModelFormFacility)
    saved: User = facility.commit()
    return saved


def at_once(*names: str) -> list[Any]:
    """Save drafts at the same instant, each in a thread of its own; return what each is given."""
    barrier = threading.Barrier(len(names))
    found: list[Any] = []

    def press(name: str) -> None:
        facility: Any = facilities.get(name)
        try:
            barrier.wait()
            found.append(facility.commit())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
