"""One form with each kind of field, plain and bound to AngularJS."""

from django import forms

from djng.forms import NgModelFormMixin

ROUTES = [
    ('Rivers', [('danube', 'Along the Danube'), ('inn', 'From the Inn to the sea')]),
    ('Mountains', [('dolomites', 'Round the Dolomites'), ('glockner', 'Over the Großglockner')]),
]
LANGUAGES = [('de', 'German'), ('en', 'English'), ('fr', 'French'), ('it', 'Italian'), ('sl', 'Slovene')]
BICYCLES = [('own', 'I bring my own'), ('touring', 'A touring bicycle'), ('electric', 'An electric one')]
EXTRAS = [('helmet', 'Helmet'), ('panniers', 'Panniers'), ('child_seat', 'Child seat'), ('lock', 'Lock')]


class SubscribeForm(forms.Form):
    """Join a bicycle tour."""

    required_css_class = 'required'

    first_name = forms.CharField(max_length=30)
    last_name = forms.CharField(max_length=30)
    email = forms.EmailField(label='E-mail')
    birth_date = forms.DateField(help_text='As in 1990-06-30')
    height = forms.IntegerField(min_value=100, max_value=230, help_text='In cm, for the bicycle')
    jersey = forms.CharField(
        label='Colour of the jersey', initial='#d9480f', widget=forms.TextInput(attrs={'type': 'color'})
    )
    route = forms.ChoiceField(choices=[('', 'Choose one'), *ROUTES])
    pace = forms.IntegerField(
        label='Pace, from calm to brisk',
        initial=3,
        min_value=1,
        max_value=5,
        widget=forms.NumberInput(attrs={'type': 'range'}),
    )
    bicycle = forms.ChoiceField(choices=BICYCLES, widget=forms.RadioSelect)
    extras = forms.MultipleChoiceField(
        label='To borrow', choices=EXTRAS, widget=forms.CheckboxSelectMultiple, required=False
    )
    languages = forms.MultipleChoiceField(choices=LANGUAGES, required=False, help_text='More than one with Ctrl or ⌘')
    notes = forms.CharField(widget=forms.Textarea(attrs={'rows': 4}), required=False)
    newsletter = forms.BooleanField(label='Tell me about the next tours', required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix='', **kwargs)


class BoundSubscribeForm(NgModelFormMixin, SubscribeForm):
    """The same form, with each field bound to a property of an object on AngularJS' scope."""
