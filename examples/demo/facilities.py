"""What browsers may be bound to, who may change it, and what it must be: found by its name, like admin.py."""

from djng import facilities

# A form, open to all.
facilities.register('subscribe_data')(facilities.Facility)


@facilities.register('chat')
class ChatFacility(facilities.Facility):
    def presence(self, request):
        """Return what others see of a visitor: the name that the page has asked for."""
        return {'name': request.session.get('name', '')}


@facilities.register('scoreboard')
class ScoreboardFacility(facilities.Facility):
    def may_publish(self, request):
        return False  # the server alone says what the score is
