"""A draft begins as the instance, and is saved to it once and as a whole."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connections, transaction
from django.db.models.signals import post_save
from django.http import Http404

from djng import facilities
from djng.collection import Collection, Conflict
from djng.drafts import TURN, Draft
from djng.facilities import Facility, ModelFormFacility
from tests.modelform.people import BEGIN, PersonForm, at_once, commit, draft_of
from tests.test_docs import DOCS, shown

pytestmark = pytest.mark.django_db(transaction=True)


def test_begins_as_the_instance(ada: User) -> None:
    """The first one who comes finds what the database holds; the next one what was made of it."""
    draft = draft_of(ada)
    assert draft == BEGIN
    draft['last_name'] = 'Lovelace'
    assert draft_of(ada) == {**BEGIN, 'last_name': 'Lovelace'}
    with pytest.raises(Http404):
        facilities.get('person-999').prepare()


def test_saved(ada: User) -> None:
    """The draft is saved as a whole, and then is what was saved; relations and times are, too."""
    group = Group.objects.create(name='chess')
    draft = draft_of(ada)
    draft.update(first_name='augusta ada', last_name='Lovelace', groups=[group.pk], last_login='2027-06-12T10:00:00Z')
    saved = commit(ada)
    assert saved.pk == ada.pk
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, list(ada.groups.all())) == ('Augusta Ada', 'Lovelace', [group])
    expected = {**BEGIN, 'first_name': 'Augusta Ada', 'last_name': 'Lovelace', 'groups': [str(group.pk)]}
    assert draft == {**expected, 'last_login': '2027-06-12T05:00:00-05:00'}
    del draft['last_name']
    commit(ada)
    ada.refresh_from_db()
    assert (ada.last_name, draft['last_name']) == ('', '')


def test_not_saved(ada: User) -> None:
    """What is wrong is told by field, or for the form, and nothing of it is saved."""
    draft = draft_of(ada)
    draft.update(username='', first_name='king')
    with pytest.raises(ValidationError) as refused:
        commit(ada)
    assert refused.value.message_dict == {
        'username': ['This field is required.'],
        '__all__': ['Two names are wanted.'],
    }
    ada.refresh_from_db()
    assert (ada.username, ada.first_name) == ('ada', 'Ada')
    assert draft['username'] == ''


def test_saved_once(ada: User, saves: list[User]) -> None:
    """Of several who press a button at the same time, one saves, and all are given what was saved."""
    draft_of(ada)['last_name'] = 'Lovelace'
    assert [user.last_name for user in at_once(*[f'person-{ada.pk}'] * 4)] == ['Lovelace'] * 4
    assert len(saves) == 1
    commit(ada)
    assert len(saves) == 1


def test_drafts_of_one_instance(ada: User) -> None:
    """Several drafts of one instance that are saved at the same instant do not wait for each other, and end alike."""
    drafts = [draft_of(ada), draft_of(ada, 'of-ada'), draft_of(ada, 'names-{}')]
    drafts[0]['last_name'], drafts[1]['is_staff'], drafts[2]['first_name'] = 'Lovelace', True, 'Augusta'
    begin = time.monotonic()
    assert at_once(*(draft.facility for draft in drafts)) == [ada] * 3
    assert time.monotonic() - begin < TURN / 2
    ada.refresh_from_db()
    assert (ada.last_name, ada.is_staff, ada.first_name) == ('Lovelace', True, 'Augusta')
    assert drafts[0] == drafts[1] == {**BEGIN, 'last_name': 'Lovelace', 'is_staff': True, 'first_name': 'Augusta'}
    assert drafts[2] == {'first_name': 'Augusta'}


def test_typed_while_it_is_saved(ada: User) -> None:
    """What is typed between reading and saving is not written over, and is saved the next time."""
    draft = draft_of(ada)
    draft.update(first_name='augusta', last_name='Byron')

    def type_on(**kwargs: Any) -> None:
        draft.now.update(first_name='ada', last_name='Lovelace')

    post_save.connect(type_on, sender=User)
    try:
        commit(ada)
    finally:
        post_save.disconnect(type_on, sender=User)
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ('Augusta', 'Byron')
    assert (draft['first_name'], draft['last_name']) == ('ada', 'Lovelace')
    commit(ada)
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ('Ada', 'Lovelace')


def test_transactions(ada: User) -> None:
    """Within a transaction browsers hear nothing before it commits, and nothing at all if it does not."""
    draft = draft_of(ada)
    draft['first_name'] = 'augusta'
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        commit(ada)
        _ = 1 / 0
    ada.refresh_from_db()
    assert (ada.first_name, draft['first_name']) == ('Ada', 'augusta')
    with transaction.atomic():
        commit(ada)
        User.objects.get(username='ada').save()
        assert draft['first_name'] == 'augusta'
    ada.refresh_from_db()
    assert (ada.first_name, draft['first_name']) == ('Augusta', 'Augusta')
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        User.objects.create(username='bob')
        ada.first_name = 'Grace'
        ada.save()
        _ = 1 / 0
    assert draft['first_name'] == 'Augusta'


def test_brought_back(ada: User) -> None:
    """What browsers have brought back after Redis lost it is the draft, and is not written over."""
    draft = Collection(f'person-{ada.pk}', broadcast=True)
    draft['last_name'] = 'Lovelace'
    assert draft_of(ada) == {**BEGIN, 'last_name': 'Lovelace'}
    commit(ada)
    ada.refresh_from_db()
    assert ada.last_name == 'Lovelace'


def test_nothing_to_save(ada: User, saves: list[User]) -> None:
    """Where nobody has a draft, what the database holds stays as it is."""
    assert commit(ada) == ada
    assert saves == []


def test_saved_all_the_time(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not get a turn in time is told so; one who was killed has had it for long enough."""
    draft = draft_of(ada)
    monkeypatch.setattr('djng.drafts.TURN', 0.2)
    with Draft(draft).turn(), pytest.raises(Conflict, match='being saved all the time'):
        monkeypatch.setattr('djng.drafts.TURN', 0.1)
        commit(ada)
    monkeypatch.setattr('djng.drafts.TURN', 0.5)
    Draft(draft).turn().__enter__()
    assert commit(ada) == ada


def test_async(ada: User) -> None:
    """An async view waits for it."""
    draft_of(ada)['last_name'] = 'Lovelace'

    async def view() -> Any:
        facility: Any = facilities.get(f'person-{ada.pk}')
        try:
            return await facility.acommit()
        finally:
            await sync_to_async(connections.close_all)()

    assert asyncio.run(view()).last_name == 'Lovelace'


def test_view(ada: User, rf: Any) -> None:
    """The view that the documentation shows saves the draft, or says what is wrong with it."""
    [code] = [code for code in shown(DOCS / 'models.rst', 'python') if 'def save(' in code]
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    draft = draft_of(ada)
    draft['first_name'] = 'augusta'
    response = namespace['save'](rf.post('/'), pk=ada.pk)
    assert (response.status_code, json.loads(response.content)) == (200, {'saved': 'ada'})
    draft['username'] = ''
    response = namespace['save'](rf.post('/'), pk=ada.pk)
    assert response.status_code == 422
    assert json.loads(response.content) == {'errors': {'username': ['This field is required.']}}


def test_made_of_fields() -> None:
    """A model and fields make a form, in a subclass that names others another one; a form tells its model."""

    class Names(ModelFormFacility):
        model = User
        fields = ('first_name', 'last_name')

    class First(Names):
        fields = ('first_name',)

    class Person(ModelFormFacility):
        form_class = PersonForm

    assert [list(cls.form_class.base_fields) for cls in (Names, First)] == [['first_name', 'last_name'], ['first_name']]
    assert Person.model is User


def test_mistakes() -> None:
    """A class without the form of a model, and a facility that is none, are told at once."""
    with pytest.raises(ImproperlyConfigured, match='needs a form_class that is a ModelForm'):
        facilities.register('wrong')(type('Wrong', (ModelFormFacility,), {}))
    with pytest.raises(LookupError, match='nothing'):
        facilities.get('nothing')
    assert Facility('open').prepare() is None  # type: ignore[func-returns-value]
