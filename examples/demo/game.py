"""Noughts and crosses: each address is a game of its own, and who opens it plays or watches."""

from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string

from djng.presence import Presence


def new_game(request):
    return redirect('game', slug=get_random_string(8, 'abcdefghijkmnpqrstuvwxyz23456789'))


def game(request, slug):
    # Who has a session is the same person after a reload, in a second tab, and on the socket.
    if 'plays' not in request.session:
        request.session['plays'] = True
        request.session.save()
    facility = f'game-{slug}'
    context = {
        'facility': facility,
        'me': Presence(facility).key(request),
        'address': request.build_absolute_uri(request.path),
    }
    return render(request, 'demo/game.html', context)
