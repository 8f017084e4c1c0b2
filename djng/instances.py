"""What an instance of a model is as the properties that its form shows, and whether a form would change it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from djng.cleaning import has_parts, plain
from djng.edit import text_of
from djng.forms import scope_data


def texts_of_form(form: forms.BaseForm) -> dict[str, str]:
    """Return the JSON texts of what an unbound ``form`` begins with, by property, as its cleaned values would be.

    Files are left out. Times are those of ``TIME_ZONE``, whoever asks.
    """
    properties: dict[str, Any] = {}
    with timezone.override(None):
        for name, field in form.fields.items():
            if isinstance(field, forms.FileField):
                continue
            value, told = form.get_initial_for_field(field, name), form.add_prefix(name)
            if has_parts(field.widget):
                context = field.widget.get_context(told, field.prepare_value(value), None)
                properties |= scope_data(context['widget'])
            else:
                properties[told] = plain(field, _local(value))
    return {name: text_of(value) for name, value in properties.items()}


def state_of(instance: Any) -> dict[str, Any]:
    """Return the values of an instance that are columns of its tables."""
    return {field.attname: field.value_from_object(instance) for field in instance._meta.concrete_fields}


def would_change(form: Any, before: dict[str, Any]) -> bool:
    """Whether a valid form has something to save: its instance was ``before`` in the database."""
    if state_of(form.instance) != before or form.instance._state.adding:
        return True
    many = (field for field in form.instance._meta.many_to_many if field.name in form.cleaned_data)
    return any(
        {other.pk for other in form.cleaned_data[field.name]}
        != set(getattr(form.instance, field.name).values_list('pk', flat=True))
        for field in many
    )


def _local(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
