"""Views that change a collection, for tests of WSGI and of ASGI."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

from djng.collection import SELF, Collection


def goal(request: HttpRequest) -> JsonResponse:
    """Count a goal, of everybody's and of the visitor's own collection, and write down a group."""
    scores = Collection('scores', broadcast=True)
    own = Collection('scores', sessions=SELF, request=request)
    with transaction.atomic():
        Group.objects.create(name=request.GET['name'])
        scores.increment('home')
        own['seen'] = True
        if 'fail' in request.GET:
            raise ValueError('after the goal')
    return JsonResponse({'scores': scores.snapshot().value, 'own': own.snapshot().value})


async def async_goal(request: HttpRequest) -> JsonResponse:
    """Do all that async code can do to a collection."""
    scores, chat = Collection('scores', broadcast=True), Collection('chat', broadcast=True, kind=list)
    await scores.aset('home', 1)
    await scores.aupdate({'away': 1}, of='cup')
    assert await scores.aincrement('home') == 2
    await scores.adelete('of')
    assert await scores.apop('away') == 1
    async with scores.aedit() as state:
        state['home'] += 1
    await scores.atransact(lambda state: state.update(calls=state['home']))
    await chat.aappend('a')
    await chat.aextend(['b', 'c'])
    assert await chat.apop() == 'c'
    kept, messages = await scores.asnapshot(), await chat.asnapshot()
    await chat.areplace(['x'])
    await chat.aclear()
    await scores.areplace({'home': await scores.aget('home')})
    assert await scores.aget('calls', 'none') == 'none'
    found = await scores.asnapshot()
    await scores.aclear()
    return JsonResponse({'scores': kept.value, 'chat': messages.value, 'found': found.value})


async def async_transaction(request: HttpRequest) -> JsonResponse:
    """Do in Django's thread what needs a transaction."""

    @transaction.atomic
    def goal() -> object:
        Group.objects.create(name='async')
        scores.update(home=1)
        return scores.snapshot().value

    scores = Collection('scores', broadcast=True)
    before = await sync_to_async(goal)()
    return JsonResponse({'before': before, 'after': (await scores.asnapshot()).value})


async def blocking(request: HttpRequest) -> JsonResponse:
    """Block the loop, by mistake."""
    return JsonResponse({'home': Collection('scores', broadcast=True)['home']})


urlpatterns = [
    path('goal', goal),
    path('async_goal', async_goal),
    path('async_transaction', async_transaction),
    path('blocking', blocking),
]
