"""What browsers may be bound to, who may change it, and what it must be: found by its name, like admin.py."""

from djng import facilities


@facilities.register('chat')
class ChatFacility(facilities.Facility):
    def presence(self, request):
        """Return what others see of a visitor: the name that the page has asked for."""
        return {'name': request.session.get('name', '')}


# All others are open to everybody, whatever they are called; a project lists its own.
facilities.register('<path:name>')(facilities.Facility)
