"""A Django form whose fields carry ``ng-model``."""

import functools
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.forms.boundfield import BoundField
from django.forms.widgets import ChoiceWidget
from django.utils.safestring import SafeData, mark_safe

# Registers the system checks also where djng is missing in INSTALLED_APPS; one of them says just that.
from djng import checks as checks

__all__ = ['NgModelFormMixin']

#: Inputs that AngularJS binds to Date objects, which JSON does not know.
DATE_TYPES = frozenset({'date', 'datetime-local', 'month', 'time', 'week'})

#: Inputs that AngularJS binds to numbers, and throws at strings.
NUMBER_TYPES = frozenset({'number', 'range'})

#: A widget's part as Django hands it to its template.
Part = dict[str, Any]

if TYPE_CHECKING:
    BaseForm = forms.BaseForm
else:
    BaseForm = object


class NgModelFormMixin(BaseForm):
    """Gives every field ``ng-model="<scope_prefix>.<field>"``; to be named before ``forms.Form``.

    ``scope_prefix`` is the object on the scope, given to the constructor or set on the class. Nothing else
    changes: the form is posted, validated and shown again as any form of Django.
    """

    scope_prefix: str | None = None

    def __init__(self, *args: Any, scope_prefix: str | None = None, **kwargs: Any) -> None:
        if scope_prefix is not None:
            self.scope_prefix = scope_prefix
        if not self.scope_prefix:
            name = type(self).__name__
            raise ImproperlyConfigured(
                f"{name} does not know its object on the scope: write {name}(scope_prefix='subscribe_data'), "
                "or set scope_prefix = 'subscribe_data' on the class."
            )
        super().__init__(*args, **kwargs)

    def __getitem__(self, name: str) -> BoundField:
        """Return the field, its widget bound; here, because a form may gain fields until it is shown."""
        bound_field: BoundField = super().__getitem__(name)
        bind_widget(bound_field.field.widget, str(self.scope_prefix))
        return bound_field

    def get_initial_data(self) -> dict[str, Any]:
        """Return what the object on the scope must be to show this form's values; it can be written as JSON.

        These are the initial values, or, of a form with data, what was posted. The keys are the fields' names
        in the HTML. Files are left out.
        """
        data: dict[str, Any] = {}
        for bound_field in self:
            widget = bound_field.field.widget
            if isinstance(widget, ScopedWidget):
                data |= widget.scope_data(bound_field.html_name, bound_field.value())
        return data


class ScopedWidget(forms.Widget):
    """What any widget becomes when it is bound to the scope."""

    scope_prefix: str

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the context of the widget's template, with ``ng-model`` among the attributes."""
        context = super().get_context(name, value, attrs)
        bind_part(context['widget'], self.scope_prefix)
        return context

    def subwidgets(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Iterator[Part]:
        """Yield what ``{% for radio in form.plan %}`` loops over."""
        for part in super().subwidgets(name, value, attrs):
            # Others than choices come out of get_context(), bound already.
            if isinstance(self, ChoiceWidget):
                bind_option(part, self.scope_prefix)
            yield part

    def scope_data(self, name: str, value: Any) -> dict[str, Any]:
        """Return the properties on the scope that let the widget show ``value``."""
        return scope_data(super().get_context(name, value, None)['widget'])


def bind_widget(widget: forms.Widget, scope_prefix: str) -> None:
    """Let a form's own copy of a widget carry ``ng-model``.

    Changing the class of an object is ugly. But attributes cannot do it: the parts of a date or the boxes of
    a group need one model each, and come into being when the widget is rendered.
    """
    if not isinstance(widget, ScopedWidget):
        widget.__class__ = scoped(type(widget))
        vars(widget)['scope_prefix'] = scope_prefix


@functools.cache
def scoped(widget_class: type[forms.Widget]) -> type[forms.Widget]:
    """Return the subclass of a widget's class that carries ``ng-model``."""
    return type(widget_class.__name__, (ScopedWidget, widget_class), {'__module__': widget_class.__module__})


def bind_part(part: Part, scope_prefix: str) -> None:
    """Add ``ng-model`` to one part of a widget, and to the parts in it."""
    for inner in part.get('subwidgets', ()):
        bind_part(inner, scope_prefix)
    choices = options(part)
    for option in choices:
        bind_option(option, scope_prefix)
    kind = kind_of(part)
    if kind == 'file' or 'subwidgets' in part or (kind in ('radio', 'checkbox') and choices):
        return
    part['attrs'].setdefault('ng-model', ng_model(scope_prefix, part['name']))
    if kind in DATE_TYPES:
        # With its own type AngularJS binds a Date, which JSON does not know: it becomes a text input, without the
        # browser's calendar.
        part['attrs'].setdefault('ng-attr-type', 'text')
    if 'optgroups' not in part:
        part['value'] = inert(part['value'])


def bind_option(option: Part, scope_prefix: str) -> None:
    """Add ``ng-model`` to a radio button or a box of a group; an ``<option>`` has none."""
    if option['type'] == 'radio':
        option['attrs'].setdefault('ng-model', ng_model(scope_prefix, option['name']))
    elif option['type'] == 'checkbox':
        option['attrs'].setdefault('ng-model', ng_model(scope_prefix, box_name(option)))
    option['value'] = inert(option['value'])
    option['label'] = inert(option['label'])


def scope_data(part: Part) -> dict[str, Any]:
    """Return the properties on the scope that show a widget's part as Django's HTML shows it."""
    name, kind, choices = part['name'], kind_of(part), options(part)
    if kind == 'hidden' and 'subwidgets' in part:
        return {name: [str(inner['value']) for inner in part['subwidgets']]}
    if 'subwidgets' in part:
        return {key: value for inner in part['subwidgets'] for key, value in scope_data(inner).items()}
    if kind == 'file':
        return {}
    if kind == 'checkbox' and choices:
        return {box_name(option): bool(option['selected']) for option in choices}
    if 'optgroups' in part:
        chosen = [str(option['value']) for option in choices if option['selected']]
        if part['attrs'].get('multiple'):
            return {name: chosen}
        if not chosen and kind == 'select':
            # A browser shows the first one. AngularJS would add an option '?' for a model without a value.
            chosen = [str(option['value']) for option in choices]
        return {name: next(iter(chosen), '')}
    if kind == 'checkbox':
        return {name: bool(part['attrs'].get('checked'))}
    if kind in NUMBER_TYPES:
        return {name: number(part['value'])}
    return {name: '' if part['value'] is None else str(part['value'])}


def options(part: Part) -> list[Part]:
    """Return the options of a part, those inside groups too."""
    return [option for _, group, _ in part.get('optgroups', ()) for option in group]


def kind_of(part: Part) -> str | None:
    """Return the type of a part's input, ``'select'`` for a select, None for a textarea."""
    kinds = [part.get('type'), *(option['type'] for option in options(part))]
    return next((kind for kind in kinds if kind), None)


def box_name(option: Part) -> str:
    """Return the property of one box of a group.

    Each box has a property of its own at the top level of the object, so that two people who tick different
    boxes at once do not undo each other, and no deep watch is needed.
    """
    return f'{option["name"]}.{option["value"]}'


def ng_model(scope_prefix: str, name: str) -> str:
    """Return AngularJS' expression for a property, in brackets where its name is no identifier."""
    if re.fullmatch(r'[A-Za-z_$][A-Za-z0-9_$]*', name):
        return f'{scope_prefix}.{name}'
    return f"{scope_prefix}['{re.sub(r'[^-A-Za-z0-9_ .:/]', escape, name)}']"


def escape(match: re.Match[str]) -> str:
    """Return a character as JavaScript's ``\\uXXXX``, in UTF-16 as JavaScript counts."""
    units = match.group().encode('utf-16-be', 'surrogatepass').hex()
    return ''.join(f'\\u{units[at : at + 4]}' for at in range(0, len(units), 4))


def inert(value: Any) -> Any:
    """Return text that AngularJS shows as it is, instead of running ``{{ }}`` that somebody typed into it.

    AngularJS compiles values and labels that come with the page, and an expression in them may do anything.
    There is no escape for its curly brackets; an expression that yields two of them does it.
    """
    text = str(value)
    if '{{' not in text:
        return value
    shown = text.replace('{{', '{{"{{"}}')
    return mark_safe(shown) if isinstance(value, SafeData) else shown  # noqa: S308 - as safe as it was


def number(text: Any) -> int | float | None:
    """Return the number that an input shows, None where it shows none."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value
