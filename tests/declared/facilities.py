"""One facility for each thing that a project may say of one."""

from __future__ import annotations

import time

from django import forms
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import Http404

from djng import facilities
from djng.facilities import Facility
from tests.declared.forms import PersonForm

facilities.register('open')(Facility)


@facilities.register('wall-<int:pk>')
class Wall(Facility):
    """The wall of a user, who alone writes on it."""

    def may_subscribe(self, request):
        """Whether there is such a user."""
        return User.objects.filter(pk=self.kwargs['pk']).exists()

    def may_publish(self, request):
        """Whether it is the user's own."""
        return User.objects.filter(pk=request.user.pk, is_active=True).first() == User(pk=self.kwargs['pk'])


@facilities.register('box')
class Box(Facility):
    """All may put something in, and nobody look."""

    def may_subscribe(self, request):
        """Nobody."""
        return False

    def may_publish(self, request):
        """Everybody."""
        return True


@facilities.register('denied')
class Denied(Facility):
    """With a reason."""

    def may_subscribe(self, request):
        """Say why not."""
        raise PermissionDenied('come back on Monday')


@facilities.register('sold-<slug:what>')
class Sold(Facility):
    """Not there any more."""

    def may_subscribe(self, request):
        """Act as a view does."""
        raise Http404(f'{self.kwargs["what"]} is gone')


@facilities.register('broken')
class Broken(Facility):
    """With a mistake in it."""

    def may_publish(self, request):
        """Trip."""
        return request.user.no_such_attribute


@facilities.register('torn')
class Torn(Facility):
    """With another."""

    def writable(self, request):
        """Give one name where names are asked for."""
        return 'home'


@facilities.register('hanging')
class Hanging(Facility):
    """Never decided."""

    def may_subscribe(self, request):
        """Hang."""
        time.sleep(60)


@facilities.register('match')
class Match(Facility):
    """Visitors note the score, who signs in the rest, too."""

    def writable(self, request):
        """Return what is open to all, or nothing for all."""
        return None if request.user.is_authenticated else ['home', 'away']


@facilities.register('small')
class Small(Facility):
    """Little of it, and it outlives its browsers for long."""

    max_properties = 2
    max_size = 30
    expire = 500


@facilities.register('slow')
class Slow(Facility):
    """Five changes a second from each."""

    rate = 5


@facilities.register('person', 'person-<int:pk>')
class Person(Facility):
    """Checked by a form."""

    form_class = PersonForm


@facilities.register('draft')
class Draft(Facility):
    """Checked by a form, and kept all the same."""

    form_class = PersonForm
    draft = True


class UserForm(forms.ModelForm):
    """Names that nobody else has."""

    class Meta:
        """The name of a user."""

        model = User
        fields = ['username']


@facilities.register('user-<int:pk>')
class Account(Facility):
    """Checked by the form of a model."""

    form_class = UserForm

    def get_form_kwargs(self):
        """Let the user keep the name."""
        return {'instance': User.objects.get(pk=self.kwargs['pk'])}


@facilities.register('game')
class Game(Facility):
    """One move after the other, and a list of them in the database."""

    def before_change(self, author, change):
        """Let whoever's turn it is move, once for each field."""
        if set(change.set) & set(change.before) - {'turn'}:
            raise forms.ValidationError(dict.fromkeys(change.set, 'This is taken.'))
        if change.before.get('turn', author.client) != author.client:
            raise PermissionDenied('It is not your turn.')
        change.set['turn'] = 'the other' if author.user.is_anonymous else author.user.get_username()

    def after_change(self, author, change):
        """Write it down."""
        for name in change.set:
            Group.objects.get_or_create(name=f'{name} by {author.client}')


@facilities.register('chat')
class Chat(Facility):
    """Messages with their authors."""

    def before_change(self, author, change):
        """Let messages be added, and nothing else."""
        if change.kind != 'array' or change.set or change.length is not None:
            raise PermissionDenied('Messages are added.')
        change.push = [{'from': author.client, 'text': str(text)} for text in change.push]


@facilities.register('weighed')
class Weighed(Facility):
    """Where looking at a change takes a moment, and is counted."""

    calls = 0

    def before_change(self, author, change):
        """Tell how often this process has done so."""
        Weighed.calls += 1
        change.set['calls'] = Weighed.calls
        time.sleep(0.02)


@facilities.register('crowded')
class Crowded(Facility):
    """What many change at once."""

    def before_change(self, author, change):
        """Count."""
        change.set['n'] = change.before.get('n', 0) + 1


@facilities.register('account-<int:pk>')
class AccountDraft(facilities.ModelFormFacility):
    """The draft of a user."""

    form_class = UserForm


@facilities.register('auction')
class Auction(Facility):
    """All see the bid and say what they would give at the most, which only those see who sign in."""

    writable = ['bid', 'most']

    def readable(self, request):
        """Return what is open to all, or nothing for all."""
        return None if request.user.is_authenticated else ['bid', 'bidder']


@facilities.register('torn-too')
class TornToo(Facility):
    """With the same mistake in what may be read."""

    def readable(self, request):
        """Give one name where names are asked for."""
        return 'home'


@facilities.register('sealed')
class Sealed(Facility):
    """Checked by a form of which visitors see the name."""

    form_class = PersonForm
    readable = ['name']
    writable = ['name', 'begin']


@facilities.register('sealed-draft')
class SealedDraft(Sealed):
    """The same, kept all the same."""

    draft = True


@facilities.register('club')
class Club(Facility):
    """Who is there is known by name, to those who are known themselves."""

    presence = True

    def may_subscribe(self, request):
        """Whoever has signed in."""
        return request.user.is_authenticated


@facilities.register('cafe', 'cafe-<int:pk>')
class Cafe(Facility):
    """All say who they are, and some would rather not."""

    def presence(self, request):
        """Return the name that the address has."""
        name = request.GET.get('as', '')
        if name == 'trip':
            raise ValueError(name)
        return None if name == 'nobody' else {'name': name}
