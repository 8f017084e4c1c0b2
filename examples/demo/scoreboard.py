"""A match day: the server alone says what the score is, and every browser shows it."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from djng.collection import Collection

MATCHES = {
    'north': ['Lovelace Rovers', 'Turing Town'],
    'south': ['Hopper United', 'Dijkstra Athletic'],
    'coast': ['Liskov City', 'Knuth Wanderers'],
}


def board():
    return Collection('scoreboard', broadcast=True)


def start():
    """Begin all matches anew."""
    board().replace({**{key: [0, 0] for key in MATCHES}, 'news': [], 'at': timezone.now()})


def score(key, side):
    """Count a goal: nobody's is lost, and nobody sees the goal without the news."""

    def count(state):
        state[key][side] += 1
        state['at'] = timezone.now()
        news = {'text': '{}, {}:{}'.format(MATCHES[key][side], *state[key]), 'at': state['at']}
        state['news'] = [news, *state['news']][:5]
        return news['text']

    return board().transact(count)


def scoreboard(request):
    return render(request, 'demo/scoreboard.html', {'matches': MATCHES})


@require_POST
def kick_off(request):
    start()
    return HttpResponse(status=204)  # the page stays as it is: the socket shows what has changed


@require_POST
def goal(request, key, side):
    if key not in MATCHES or side > 1:
        raise Http404
    if key in board():
        score(key, side)
    return HttpResponse(status=204)
