"""The same collection, open to all, and behind forms: a quick one, one that waits, and one that calculates."""

import time

from django import forms

from djng import facilities

#: Properties that load.c changes.
FIELDS = 30

#: Seconds that the slow forms take for a change: one as if it asked another server, one as if it calculated.
WAITS, CALCULATES = 0.2, 0.05

facilities.register('foobar', 'other', 'open', 'open-<int:n>')(facilities.Facility)


class TextsForm(forms.Form):
    locals().update({f'field_{n}': forms.CharField(max_length=200, required=False) for n in range(FIELDS)})


class WaitingForm(TextsForm):
    def clean(self):
        time.sleep(WAITS)


class CalculatingForm(TextsForm):
    def clean(self):
        end = time.thread_time() + CALCULATES
        while time.thread_time() < end:
            sum(range(100))


@facilities.register('hook')
class HookFacility(facilities.Facility):
    def before_change(self, author, change):
        pass


@facilities.register('form', 'form-<int:n>')
class FormFacility(facilities.Facility):
    form_class = TextsForm


@facilities.register('waiting-<int:n>')
class WaitingFacility(facilities.Facility):
    form_class = WaitingForm


@facilities.register('calculating-<int:n>')
class CalculatingFacility(facilities.Facility):
    form_class = CalculatingForm
