"""Who is at a facility is a list like any collection, on both servers, to those who may hear the facility."""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from websockets.exceptions import ConnectionClosed, InvalidStatus
from ws4redis import settings as ws4redis_settings

from djng import facilities, speaking
from djng.channels import presence_of
from djng.presence import Presence, key_of
from djng.state.steps import Attend, attendance
from djng.state.store import Store
from tests.bound import Bound, bound
from tests.relay.declaring import APPS, by
from tests.relay.test_facilities import must_refuse
from tests.servers import Redis, Runserver, eventually
from tests.sockets import BOTH, heard, opened, server_with

pytestmark = pytest.mark.django_db(transaction=True)

HEARING = 'subscribe-broadcast'


@pytest.fixture
def mary() -> User:
    """Somebody who signs in."""
    return User.objects.create_user('mary')


@pytest.fixture
def bob() -> User:
    """Somebody else."""
    return User.objects.create_user('bob')


@contextlib.contextmanager
def looking(server: Runserver, facility: str = 'cafe', **how: Any) -> Iterator[Bound]:
    """Somebody who has bound the list of who is at ``facility``."""
    with bound(server, presence_of(facility), query=HEARING, **how) as bound_to_list:
        yield bound_to_list.knows()


def guest(server: Runserver, name: str, facility: str = 'cafe', **how: Any) -> Any:
    """Somebody who comes to the café, and says who they are."""
    return bound(server, facility, query=f'{BOTH}&as={name}', **how)


def names(people: Any) -> dict[str, int]:
    """Return how many tabs people have by their names."""
    return {person['name']: person['tabs'] for person in (people or {}).values()}


def sees(looker: Bound, **people: int) -> None:
    """Wait until somebody sees just these people, with so many tabs."""
    looker.hear_until(lambda bound: names(bound.value) == people)


def test_who_comes_and_goes(server: Runserver, mary: User, bob: User) -> None:
    """All tabs of a user are one entry, under a key that tells nothing; who comes late is told the whole."""
    with contextlib.ExitStack() as tabs, looking(server, 'club', **by(server, bob)) as looker:
        assert (looker.hello['sub'], looker.hello['pub']) == (['broadcast'], [])
        assert looker.value == {}
        tabs.enter_context(bound(server, 'club', **by(server, mary)))
        sees(looker, mary=1)
        assert looker.value == {key_of('club', user=str(mary.pk)): {'name': 'mary', 'tabs': 1}}
        with bound(server, 'club', **by(server, mary)), bound(server, 'club', **by(server, bob)):
            sees(looker, mary=2, bob=1)
            with looking(server, 'club', **by(server, mary)) as late:
                assert names(late.value) == {'mary': 2, 'bob': 1}
        sees(looker, mary=1)
        tabs.close()
        sees(looker)


def test_who_has_not_signed_in(server: Runserver, mary: User) -> None:
    """Each page without a session is a visitor of its own; what others see of it the facility says, if anything."""
    with looking(server) as looker, guest(server, 'eve'), guest(server, 'adam') as adam, guest(server, 'nobody'):
        sees(looker, eve=1, adam=1)
        assert key_of('cafe', user=None, client=adam.hello['me']) in looker.value
        with pytest.raises(InvalidStatus) as refused, guest(server, 'trip'):
            pass
        assert refused.value.response.status_code == 500
        with opened(server, f'cafe?{BOTH}&as=plain'), opened(server, f'cafe?{BOTH}&as=plain', **by(server, mary)):
            looker.hear_until(lambda bound: len(bound.value) == 4)


def test_a_page_that_is_loaded_again_does_not_flicker(server: Runserver, mary: User) -> None:
    """Who goes and comes back at once has been there all the time; so has a page whose socket was cut."""
    how, client_id, cafe = by(server, mary), secrets.token_hex(16), 'cafe-7'
    with (
        looking(server, cafe) as looker,
        guest(server, 'mary', cafe, **how) as one,
        guest(server, 'eve', cafe, client_id=client_id) as other,
    ):
        sees(looker, mary=1, eve=1)
        for gone in (one, other):
            gone.websocket.socket.shutdown(socket.SHUT_RDWR)
        with (
            guest(server, 'mary', cafe, **how),
            guest(server, 'eve', cafe, client_id=client_id),
            guest(server, 'bob', cafe),
        ):
            sees(looker, mary=1, eve=1, bob=1)
            assert not any('del' in frame['$$djng'] for frame in looker.frames)
            assert looker.position[1] <= 3


def test_what_is_seen_changes_with_the_latest_tab(server: Runserver, mary: User) -> None:
    """A person has one description, that of the tab that was opened last."""
    how = by(server, mary)
    with looking(server) as looker, guest(server, 'mary', **how):
        sees(looker, mary=1)
        with guest(server, 'Mary%20Ann', **how):
            sees(looker, **{'Mary Ann': 2})
        sees(looker, **{'Mary Ann': 1})


def test_the_list_is_for_those_who_may_hear_the_facility(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """It has the rights of its facility, and is there where that says so; nobody writes it."""
    must_refuse(server, presence_of('club'), 403, 4401)
    must_refuse(server, presence_of('cafe'), 403, 4401, 'publish-broadcast')
    for name in ('open', 'nothing', 'cafe-03', '', presence_of('cafe')):
        must_refuse(server, presence_of(name), 404, 4404)
    with looking(server, 'cafe-3') as looker, bound(server, presence_of('cafe-3'), query=BOTH) as liar:
        assert liar.hello['pub'] == []
        liar.knows()
        s = liar.say({'ghost': {'name': 'ghost', 'tabs': 1}})
        assert liar.hear()['$$djng'] == {'s': s, 'errors': {'': ['This socket may not publish.']}}
        liar.websocket.send('{"ghost":{"name":"ghost"},"$$djng":{"seed":1}}')
        with bound(server, 'cafe-3', query=f'{BOTH}&as=mary'):
            sees(looker, mary=1)
    assert redis_clean.client.pubsub_channels('*club*') == []


def test_a_plain_socket_hears_it(server: Runserver) -> None:
    """It hears what is new, and what was kept when it comes."""
    with guest(server, 'eve'), looking(server) as looker:
        sees(looker, eve=1)
        with opened(server, f'{presence_of("cafe")}?{HEARING}') as plain:
            assert names(json.loads(heard(plain))) == {'eve': 1}
            with guest(server, 'adam'):
                assert names(json.loads(heard(plain))) == {'adam': 1}


def test_rights_that_are_revoked(server: Runserver, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may hear the facility no more loses the list with it."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})
    with looking(server) as looker:
        facilities.revoke('cafe')
        with pytest.raises(ConnectionClosed) as closed:
            looker.hear_until(lambda bound: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012


def test_a_redis_that_has_lost_all(server: Runserver, redis_clean: Redis) -> None:
    """The list is told anew by the processes that live, in a later epoch."""
    with looking(server) as looker, guest(server, 'eve'), guest(server, 'adam'):
        sees(looker, eve=1, adam=1)
        epoch = looker.position[0]
        redis_clean.client.flushall()
        looker.hear_until(lambda bound: bound.position[0] > epoch and names(bound.value) == {'eve': 1, 'adam': 1})
        with guest(server, 'mary'):
            sees(looker, eve=1, adam=1, mary=1)


def test_who_only_hears_the_list_sees_who_has_died(server: Runserver, redis_clean: Redis) -> None:
    """A process that has died is forgotten also where nobody else is at the facility."""
    told = {'ghost': attendance(1, ['a'], '{"name":"ghost"}')}
    ghost = Attend(f'broadcast:{presence_of("cafe-9")}', 'broadcast', 'process', 0.5, told, is_first=True)
    with looking(server, 'cafe-9') as looker:
        Store(redis_clean.client, expire=0).run([ghost])
        sees(looker, ghost=1)
        sees(looker)
        with guest(server, 'eve', 'cafe-9'):
            sees(looker, eve=1)
        sees(looker)
        Store(redis_clean.client, expire=0).run([ghost])
        sees(looker, ghost=1)
        sees(looker)


def test_a_facility_without_presence_pays_nothing(server: Runserver, redis_clean: Redis) -> None:
    """Nothing is kept or published of who is there."""
    with bound(server, 'open') as a:
        a.knows()
        a.say({'x': 1})
        a.shows({'x': 1})
    assert redis_clean.client.keys('*presence*') == []


def test_django_reads_it(server: Runserver, redis_clean: Redis, mary: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Presence is a dict of who is there."""
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})
    speaking.shared_client.cache_clear()
    people = Presence('club')
    assert dict(people) == {}
    with bound(server, 'club', **by(server, mary)):
        eventually(lambda: len(people) == 1, 'Mary')
        [(key, person)] = people.items()
        assert person == people[key] == {'name': 'mary', 'tabs': 1}
        assert list(people) == list(people.keys()) == [key]
        assert list(people.values()) == [person]
        assert key in people
        assert 'other' not in people
        assert people.snapshot().version == 1
        assert repr(people) == '<Presence: club>'
    eventually(lambda: not people, 'nobody')


def test_an_open_world_has_no_lists(redis_clean: Redis) -> None:
    """Where no facility is declared nothing is told of anybody."""
    with server_with(redis_clean) as server, bound(server, 'cafe') as a:
        a.knows()
        must_refuse(server, presence_of('cafe'), 404, 4404)
        assert redis_clean.client.keys('*presence*') == []


def test_what_decides_by_the_path_decides_for_the_list(redis_clean: Redis) -> None:
    """WS4REDIS_ALLOWED_CHANNELS sees the path of the facility: what it keeps from somebody the list does not tell."""
    settings = {'INSTALLED_APPS': APPS, 'WS4REDIS_ALLOWED_CHANNELS': 'tests.hooks.not_in_the_first'}
    with server_with(redis_clean, **settings) as server:
        with looking(server, 'cafe') as looker, guest(server, 'eve'):
            sees(looker, eve=1)
        must_refuse(server, presence_of('cafe-1'), 403, 4403)
