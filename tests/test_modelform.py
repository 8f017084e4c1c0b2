"""The draft of an instance: it begins as this, is saved to it once and as a whole, and takes in what others save."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.http import Http404

from djng import facilities
from djng.collection import Collection, DictCollection
from djng.facilities import Facility, ModelFormFacility, registry
from tests.servers import Redis

pytestmark = pytest.mark.django_db(transaction=True)


class PersonForm(forms.ModelForm):
    """A name that is cleaned, two that go together, a time, a tick, and relations."""

    class Meta:
        """Fields of several kinds."""

        model = User
        fields = ('username', 'first_name', 'last_name', 'last_login', 'is_staff', 'groups')

    def clean_first_name(self) -> str:
        """Write it large."""
        return str(self.cleaned_data['first_name']).title()

    def clean(self) -> dict[str, Any]:
        """Let nobody have one name twice."""
        data = super().clean() or {}
        if data.get('first_name') and data.get('first_name') == data.get('last_name'):
            raise ValidationError('Two names are wanted.')
        return data


@pytest.fixture(autouse=True)
def declared(spoken_to: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The facilities of these tests, which are gone behind each."""
    before = {name: value.copy() for name, value in vars(registry).items() if isinstance(value, (dict, list))}

    @facilities.register('person-<int:pk>', 'of-<username>')
    class PersonFacility(ModelFormFacility):
        form_class = PersonForm

    @facilities.register('names-<int:pk>')
    class NamesFacility(ModelFormFacility):
        model = User
        fields = ('first_name',)

    yield
    for name, value in before.items():
        setattr(registry, name, value)
    registry._match.cache_clear()


@pytest.fixture
def ada() -> User:
    """Somebody."""
    return User.objects.create(username='ada', first_name='Ada', last_name='King')


def draft_of(user: User, name: str = 'person-{}') -> DictCollection:
    """Return the draft of somebody, opened as who comes first opens it."""
    facility = facilities.get(name.format(user.pk))
    facility.prepare()
    return Collection(facility.name, broadcast=True)


def commit(user: User) -> User:
    """Save the draft of somebody."""
    facility = facilities.get(f'person-{user.pk}')
    assert isinstance(facility, ModelFormFacility)
    saved: User = facility.commit()
    return saved


BEGIN = {
    'username': 'ada',
    'first_name': 'Ada',
    'last_name': 'King',
    'last_login': None,
    'is_staff': False,
    'groups': [],
}


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


@pytest.fixture
def saves() -> Iterator[list[User]]:
    """What is saved, once for each time."""
    saves: list[User] = []

    def listen(instance: User, **kwargs: Any) -> None:
        saves.append(instance)

    post_save.connect(listen, sender=User)
    yield saves
    post_save.disconnect(listen, sender=User)


def test_saved_once(ada: User, saves: list[User]) -> None:
    """Of several who press a button at the same time, one saves, and all are given what was saved."""
    draft_of(ada)['last_name'] = 'Lovelace'
    barrier, found, trouble = threading.Barrier(4), [], []

    def press() -> None:
        try:
            barrier.wait()
            found.append(commit(ada).last_name)
        except Exception as error:
            trouble.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, trouble) == (['Lovelace'] * 4, [])
    assert len(saves) == 1
    commit(ada)
    assert len(saves) == 1


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


def test_brought_back(ada: User) -> None:
    """What browsers have brought back after Redis lost it is the draft, and is not written over."""
    draft = Collection(f'person-{ada.pk}', broadcast=True)
    draft.update({**BEGIN, 'last_name': 'Lovelace'})
    assert draft_of(ada)['last_name'] == 'Lovelace'
    commit(ada)
    ada.refresh_from_db()
    assert ada.last_name == 'Lovelace'


def test_nothing_to_save(ada: User, saves: list[User]) -> None:
    """Where nobody has a draft, what the database holds stays as it is."""
    assert commit(ada) == ada
    assert saves == []


def test_async(ada: User) -> None:
    """An async view waits for it."""
    draft_of(ada)['last_name'] = 'Lovelace'

    async def view() -> Any:
        facility: Any = facilities.get(f'person-{ada.pk}')
        return await facility.acommit()

    assert asyncio.run(view()).last_name == 'Lovelace'


def test_mistakes() -> None:
    """A class without the form of a model, and a facility that is none, are told at once."""
    with pytest.raises(ImproperlyConfigured, match='needs a form_class that is a ModelForm'):
        facilities.register('wrong')(type('Wrong', (ModelFormFacility,), {}))
    with pytest.raises(LookupError, match='nothing'):
        facilities.get('nothing')
    with pytest.raises(AttributeError):
        _ = facilities.NoFacility
    assert Facility('open').prepare() is None  # type: ignore[func-returns-value]
