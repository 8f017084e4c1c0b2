"""One facility for each thing that a project may say of one."""

from __future__ import annotations

import time

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404

from djng import facilities
from djng.facilities import Facility

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
