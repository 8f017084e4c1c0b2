"""Noughts and crosses: each address is a game of its own, and who opens it plays or watches."""

from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string, salted_hmac


def player_of(session_key, slug):
    """Return what a game knows a browser by: the same after a reload and in a second tab, and no secret."""
    return salted_hmac('demo.game', f'{slug}/{session_key}').hexdigest()[:16]


def new_game(request):
    return redirect('game', slug=get_random_string(8, 'abcdefghijkmnpqrstuvwxyz23456789'))


def game(request, slug):
    # Who has a session is known again; the socket has the same one.
    if 'plays' not in request.session:
        request.session['plays'] = True
        request.session.save()
    context = {
        'facility': f'game-{slug}',
        'me': player_of(request.session.session_key, slug),
        'address': request.build_absolute_uri(request.path),
    }
    return render(request, 'demo/game.html', context)
