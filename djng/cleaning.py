"""What a form makes of a change: its fields and ``clean()`` look at the collection as it would be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.widgets import ChoiceWidget

from djng.edit import Edit, text_of

#: Reasons by the property's name; ``''`` is the change as a whole.
Errors = dict[str, list[str]]


def clean(make_form: Callable[[dict[str, Any]], forms.BaseForm], edit: Edit) -> Errors:
    """Put the cleaned values into ``edit``; return what is wrong with it.

    ``make_form`` is given the form's data. A change answers for the fields that it changes and for what ``clean()``
    says, not for fields that nobody has filled in yet. What ``clean()`` alters becomes part of the change.

    Raises :exc:`ValidationError` for what the form knows nothing of.
    """
    if edit.kind != 'object' or (isinstance(edit.before, list) and edit.before):
        raise ValidationError('A form has properties, and an array has none.')
    after = edit.after
    form = make_form(_data(after, {}))
    properties = {form.add_prefix(name): name for name in form.fields}
    touched: dict[str, str] = {}
    errors: Errors = {}
    for name in [*edit.set, *edit.delete]:
        field = _field_of(form, properties, name)
        if field is None or form.fields[field].disabled:
            errors[name] = ['This is no field of the form.' if field is None else 'You may not change this.']
        else:
            touched[name] = field
    if errors:
        raise ValidationError(errors)
    data = _data(after, form.fields, form.add_prefix)
    if data != after:
        form = make_form(data)
    cleaned, wrong = _full_clean(form)
    for name, messages in form.errors.items():
        if name in touched.values() or name not in wrong:
            errors['' if name == NON_FIELD_ERRORS else form.add_prefix(name)] = [str(message) for message in messages]
    for name, value in form.cleaned_data.items():
        field_of_form = form.fields.get(name)
        if field_of_form is None or isinstance(field_of_form, forms.FileField):
            continue
        told = form.add_prefix(name)
        if told not in edit.set and cleaned.get(name, ...) is value:
            continue
        new = plain(field_of_form, value)
        is_altered = name not in cleaned or text_of(plain(field_of_form, cleaned[name])) != text_of(new)
        if told in edit.set or (is_altered and told not in edit.delete and not has_parts(field_of_form.widget)):
            edit.set[told] = new
    return errors


def bound_form(make_form: Callable[[dict[str, Any]], forms.BaseForm], collection: dict[str, Any]) -> forms.BaseForm:
    """Return the form, bound to all that ``collection`` holds."""
    fields = make_form(_data(collection, {}))
    return make_form(_data(collection, fields.fields, fields.add_prefix))


def plain(field: forms.Field, value: Any) -> Any:
    """Return a value of a field as its input shows it, for what JSON has no word: a choice as in the HTML, as text."""
    if isinstance(field, forms.ModelChoiceField):
        value = field.prepare_value(value)
    if isinstance(field.widget, ChoiceWidget):
        shown = field.widget.format_value(value)
        return shown if field.widget.allow_multiple_selected or isinstance(shown, str) else next(iter(shown), '')
    return value


def has_parts(widget: Any) -> bool:
    """Whether each input of a widget is a property of its own."""
    return isinstance(widget, (forms.MultiWidget, forms.SelectDateWidget, forms.CheckboxSelectMultiple))


def errors_of(error: ValidationError) -> Errors:
    """Return what a :exc:`ValidationError` says, by property where it does."""
    if hasattr(error, 'error_dict'):
        return {'' if name == NON_FIELD_ERRORS else name: texts for name, texts in error.message_dict.items()}
    return {'': error.messages}


def _full_clean(form: forms.BaseForm) -> tuple[dict[str, Any], set[str]]:
    """Clean ``form``; return what the fields alone have cleaned, and the names of those in which they found errors."""
    cleaned: dict[str, Any] = {}
    wrong: set[str] = set()
    method = form.clean

    def clean() -> Any:
        cleaned.update(form.cleaned_data)
        wrong.update(form.errors)
        return method()

    form.clean = clean  # type: ignore[method-assign]  # the one moment between fields and form that Django tells
    form.full_clean()
    return cleaned, wrong


def _field_of(form: forms.BaseForm, properties: dict[str, str], name: str) -> str | None:
    """Return the field that the property ``name`` belongs to, or is a part of: a box, or a date's day."""
    if name in properties:
        return properties[name]
    for told, field in properties.items():
        if name.startswith((f'{told}_', f'{told}.')) and has_parts(form.fields[field].widget):
            return field
    return None


def _data(
    collection: dict[str, Any], fields: dict[str, forms.Field], told: Callable[[str], str] = str
) -> dict[str, Any]:
    """Return a form's data, in which ticked boxes, each a property of its own in the collection, are a list."""
    data = {**collection}
    for name, field in fields.items():
        if isinstance(field.widget, ChoiceWidget) and field.widget.allow_multiple_selected and told(name) not in data:
            begin = f'{told(name)}.'
            boxes = {key.removeprefix(begin): ticked for key, ticked in collection.items() if key.startswith(begin)}
            if boxes:
                data[told(name)] = [box for box, ticked in boxes.items() if ticked]
    return data
