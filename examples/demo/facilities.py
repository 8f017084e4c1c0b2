"""What browsers may be bound to, who may change it, and what it must be: found by its name, like admin.py."""

from demo.tour import TourForm
from djng import facilities

# A form and a chat, open to all.
facilities.register('subscribe_data', 'chat')(facilities.Facility)


@facilities.register('scoreboard')
class ScoreboardFacility(facilities.Facility):
    def may_publish(self, request):
        return False  # the server alone says what the score is


@facilities.register('tour-<int:pk>')
class TourFacility(facilities.ModelFormFacility):
    form_class = TourForm


@facilities.register('saved-tour-<int:pk>')
class SavedTourFacility(TourFacility):
    def may_publish(self, request):
        return False  # it is what the database holds, and changes when a tour is saved
