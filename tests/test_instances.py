"""What an instance is as properties: the same that cleaning makes of what is typed."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.utils import timezone as zones

from djng.cleaning import bound_form
from djng.instances import texts_of_form
from tests.test_cleaning import Kinds

pytestmark = pytest.mark.django_db


def texts(name: str, value: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the properties that a form with this initial value begins with, those of the field ``name``."""
    found = texts_of_form(Kinds(initial={name: value}, **kwargs))
    return {key: json.loads(text) for key, text in found.items() if re.fullmatch(rf'(p-)?{name}([._].*)?', key)}


def test_values() -> None:
    """Each value is as a cleaned one would be."""
    group = Group.objects.create(name='chess')
    for name, value, expected in (
        ('price', Decimal('1.50'), 1.5),
        ('price', None, None),
        ('group', group.pk, str(group.pk)),
        ('group', None, ''),
        ('groups', [group], [str(group.pk)]),
        ('groups', None, []),
        ('number', 2, '2'),
        ('maybe', None, 'unknown'),
        ('yes', True, True),
        ('any', {'a': [1]}, {'a': [1]}),
        ('fixed', 'x', 'x'),
    ):
        assert texts(name, value) == {name: expected}, name
    assert 'upload' not in texts_of_form(Kinds())
    assert texts_of_form(Kinds(initial={'price': Decimal('1.50')}))['price'] == '1.50'


def test_times() -> None:
    """Times are those of the project, whoever looks."""
    at = datetime(2026, 11, 25, 10, tzinfo=timezone.utc)
    expected = {'at': '2026-11-25T04:00:00-06:00'}
    assert texts('at', at) == expected
    with zones.override('Europe/Vienna'):
        assert texts('at', at) == expected


def test_parts() -> None:
    """A field of several inputs is a property for each, and is read from them again."""
    assert texts('boxes', ['b']) == {'boxes.a': False, 'boxes.b': True}
    day = {'day_year': '2026', 'day_month': '11', 'day_day': '25'}
    assert texts('day', date(2026, 11, 25)) == day
    form = bound_form(lambda data: Kinds(data=data), {**day, 'boxes.a': True, 'boxes.b': False})
    assert form.is_valid()
    assert (form.cleaned_data['day'], form.cleaned_data['boxes']) == (date(2026, 11, 25), ['a'])


def test_prefix() -> None:
    """A form with a prefix has properties with it."""
    assert texts('yes', True, prefix='p') == {'p-yes': True}


def test_bound_form() -> None:
    """The form knows all of a collection."""

    class Form(forms.Form):
        boxes = forms.MultipleChoiceField(choices=[('a', 'A')], widget=forms.CheckboxSelectMultiple)

    assert bound_form(lambda data: Form(data=data, prefix='p'), {'p-boxes.a': True}).is_valid()
