"""Forms that collections must satisfy."""

from __future__ import annotations

import time

from django import forms


class PersonForm(forms.Form):
    """Fields of several kinds, and two that go together."""

    name = forms.CharField(max_length=10)
    age = forms.IntegerField(min_value=18)
    begin = forms.DateField(required=False)
    end = forms.DateField(required=False)
    slug = forms.SlugField(required=False)

    def clean(self):
        """Begin before the end, and give the name to the slug."""
        data = super().clean()
        if data.get('name') == 'slow':
            time.sleep(1)
        if data.get('name') == 'hang':
            time.sleep(8)
        if data.get('name') == 'trip':
            data['no such field']
        if data.get('begin') and data.get('end') and data['begin'] > data['end']:
            self.add_error('end', 'The end is before the begin.')
        if data.get('name') == 'nobody':
            raise forms.ValidationError('Somebody.')
        if 'name' in data:
            data['slug'] = data['name'].lower()
        return data
