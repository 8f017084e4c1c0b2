"""What is saved or deleted elsewhere flows into drafts, by the fields that it has changed."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from django.contrib.auth.models import Group, User
from django.http import Http404
from redis.exceptions import RedisError

from djng import facilities
from djng.collection import Collection
from djng.drafts import Draft
from djng.facilities import ModelFormFacility
from tests.modelform.people import BEGIN, commit, draft_of
from tests.servers import Redis

pytestmark = pytest.mark.django_db(transaction=True)


def test_saved_elsewhere(ada: User) -> None:
    """A save changes the fields of drafts whose value in the database it has changed, and no others."""
    drafts = [draft_of(ada), draft_of(ada, 'of-ada'), draft_of(ada, 'names-{}')]
    drafts[0].update(last_name='Lovelace', first_name='Augusta')
    version = drafts[0].version
    other = User.objects.get(pk=ada.pk)
    other.first_name, other.is_staff = 'Grace', True
    other.save()
    assert [draft['first_name'] for draft in drafts] == ['Grace'] * 3
    assert (drafts[0]['last_name'], drafts[0]['is_staff'], drafts[1]['last_name']) == ('Lovelace', True, 'King')
    assert drafts[0].version == version + 1
    other.save()
    assert drafts[0].version == version + 1


def test_saved_elsewhere_is_not_taken_back(ada: User) -> None:
    """The draft is what has changed in it: a value that others have changed in the database meanwhile stays theirs."""
    draft = draft_of(ada)
    draft['last_name'] = 'Lovelace'
    User.objects.filter(pk=ada.pk).update(first_name='Grace')
    commit(ada)
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ('Grace', 'Lovelace')
    assert (draft['first_name'], draft['last_name']) == ('Grace', 'Lovelace')


def test_no_signals(ada: User) -> None:
    """What Django sends no signals for is taken in when somebody asks for it."""
    draft = draft_of(ada)
    draft['last_name'] = 'Lovelace'
    User.objects.filter(pk=ada.pk).update(first_name='Grace')
    assert draft['first_name'] == 'Ada'
    facility = facilities.get(f'person-{ada.pk}')
    assert isinstance(facility, ModelFormFacility)
    facility.refresh()
    assert (draft['first_name'], draft['last_name']) == ('Grace', 'Lovelace')
    facilities.get('of-ada').refresh()  # of which there is no draft
    assert not Collection('of-ada', broadcast=True)


def test_relations_elsewhere(ada: User) -> None:
    """Who gains or loses a group, from whichever side, is seen in the draft."""
    draft = draft_of(ada)
    group = Group.objects.create(name='chess')
    ada.groups.add(group)
    assert draft['groups'] == [str(group.pk)]
    group.user_set.remove(ada)
    assert draft['groups'] == []


def test_deleted(ada: User, spoken_to: Redis) -> None:
    """Who is bound to what is deleted is told to come back, and finds nothing; no draft is left for a namesake."""
    draft = draft_of(ada, 'of-ada')
    draft['last_name'] = 'Lovelace'
    with spoken_to.client.pubsub() as pubsub:
        pubsub.subscribe('djng:rights')
        pubsub.get_message(timeout=5)
        ada.delete()
        told = [pubsub.get_message(timeout=5) for _ in range(4)]
        assert any(message and b'"of-ada"' in message['data'] for message in told)
    assert draft == {}
    with pytest.raises(Http404):
        facilities.get('of-ada').prepare()
    again = User.objects.create(username='ada', first_name='Ada', last_name='King')
    assert draft_of(again, 'of-ada') == BEGIN


def test_without_redis(ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What is saved is saved, though browsers could not be told; the next look at the database tells them."""
    draft = draft_of(ada)
    draft['first_name'] = 'augusta'
    with monkeypatch.context() as patch:
        patch.setattr(Draft, 'settle', Mock(side_effect=RedisError('gone')))
        commit(ada)
        patch.setattr(Draft, 'known', Mock(side_effect=RedisError('gone')))
        ada.refresh_from_db()
        ada.save()
        patch.setattr(Draft, 'known', Mock(side_effect=ZeroDivisionError))
        ada.save()
    assert (ada.first_name, draft['first_name']) == ('Augusta', 'augusta')
    name = f'person-{ada.pk}'
    for text in ('was saved, but could not be told: gone', 'could not be told what was saved: gone'):
        assert f'{name} {text}' in caplog.messages
    assert f'{name} could not be told what was saved' in caplog.messages
    ada.save()
    assert draft['first_name'] == 'Augusta'
