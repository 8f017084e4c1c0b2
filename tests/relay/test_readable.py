"""Each socket is told the properties that it may read, and of the others not even the names, on both servers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from websockets.exceptions import InvalidStatus

from tests.bound import Bound, bound
from tests.relay.declaring import by
from tests.servers import Redis, Runserver
from tests.sockets import BOTH, opened, publish

pytestmark = pytest.mark.django_db(transaction=True)

#: What must not be in any frame.
SECRET = 'hush'


@pytest.fixture
def mary() -> User:
    """Somebody who may read all."""
    return User.objects.create_user('mary')


def heard_by(*sockets: Bound) -> str:
    """Return all that was heard, as one text."""
    return json.dumps([bound.frames for bound in sockets])


def versions(a: Bound) -> list[int]:
    """Return the versions of all changes that were heard."""
    return [about['v'] for about in (frame['$$djng'] for frame in a.frames) if 'v' in about and 'full' not in about]


def test_changes(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """Of each change the readable part is told, deletions included; no version is missing, and nobody asks again."""
    with (
        bound(server, 'auction') as a,
        bound(server, 'auction') as b,
        bound(server, 'auction', **by(server, mary)) as staff,
    ):
        for each in (a, b, staff):
            each.knows()
        for version, (author, change, about) in enumerate(
            [
                (staff, {'bid': 1, 'most': SECRET}, {}),
                (staff, {'most': f'{SECRET} 2'}, {}),
                (a, {'bid': 2}, {}),
                (b, {}, {'del': ['bid']}),
                (staff, {}, {'del': ['most']}),
                (staff, {'bid': 3, 'most': f'{SECRET} 3'}, {}),
            ],
            1,
        ):
            author.say(change, **about)
            staff.hear_until(lambda bound, version=version: bound.position[1] == version)
        assert staff.value == {'bid': 3, 'most': f'{SECRET} 3'}
        for each in (a, b):
            each.hear_until(lambda bound: bound.position == staff.position)
            assert each.value == {'bid': 3}
            assert versions(each) == versions(staff) == list(range(1, 7))
            assert not each.gaps
        assert 'most' not in heard_by(a, b)
        assert SECRET not in heard_by(a, b)


def test_snapshots(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """Who comes, and who asks again, is sent the readable part."""
    with bound(server, 'auction', **by(server, mary)) as staff, bound(server, 'auction') as a:
        staff.knows()
        a.knows()
        staff.say({'bid': 1, 'most': SECRET})
        staff.shows({'bid': 1, 'most': SECRET})
        a.tell(sync=1)
        a.hear_until(lambda bound: sum('full' in frame['$$djng'] for frame in bound.frames) == 2)
        with bound(server, 'auction') as late:
            late.shows({'bid': 1})
            assert late.position == a.position == staff.position
            assert SECRET not in heard_by(a, late)


def test_who_may_write_what_it_does_not_see(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """The own change comes back without it, and stands; what is neither seen nor declared is not written."""
    with bound(server, 'auction') as a, bound(server, 'auction', **by(server, mary)) as staff:
        a.knows()
        staff.knows()
        s = a.say({'bid': 1, 'most': 9})
        a.shows({'bid': 1})
        about = a.frames[-1]['$$djng']
        assert (about['o'], about['s']) == (a.hello['me'], s)
        s = a.say({}, **{'del': ['most']})
        assert a.hear() == {'$$djng': {**about, 'v': 2, 's': s}}
        staff.shows({'bid': 1})
        s = a.say({'other': 1, 'bid': 2})
        assert a.hear()['$$djng'] == {'s': s, 'errors': {'other': ['You may not change this.']}}


def test_a_part_is_no_whole(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """Who sees a part cannot seed, so that the rest is not lost where somebody has it; the whole is taken then."""
    with bound(server, 'auction') as a, bound(server, 'auction', **by(server, mary)) as staff:
        a.knows()
        staff.knows()
        a.websocket.send(json.dumps({'bid': 1, '$$djng': {'seed': 1}}))
        a.tell(sync=1)
        assert a.hear() == {'$$djng': {'full': 1, 'c': 'broadcast', 'e': a.position[0], 'v': 0}}
        staff.websocket.send(json.dumps({'bid': 2, 'most': 3, '$$djng': {'seed': 1}}))
        staff.shows({'bid': 2, 'most': 3})
        a.shows({'bid': 2})


def test_arrays(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """An array has no names, so of its items nothing is told, nor how many there are; and none is written."""
    with bound(server, 'auction') as a:
        a.knows()
        publish(redis_clean, 'broadcast:auction', f'["{SECRET}"]')
        a.hear_until(lambda bound: bound.position[1] == 1)
        assert a.value == {}
        s = a.say({}, push=[1])
        assert a.hear()['$$djng']['s'] == s
        assert 'errors' in a.frames[-1]['$$djng']
        with bound(server, 'auction') as late:
            late.hear_until(lambda bound: bound.value is not None)
            assert late.value == {}
            assert SECRET not in heard_by(a, late)
            assert '"n"' not in heard_by(a, late)


def test_what_other_programs_write(server: Runserver, redis_clean: Redis, mary: User) -> None:
    """It is told as far as it may be read, and without the digest by which it could be guessed."""
    with bound(server, 'auction') as a, bound(server, 'auction', **by(server, mary)) as staff:
        a.knows()
        staff.knows()
        publish(redis_clean, 'broadcast:auction', f'no JSON, {SECRET}', json.dumps({'bid': 1, 'most': SECRET}))
        staff.shows({'bid': 1, 'most': SECRET})
        assert staff.frames[-1]['$$djng']['f']
        a.hear_until(lambda bound: bound.position == staff.position)
        assert a.value == {'bid': 1}
        assert not {'t', 'f'} & {name for frame in a.frames for name in frame['$$djng']}
        assert SECRET not in heard_by(a)


@pytest.mark.parametrize('query', [BOTH, 'subscribe-broadcast', 'publish-broadcast'])
def test_plain_sockets_stay_outside(server: Runserver, redis_clean: Redis, mary: User, query: str) -> None:
    """A plain socket says and hears wholes, so it may not open where not all may be read; who may read all may hear."""
    with pytest.raises(InvalidStatus) as refused, opened(server, f'auction?{query}'):
        pass
    assert refused.value.response.status_code == 403
    assert redis_clean.client.pubsub_channels('*auction*') == []
    if query == BOTH:
        with opened(server, f'auction?{query}', **by(server, mary)) as a:
            publish(redis_clean, 'broadcast:auction', '{"most":1}')
            assert a.recv(timeout=5) == '{"most":1}'


def test_a_mistake_opens_nothing(server: Runserver, redis_clean: Redis) -> None:
    """What cannot be decided lets nobody in, of either kind."""
    for query in (BOTH, f'{BOTH}&djng={"0" * 32}'):
        with pytest.raises(InvalidStatus) as refused, opened(server, f'torn-too?{query}'):
            pass
        assert refused.value.response.status_code == 500
    assert redis_clean.client.pubsub_channels('*torn-too*') == []


def test_errors(server: Runserver, redis_clean: Redis) -> None:
    """Of what a form says an author is told what concerns properties that may be read, or that it has said."""
    publish_as_staff: dict[str, Any] = {'name': 'Mary', 'age': 20, 'end': '2026-01-01'}
    with bound(server, 'sealed') as a:
        a.knows()
        publish(redis_clean, 'broadcast:sealed', json.dumps(publish_as_staff))
        a.shows({'name': 'Mary'})
        s = a.say({'begin': '2026-02-01'})
        reason = ['Something that you may not see stands against this.']
        assert a.hear()['$$djng'] == {'s': s, 'errors': {'': reason}}
        s = a.say({'begin': 'no day', 'name': 'x' * 11})
        assert set(a.hear()['$$djng']['errors']) == {'begin', 'name'}
        a.say({'name': 'Ann'})
        a.shows({'name': 'Ann'})
        assert 'slug' not in heard_by(a)
        assert 'end' not in heard_by(a)


def test_errors_of_a_draft(server: Runserver, redis_clean: Redis) -> None:
    """A draft is kept, and where nothing is wrong that its author may know, nothing is said."""
    with bound(server, 'sealed-draft') as a:
        a.knows()
        publish(redis_clean, 'broadcast:sealed-draft', json.dumps({'name': 'Mary', 'end': '2026-01-01'}))
        a.shows({'name': 'Mary'})
        a.say({'begin': '2026-02-01'})
        s = a.say({'name': ''})
        a.hear_until(lambda bound: 'errors' in bound.frames[-1]['$$djng'])
        assert list(a.frames[-1]['$$djng']['errors']) == ['name']
        assert a.value == {'name': ''}
        assert s == 2
