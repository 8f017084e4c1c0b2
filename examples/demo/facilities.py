"""What browsers may be bound to, who may change it, and what it must be: found by its name, like admin.py."""

from django.core.exceptions import ValidationError

from demo import noughts
from demo.tour import TourForm
from djng import facilities
from djng.presence import Presence

# A form that is open to all.
facilities.register('subscribe_data')(facilities.Facility)


@facilities.register('chat')
class ChatFacility(facilities.Facility):
    def presence(self, request):
        return {'name': request.session.get('name', '')}  # what others see of a visitor


@facilities.register('scoreboard')
class ScoreboardFacility(facilities.Facility):
    def may_publish(self, request):
        return False  # the server alone says what the score is


@facilities.register('game-<slug:slug>')
class GameFacility(facilities.Facility):
    writable = noughts.SAID
    presence = True
    expire = 24 * 60 * 60
    rate = 5

    def may_publish(self, request):
        self.player = Presence(self.name).key(request)
        return True

    def before_change(self, author, change):
        try:
            game = noughts.decide(change.before, change.after, self.player)
        except noughts.Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        # A move, and all that follows from it, is one change.
        change.set = {name: value for name, value in game.items() if change.before.get(name, ...) != value}
        change.delete = []


@facilities.register('tour-<int:pk>')
class TourFacility(facilities.ModelFormFacility):
    form_class = TourForm


@facilities.register('saved-tour-<int:pk>')
class SavedTourFacility(TourFacility):
    def may_publish(self, request):
        return False  # it is what the database holds, and changes when a tour is saved
