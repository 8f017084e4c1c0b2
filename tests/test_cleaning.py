"""What a form makes of a change: cleaned values, errors by property, and what belongs to which field."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from djng.cleaning import clean, errors_of
from djng.edit import Edit, text_of
from djng.state.merge import Change
from tests.declared.forms import PersonForm


def cleaned(form_class, before, change, **kwargs):
    """Return errors, and what is set and deleted, as JSON texts."""
    edit = Edit(change, before)
    try:
        errors = clean(lambda data: form_class(data=data, **kwargs), edit)
    except ValidationError as error:
        errors = errors_of(error)
    return errors, edit.change().set, edit.delete


def sets(**texts):
    """Return a change that sets JSON texts."""
    return Change('object', texts)


def test_values_are_cleaned():
    """Everybody gets what the form makes of a value; fields that nobody has filled in yet are no errors."""
    assert cleaned(PersonForm, {}, sets(name='" Mary "')) == ({}, {'name': '"Mary"', 'slug': '"mary"'}, [])
    assert cleaned(PersonForm, {}, sets(age='"21"', begin='"2026-11-25"')) == (
        {},
        {'age': '21', 'begin': '"2026-11-25"'},
        [],
    )
    assert cleaned(PersonForm, {'begin': '2026-11-25'}, sets(begin='""')) == ({}, {'begin': 'null'}, [])


def test_a_good_value_stays_as_its_author_wrote_it():
    """What means the same is not written anew."""
    assert cleaned(PersonForm, {}, sets(age='2.1e1', name='"\\u004dary"'))[1]['name'] == '"\\u004dary"'


@pytest.mark.parametrize(
    ('before', 'change', 'errors'),
    [
        ({}, sets(age='17'), {'age': ['Ensure this value is greater than or equal to 18.']}),
        ({}, sets(name='"Mary"', age='"x"'), {'age': ['Enter a whole number.']}),
        ({}, sets(name='""'), {'name': ['This field is required.']}),
        ({'name': 'Mary'}, Change('object', {}, ('name',)), {'name': ['This field is required.']}),
        ({}, sets(name='"nobody"'), {'': ['Somebody.']}),
        (
            {'end': '2026-11-24'},
            sets(begin='"2026-11-25"'),
            {'end': ['The end is before the begin.']},
        ),
        ({}, sets(other='1'), {'other': ['This is no field of the form.']}),
        ({}, Change('object', {}, ('other',)), {'other': ['This is no field of the form.']}),
        ({}, Change('array', {}, push=('1',)), {'': ['A form has properties, and an array has none.']}),
        ([1], sets(age='21'), {'': ['A form has properties, and an array has none.']}),
    ],
)
def test_errors(before, change, errors):
    """What is wrong is told by property, whoever's fault it is; it concerns the change, or the form as a whole."""
    assert cleaned(PersonForm, before, change)[0] == errors


def test_old_errors_are_not_the_changes():
    """A field that was wrong before is no reason to refuse another one."""
    assert cleaned(PersonForm, {'age': 3}, sets(name='"Mary"'))[0] == {}


class Kinds(forms.Form):
    """Fields whose values are no JSON."""

    price = forms.DecimalField(required=False)
    at = forms.DateTimeField(required=False)
    lasts = forms.DurationField(required=False)
    group = forms.ModelChoiceField(Group.objects.all(), required=False)
    groups = forms.ModelMultipleChoiceField(Group.objects.all(), required=False)
    some = forms.MultipleChoiceField(choices=[('a', 'A'), ('b', 'B')], required=False)
    boxes = forms.MultipleChoiceField(
        choices=[('a', 'A'), ('b', 'B')], widget=forms.CheckboxSelectMultiple, required=False
    )
    number = forms.TypedChoiceField(choices=[(1, 'A'), (2, 'B')], coerce=int, empty_value=None, required=False)
    maybe = forms.NullBooleanField(required=False)
    yes = forms.BooleanField(required=False)
    any = forms.JSONField(required=False)
    day = forms.DateField(widget=forms.SelectDateWidget(years=[2026]), required=False)
    fixed = forms.CharField(disabled=True, required=False)
    upload = forms.FileField(required=False)


@pytest.mark.django_db
def test_what_is_no_json():
    """Cleaned values become JSON that cleans to itself again."""
    group = Group.objects.create(name='chess')
    for name, text, expected in (
        ('price', '"1.50"', '1.50'),
        ('price', '1.5', '1.5'),
        ('at', '"2026-11-25T10:00:00Z"', '"2026-11-25T10:00:00Z"'),
        ('lasts', '"00:01:30"', '"P0DT00H01M30S"'),
        ('group', str(group.pk), f'"{group.pk}"'),
        ('groups', f'[{group.pk}]', f'["{group.pk}"]'),
        ('number', '1', '"1"'),
        ('number', '""', '""'),
        ('maybe', '"true"', '"true"'),
        ('maybe', '"unknown"', '"unknown"'),
        ('some', '["b","a"]', '["b","a"]'),
        ('yes', 'true', 'true'),
        ('yes', '"false"', 'false'),
        ('any', '{"a":[1]}', '{"a":[1]}'),
    ):
        for written in (text, expected):
            errors, changed, _ = cleaned(Kinds, {}, sets(**{name: written}))
            assert (errors, changed) == ({}, {name: expected}), name
    assert cleaned(Kinds, {}, sets(group='"999"'))[0] == {
        'group': ['Select a valid choice. That choice is not one of the available choices.']
    }


@pytest.mark.django_db
def test_fields_of_several_properties():
    """Boxes and the parts of a date are properties of their own, stay as they are, and answer for their field."""
    assert cleaned(Kinds, {'boxes.a': True}, Change('object', {'boxes.b': 'true'}))[:2] == ({}, {'boxes.b': 'true'})
    assert list(cleaned(Kinds, {}, Change('object', {'boxes.c': 'true'}))[0]) == ['boxes']
    before = {'day_month': '2', 'day_year': '2026'}
    assert cleaned(Kinds, before, sets(day_day='"3"'))[:2] == ({}, {'day_day': '"3"'})
    assert list(cleaned(Kinds, before, sets(day_day='"30"'))[0]) == ['day']
    assert list(cleaned(Kinds, {}, Change('object', {'yes.a': 'true'}))[0]) == ['yes.a']


@pytest.mark.django_db
def test_what_may_not_be_changed():
    """A disabled field is the server's."""
    assert cleaned(Kinds, {}, sets(fixed='"x"'))[0] == {'fixed': ['You may not change this.']}


def test_prefix():
    """A form with a prefix speaks of properties with it."""
    assert cleaned(PersonForm, {}, Change('object', {'p-age': '"x"'}), prefix='p')[0] == {
        'p-age': ['Enter a whole number.']
    }
    assert cleaned(PersonForm, {}, Change('object', {'p-age': '"19"'}), prefix='p')[1] == {'p-age': '19'}


def test_errors_of_a_hook():
    """A ValidationError tells its reasons, by property where it has them."""
    assert errors_of(ValidationError('a')) == {'': ['a']}
    assert errors_of(ValidationError(['a', 'b'])) == {'': ['a', 'b']}
    assert errors_of(ValidationError({'x': 'a', '__all__': ['b']})) == {'x': ['a'], '': ['b']}


def test_edits_of_an_array():
    """An edit shows what an array becomes, and can be altered."""
    edit = Edit(Change('array', {'0': '1.0', '3': '4'}, length=5, push=('"x"',)), ['a', 'b'])
    assert edit.after == [1.0, 'b', None, 4, 'x']
    edit.push.append({'y': date(2026, 11, 25)})
    edit.set['3'] = Decimal('5.10')
    assert edit.change() == Change('array', {'0': '1.0', '3': '5.10'}, length=5, push=('"x"', '{"y":"2026-11-25"}'))


def test_edits_of_an_object():
    """What is set again is not deleted; a value's own text stays unless it means another one."""
    edit = Edit(Change('object', {'a': '1.0', 'b': 'true'}, ('c', 'd')), {'c': 1, 'd': 2, 'e': 3})
    assert edit.after == {'e': 3, 'a': 1.0, 'b': True}
    edit.set |= {'b': 1, 'd': None}
    assert edit.after == {'e': 3, 'a': 1.0, 'b': 1, 'd': None}
    assert edit.change() == Change('object', {'a': '1.0', 'b': '1', 'd': 'null'}, ('c',))


def test_texts():
    """Values are written as Django writes them in JSON, decimals as numbers."""
    assert text_of(datetime(2026, 11, 25, tzinfo=timezone.utc)) == '"2026-11-25T00:00:00Z"'
    assert text_of(timedelta(seconds=1)) == '"P0DT00H00M01S"'
    assert text_of([Decimal('1.5'), 'é\ud83d']) == '["1.5","é\ud83d"]'
    for value in (float('nan'), object(), Enum('E', 'a').a):
        with pytest.raises((TypeError, ValueError)):
            text_of(value)
