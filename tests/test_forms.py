"""``NgModelFormMixin``: every widget's ``ng-model``, and what three AngularJS releases make of the whole form."""

import datetime
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict
from django.utils.safestring import mark_safe

from djng.forms import NgModelFormMixin, ng_model

CLIENT = Path(__file__).resolve().parent.parent / 'client'
SPORTS = [('football', 'Football'), ('ice hockey', 'Ice hockey'), ("o'bull", "O'Bull")]
PLANS = [('a', 'Plan A'), ('b', 'Plan B')]


class Elements(HTMLParser):
    """Collects the elements of a form that can have a value."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Keep the element's attributes."""
        if tag in ('input', 'select', 'textarea'):
            self.found.append({'tag': tag, **dict(attrs)})


def models(form):
    """Return name and ng-model of each element of a rendered form."""
    return [(element['name'], element.get('ng-model')) for element in Elements(form.as_div()).found]


def shown(field, **kwargs):
    """Return the ng-models of a form with one field named ``x``."""
    form_class = type('OneField', (NgModelFormMixin, forms.Form), {'x': field})
    return [model for _, model in models(form_class(scope_prefix='data', **kwargs))]


@pytest.mark.parametrize(
    'field',
    [
        forms.CharField(),
        forms.CharField(widget=forms.Textarea),
        forms.CharField(widget=forms.PasswordInput),
        forms.CharField(widget=forms.HiddenInput),
        forms.IntegerField(),
        forms.DecimalField(localize=True),
        forms.EmailField(),
        forms.CharField(widget=forms.URLInput),
        forms.SlugField(),
        forms.BooleanField(),
        forms.NullBooleanField(),
        forms.ChoiceField(choices=PLANS),
        forms.ChoiceField(choices=[('Group', PLANS)]),
        forms.MultipleChoiceField(choices=PLANS),
        forms.DateField(),
        forms.TimeField(),
        forms.DateTimeField(),
        forms.CharField(widget=forms.TextInput(attrs={'type': 'color'})),
    ],
    ids=lambda field: type(field.widget).__name__,
)
def test_one_element(field):
    """A field with one element has one ng-model: the object on the scope and the field's name."""
    assert shown(field) == ['data.x']


def test_radio():
    """All radio buttons of a field share its model."""
    assert shown(forms.ChoiceField(choices=PLANS, widget=forms.RadioSelect)) == ['data.x', 'data.x']


def test_checkbox_group():
    """Each box of a group has a property of its own, at the top level of the object."""
    field = forms.MultipleChoiceField(choices=SPORTS, widget=forms.CheckboxSelectMultiple)
    assert shown(field) == ["data['x.football']", "data['x.ice hockey']", "data['x.o\\u0027bull']"]


def test_split_date_time():
    """Date and time of a SplitDateTimeWidget have a model each."""
    assert shown(forms.SplitDateTimeField()) == ['data.x_0', 'data.x_1']
    assert shown(forms.SplitDateTimeField(widget=forms.SplitHiddenDateTimeWidget)) == ['data.x_0', 'data.x_1']


def test_select_date():
    """Each select of a SelectDateWidget has a model of its own."""
    field = forms.DateField(widget=forms.SelectDateWidget)
    assert sorted(shown(field)) == ['data.x_day', 'data.x_month', 'data.x_year']


@pytest.mark.parametrize('widget', [forms.FileInput, forms.ClearableFileInput])
def test_file(widget):
    """A file cannot be bound: neither its input nor its initial value go to the scope."""
    assert shown(forms.FileField(widget=widget)) == [None]
    form = type('F', (NgModelFormMixin, forms.Form), {'x': forms.FileField(widget=widget)})(scope_prefix='d')
    assert form.get_initial_data() == {}


@pytest.mark.parametrize('kind', ['date', 'time', 'datetime-local', 'month', 'week'])
def test_native_date_types_bind_strings(kind):
    """A browser's own date input is told to be text once AngularJS runs, which would bind a Date otherwise."""
    form = type('F', (NgModelFormMixin, forms.Form), {'x': forms.CharField(widget=forms.DateInput({'type': kind}))})
    [element] = Elements(form(scope_prefix='data').as_div()).found
    assert (element['type'], element['ng-attr-type'], element['ng-model']) == (kind, 'text', 'data.x')


class SubscribeForm(NgModelFormMixin, forms.Form):
    """The form of the documentation."""

    scope_prefix = 'subscribe_data'
    first_name = forms.CharField(initial='John')
    plan = forms.ChoiceField(choices=PLANS, widget=forms.RadioSelect)


def test_prefix_on_the_class_or_given():
    """The constructor's scope_prefix wins over the class's."""
    assert models(SubscribeForm())[0] == ('first_name', 'subscribe_data.first_name')
    assert models(SubscribeForm(scope_prefix='vm.form'))[0] == ('first_name', 'vm.form.first_name')


@pytest.mark.parametrize('given', [{}, {'scope_prefix': ''}])
def test_without_prefix(given):
    """A form without a scope_prefix says what to write."""
    form_class = type('Nameless', (NgModelFormMixin, forms.Form), {})
    with pytest.raises(ImproperlyConfigured, match=r"Nameless\(scope_prefix='subscribe_data'\)"):
        form_class(**given)


def test_form_prefix_needs_brackets():
    """With a form's prefix, the model has the name that is in the HTML."""
    assert models(SubscribeForm(prefix='a'))[0] == ('a-first_name', "subscribe_data['a-first_name']")
    assert SubscribeForm(prefix='a').get_initial_data() == {'a-first_name': 'John', 'a-plan': ''}


def test_formset():
    """The forms of a formset bind to different properties of one object."""
    formset = forms.formset_factory(SubscribeForm, extra=2)()
    assert models(formset[1])[0] == ('form-1-first_name', "subscribe_data['form-1-first_name']")


@pytest.mark.parametrize(
    'name', ['plain', 'größe', '2x', "it's", 'a"b', 'back\\slash', '{{x}}', '</p>', '\U0001f600', 'a b.c']
)
def test_odd_names_evaluate_to_themselves(name):
    """Whatever a field is called, the expression names that property, and holds no curly brackets."""
    expression = ng_model('data', name)
    assert '{' not in expression
    program = f'const data = new Proxy({{}}, {{get: (_, name) => name}}); process.stdout.write({expression})'
    done = subprocess.run(['node', '-e', program], capture_output=True, check=True)
    assert done.stdout.decode() == name


def test_own_ng_model_stays():
    """A widget that names a model already keeps it."""
    assert shown(forms.CharField(widget=forms.TextInput({'ng-model': 'other.y'}))) == ['other.y']


def test_fields_and_widgets_changed_after_construction():
    """A form may add fields and replace widgets until it is rendered."""
    form = SubscribeForm()
    form.fields['late'] = forms.CharField()
    form.fields['first_name'].widget = forms.Textarea()
    assert ('late', 'subscribe_data.late') in models(form)
    assert models(form)[0] == ('first_name', 'subscribe_data.first_name')


def test_other_forms_are_untouched():
    """The class's own fields, and forms without the mixin that share a widget, carry no ng-model."""
    SubscribeForm().as_div()
    assert type(SubscribeForm.base_fields['plan'].widget) is forms.RadioSelect
    assert 'ng-model' not in type('Plain', (forms.Form,), dict(SubscribeForm.base_fields))().as_div()


def test_radio_buttons_one_by_one():
    """Choices that a template loops over carry their model, too."""
    tags = [str(radio.tag()) for radio in SubscribeForm()['plan']]
    assert [Elements(tag).found[0]['ng-model'] for tag in tags] == ['subscribe_data.plan'] * 2
    [text] = SubscribeForm()['first_name'].subwidgets
    assert 'ng-model="subscribe_data.first_name"' in str(text)


def test_model_form():
    """A ModelForm works as any form."""

    class GroupForm(NgModelFormMixin, forms.ModelForm):
        scope_prefix = 'group'

        class Meta:
            model = Group
            fields = ['name']

    form = GroupForm(instance=Group(name='fans'))
    assert models(form) == [('name', 'group.name')]
    assert form.get_initial_data() == {'name': 'fans'}


class EverythingForm(NgModelFormMixin, forms.Form):
    """One of each."""

    text = forms.CharField(initial='John', max_length=30)
    area = forms.CharField(widget=forms.Textarea, initial='a\nb')
    number = forms.IntegerField(initial=3)
    decimal = forms.DecimalField(initial='0.25', decimal_places=2)
    slider = forms.IntegerField(initial=7, widget=forms.NumberInput({'type': 'range'}))
    email = forms.EmailField(initial='john@example.org')
    tick = forms.BooleanField(initial=True, required=False)
    untick = forms.BooleanField(required=False)
    maybe = forms.NullBooleanField(initial=False)
    plan = forms.ChoiceField(choices=PLANS)
    group = forms.ChoiceField(choices=[('', '--'), ('G', PLANS)], initial='b')
    blank = forms.ChoiceField(choices=[('', '--'), *PLANS], required=False)
    many = forms.MultipleChoiceField(choices=SPORTS, initial=['football', "o'bull"])
    radio = forms.ChoiceField(choices=PLANS, initial='b', widget=forms.RadioSelect)
    boxes = forms.MultipleChoiceField(choices=SPORTS, initial=['ice hockey'], widget=forms.CheckboxSelectMultiple)
    day = forms.DateField(initial=datetime.date(1990, 6, 30))
    native = forms.DateField(
        initial=datetime.date(1990, 6, 30), widget=forms.DateInput({'type': 'date'}, format='%Y-%m-%d')
    )
    moment = forms.SplitDateTimeField(initial=datetime.datetime(2026, 1, 2, 3, 4, 5))
    birthday = forms.DateField(
        initial=datetime.date(1990, 6, 30), widget=forms.SelectDateWidget(years=range(1988, 1993))
    )
    hidden = forms.CharField(initial='h', widget=forms.HiddenInput)
    hiddens = forms.MultipleChoiceField(choices=PLANS, initial=['a', 'b'], widget=forms.MultipleHiddenInput)


EVERYTHING = {
    'text': 'John',
    'area': 'a\nb',
    'number': 3,
    'decimal': 0.25,
    'slider': 7,
    'email': 'john@example.org',
    'tick': True,
    'untick': False,
    'maybe': 'false',
    'plan': 'a',
    'group': 'b',
    'blank': '',
    'many': ['football', "o'bull"],
    'radio': 'b',
    'boxes.football': False,
    'boxes.ice hockey': True,
    "boxes.o'bull": False,
    'day': '1990-06-30',
    'native': '1990-06-30',
    'moment_0': '2026-01-02',
    'moment_1': '03:04:05',
    'birthday_year': '1990',
    'birthday_month': '6',
    'birthday_day': '30',
    'hidden': 'h',
    'hiddens': ['a', 'b'],
}


def test_initial_data():
    """The initial data has one value for each element, of the kind that AngularJS wants, ready for JSON."""
    data = EverythingForm(scope_prefix='data').get_initial_data()
    assert data == EVERYTHING
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_initial_data_of_a_bound_form():
    """A form with data gives what was posted, right or wrong."""
    form = EverythingForm(QueryDict('text=Jane&number=x&plan=nonsense&boxes=football'), scope_prefix='data')
    data = form.get_initial_data()
    assert (data['text'], data['number'], data['plan'], data['tick']) == ('Jane', None, 'a', False)
    assert (data['boxes.football'], data['boxes.ice hockey']) == (True, False)


def test_initial_data_keeps_passwords():
    """A password is never given out, as in Django's own rendering."""
    form_class = type('F', (NgModelFormMixin, forms.Form), {'x': forms.CharField(widget=forms.PasswordInput)})
    assert form_class({'x': 'secret'}, scope_prefix='data').get_initial_data() == {'x': ''}


def test_posts_as_a_plain_form():
    """Names and values in the HTML are Django's: the same data is valid with and without the mixin."""
    post = QueryDict(mutable=True)
    post.update({'first_name': 'Jane', 'plan': 'b'})
    form = SubscribeForm(post)
    assert form.is_valid()
    assert form.cleaned_data == {'first_name': 'Jane', 'plan': 'b'}


RUN_ANGULARJS = """
const {readFileSync} = require('fs');
const {JSDOM} = require('jsdom');
const {version, html, data, changes} = JSON.parse(readFileSync(0, 'utf8'));
const page = `<form>${html}</form>`;
const {window} = new JSDOM(page, {runScripts: 'outside-only'});
window.eval(readFileSync(require.resolve(`angular-${version}/angular.js`), 'utf8'));
const errors = [];
window.angular.module('app', []).factory('$exceptionHandler', () => error => errors.push(String(error)))
  .run(['$rootScope', $rootScope => { $rootScope.data = data; }]);
const form = window.document.querySelector('form');
window.angular.bootstrap(form, ['app'], {strictDi: true});
const $rootScope = window.angular.element(form).injector().get('$rootScope');
const posted = () => Array.from(new window.FormData(form));
const out = {errors, pwned: window.pwned, first: posted(), text: form.textContent,
  unknown: Array.from(form.querySelectorAll('option'), o => o.value).filter(value => value.startsWith('?'))};
for (const [name, value] of changes) {
  const element = form.querySelector(`[name="${name}"]`);
  if (element.type === 'checkbox') element.click();
  else {
    element.value = value;
    for (const type of ['input', 'change']) element.dispatchEvent(new window.Event(type, {bubbles: true}));
  }
}
out.scope = $rootScope.data;
$rootScope.$apply(() => { Object.assign($rootScope.data, {text: 'remote', plan: 'b', 'boxes.football': false}); });
out.second = posted();
console.log(JSON.stringify(out));
process.exit();
"""


def in_angularjs(version, form, changes=()):
    """Return what a release of AngularJS makes of a form and its initial data, then of changes by a user."""
    if not (CLIENT / 'node_modules').is_dir():
        pytest.skip('client/node_modules is missing: run npm ci in client/')
    given = {'version': version, 'html': form.as_div(), 'data': form.get_initial_data(), 'changes': changes}
    done = subprocess.run(
        ['node', '-e', RUN_ANGULARJS], cwd=CLIENT, input=json.dumps(given), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def query(pairs):
    """Return posted pairs as Django sees them."""
    data = QueryDict(mutable=True)
    for name, value in pairs:
        data.appendlist(name, value)
    return data


@pytest.mark.parametrize('version', ['1.3', '1.5', '1.8'])
def test_in_angularjs(version):
    """AngularJS takes the initial data without an error, and a post from it gives what Django gave."""
    form = EverythingForm(scope_prefix='data')
    changes = [('text', 'typed'), ('native', '2001-02-03'), ('boxes', None), ('number', '8'), ('birthday_year', '1991')]
    out = in_angularjs(version, form, changes)
    assert out['errors'] == []
    assert out['unknown'] == []
    first = EverythingForm(query(out['first']), scope_prefix='data')
    assert first.is_valid(), first.errors
    assert {name: first.cleaned_data[name] for name in ('text', 'number', 'tick', 'maybe', 'radio', 'boxes')} == {
        'text': 'John',
        'number': 3,
        'tick': True,
        'maybe': False,
        'radio': 'b',
        'boxes': ['ice hockey'],
    }
    assert first.get_initial_data() == EVERYTHING
    typed = {'text': 'typed', 'native': '2001-02-03', 'boxes.football': True, 'number': 8, 'birthday_year': '1991'}
    assert {name: out['scope'][name] for name in typed} == typed | {'text': 'remote', 'boxes.football': False}
    second = query(out['second'])
    assert (second['text'], second['plan'], second['native']) == ('remote', 'b', '2001-02-03')
    assert second.getlist('boxes') == ['ice hockey']


INJECTION = "{{constructor.constructor('window.pwned = 1')()}}{{{ 1 }}"


@pytest.mark.parametrize('version', ['1.3', '1.8'])
def test_curly_brackets_in_values_are_not_run(version):
    """Values and labels that somebody typed are shown as they are, never run as expressions."""
    choices = [('1', INJECTION), ('2', mark_safe(INJECTION.replace('>', '&gt;')))]
    fields = {
        'text': forms.CharField(initial=INJECTION),
        'area': forms.CharField(initial=INJECTION, widget=forms.Textarea),
        'hidden': forms.CharField(initial=INJECTION, widget=forms.HiddenInput),
        'select': forms.ChoiceField(choices=choices, initial='1'),
        'plan': forms.ChoiceField(choices=choices, widget=forms.RadioSelect),
    }
    form = type('F', (NgModelFormMixin, forms.Form), fields)(scope_prefix='data')
    assert form.get_initial_data()['text'] == INJECTION
    assert form.get_initial_data()['hidden'] == INJECTION
    out = in_angularjs(version, form)
    assert 'pwned' not in out
    assert out['errors'] == []
    first = query(out['first'])
    assert (first['text'], first['area'], first['hidden']) == (INJECTION,) * 3
    # The textarea's text, two options, two radio buttons.
    assert out['text'].count(INJECTION) == 5


def test_curly_brackets_of_the_author_stay():
    """What the form's author writes into attributes and labels is a template of AngularJS', as intended."""
    html = shown_html(forms.CharField(label='{{ label }}', widget=forms.TextInput({'placeholder': '{{ hint }}'})))
    assert 'placeholder="{{ hint }}"' in html
    assert re.search('<label[^>]*>{{ label }}', html)


def shown_html(field):
    """Return the HTML of a form with one field."""
    return type('F', (NgModelFormMixin, forms.Form), {'x': field})(scope_prefix='data').as_div()
