"""Changes are examined by the project's code before anybody hears of them, in order, and nobody else waits for that."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from websockets.exceptions import ConnectionClosed, InvalidStatus

from djng.relay.bound import public_name
from tests.bound import Bound, bound
from tests.relay.declaring import APPS, by
from tests.servers import Redis, Runserver, eventually
from tests.sockets import BOTH, CLIENT_ID, heard, opened, server_with

pytestmark = pytest.mark.django_db(transaction=True)


def errors_for(a: Bound, s: int) -> dict[str, list[str]]:
    """Return why the change ``s`` is refused, which must be the next thing that is heard."""
    about = a.hear()['$$djng']
    assert about.pop('s') == s, about
    errors: dict[str, list[str]] = about['errors']
    return errors


def test_everybody_gets_cleaned_values(server: Runserver, redis_clean: Redis) -> None:
    """The author, others, plain sockets and late comers are told what the form has made of a change."""
    with bound(server, 'person') as a, bound(server, 'person') as b, opened(server, 'person?subscribe-broadcast') as c:
        a.knows()
        b.knows()
        s = a.say({'name': ' Mary ', 'age': '21'})
        expected = {'name': 'Mary', 'age': 21, 'slug': 'mary'}
        b.shows(expected)
        a.shows(expected)
        assert a.frames[-1]['$$djng']['s'] == s
        told = json.loads(heard(c))
        assert {name: told[name] for name in expected} == expected
        with bound(server, 'person') as late:
            late.shows(expected)


def test_errors_by_field(server: Runserver, redis_clean: Redis) -> None:
    """What does not validate changes nothing, and its author alone is told why, by field."""
    with bound(server, 'person') as a, bound(server, 'person') as b:
        a.knows()
        b.knows()
        s = a.say({'age': 3, 'name': 'x' * 11})
        assert set(errors_for(a, s)) == {'age', 'name'}
        s = a.say({'name': 'nobody'})
        assert errors_for(a, s) == {'': ['Somebody.']}
        a.say({'end': '2026-11-24'})
        b.shows({'end': '2026-11-24'})
        s = b.say({'begin': '2026-11-25'})
        assert errors_for(b, s) == {'end': ['The end is before the begin.']}
        s = b.say({'other': 1})
        assert list(errors_for(b, s)) == ['other']
        assert b.position[1] == 1
        assert json.loads(redis_clean.client.get('broadcast:person')) == {'end': '2026-11-24'}  # type: ignore[arg-type]


def test_what_goes_and_comes_is_not_examined(server: Runserver) -> None:
    """Where changes are examined an array's are told by what is set, cut and pushed, and others are refused."""
    with bound(server, 'person') as a, bound(server, 'open') as b:
        assert ('moves' in a.hello, 'moves' in b.hello) == (False, True)
        s = a.say({}, list=1, e=1, v=1, **{'del': [0]})
        assert errors_for(a, s) == {'': ['Here an array is set, cut and pushed to.']}


def test_a_mistake_changes_nothing(server: Runserver) -> None:
    """An exception in a form refuses the change, and the next one is examined as ever."""
    with bound(server, 'person') as a:
        a.knows()
        s = a.say({'name': 'trip'})
        assert errors_for(a, s) == {'': ['This change could not be checked.']}
        a.say({'age': 20})
        a.shows({'age': 20})


def test_order_and_others(server: Runserver) -> None:
    """The changes of one socket stay in order behind a slow one; others at the facility and elsewhere do not wait."""
    with contextlib.ExitStack() as stack:
        a, b = (stack.enter_context(bound(server, 'person')).knows() for _ in range(2))
        c = stack.enter_context(bound(server, 'open')).knows()
        begin = time.monotonic()
        a.say({'name': 'slow'})
        for n in range(18, 28):
            a.say({'age': n})
        b.say({'end': '2026-11-25'})
        c.say({'x': 1})
        c.shows({'x': 1})
        b.shows({'end': '2026-11-25'})
        assert time.monotonic() - begin < 0.9
        a.hear_until(lambda bound: bound.value.get('age') == 27)
        said = [frame for frame in a.frames if frame['$$djng'].get('o') == a.hello['me']]
        assert [frame['$$djng']['s'] for frame in said] == list(range(1, 12))
        assert a.value == {'name': 'slow', 'slug': 'slow', 'age': 27, 'end': '2026-11-25'}


def test_deadline(server: Runserver) -> None:
    """What takes too long is refused and never made, and its socket goes on."""
    with bound(server, 'person') as a, bound(server, 'person') as b:
        a.knows()
        b.knows()
        begin = time.monotonic()
        s = a.say({'name': 'hang'})
        a.say({'age': 20})
        assert errors_for(a, s) == {'': ['This change could not be checked in time.']}
        assert 4 < time.monotonic() - begin < 7.5
        a.shows({'age': 20})
        with pytest.raises(TimeoutError):
            while True:
                b.hear(patience=begin + 9 - time.monotonic())
        assert b.value == {'age': 20}


def test_many_that_hang_stall_no_other_facility(server: Runserver) -> None:
    """Threads that are given up are replaced, and other classes of facilities have their own."""
    with contextlib.ExitStack() as stack:
        hanging = [stack.enter_context(bound(server, 'person')).knows() for _ in range(6)]
        other = stack.enter_context(bound(server, 'crowded')).knows()
        for a in hanging:
            a.say({'name': 'hang'})
        begin = time.monotonic()
        other.say({'x': 1})
        other.shows({'x': 1, 'n': 1})
        assert time.monotonic() - begin < 1
        for a in hanging:
            assert errors_for(a, 1) == {'': ['This change could not be checked in time.']}
        hanging[0].say({'age': 20})
        hanging[0].shows({'age': 20})


def test_draft(server: Runserver) -> None:
    """A draft takes invalid values, cleans the valid ones, and tells the author behind the change what is wrong."""
    with bound(server, 'draft') as a, bound(server, 'draft') as b:
        a.knows()
        b.knows()
        a.say({'age': 3, 'name': ' Mary '})
        b.shows({'age': 3, 'name': 'Mary', 'slug': 'mary'})
        a.shows({'age': 3, 'name': 'Mary', 'slug': 'mary'})
        about = a.hear()['$$djng']
        errors = {'age': ['Ensure this value is greater than or equal to 18.']}
        assert about == {'of': ['age', 'name'], 'errors': errors}
        s = a.say({'other': 3})
        assert list(errors_for(a, s)) == ['other']


def test_seeds(server: Runserver) -> None:
    """What a page begins with is cleaned, and taken as far as it is right."""
    with bound(server, 'person') as a:
        a.knows()
        a.websocket.send(json.dumps({'name': ' Mary ', 'age': '', 'other': 1, '$$djng': {'seed': 1}}))
        a.shows({'name': 'Mary', 'slug': 'mary'})
        a.websocket.send(json.dumps({'name': 'John', '$$djng': {'seed': 1}}))
        a.say({'age': 20})
        a.shows({'name': 'Mary', 'slug': 'mary', 'age': 20})


def test_model_form(server: Runserver) -> None:
    """A ModelForm is given its instance, and knows what the database holds."""
    mary, john = User.objects.create_user('mary'), User.objects.create_user('john')
    with bound(server, f'user-{mary.pk}') as a:
        a.knows()
        s = a.say({'username': john.username})
        assert errors_for(a, s) == {'username': ['A user with that username already exists.']}
        a.say({'username': 'mary'})
        a.shows({'username': 'mary'})


def test_hooks(server: Runserver) -> None:
    """The server decides whose turn it is, makes its own part of a change, and writes down what was made."""
    user = User.objects.create_user('mary')
    with (
        bound(server, 'game', client_id=CLIENT_ID, **by(server, user)) as a,
        bound(server, 'game') as b,
    ):
        a.knows()
        b.knows()
        a.say({'field1': 'x'})
        b.shows({'field1': 'x', 'turn': 'mary'})
        a.shows({'field1': 'x', 'turn': 'mary'})
        s = b.say({'field2': 'o'})
        assert errors_for(b, s) == {'': ['It is not your turn.']}
        s = a.say({'field1': 'o'})
        assert errors_for(a, s) == {'field1': ['This is taken.']}
        eventually(lambda: Group.objects.filter(name=f'field1 by {public_name(CLIENT_ID)}').exists(), 'written down')
        assert not Group.objects.filter(name__startswith='field2').exists()


def test_what_was_made_is_not_examined_again(server: Runserver) -> None:
    """A change that comes again, its answer lost, is acknowledged, though by now it would be refused."""
    with bound(server, 'game', client_id=CLIENT_ID) as a:
        a.knows()
        a.say({'field1': 'x'}, s=1)
        a.shows({'field1': 'x', 'turn': 'the other'})
    with bound(server, 'game', client_id=CLIENT_ID) as a:
        a.knows()
        a.say({'field1': 'x'}, s=1)
        about = a.hear()['$$djng']
        assert (about['ack'], about['v']) == (1, 1)


def test_arrays(server: Runserver) -> None:
    """A hook sees the items of an array, and may replace them."""
    with bound(server, 'chat', client_id=CLIENT_ID) as a, bound(server, 'chat') as b:
        a.knows()
        b.knows()
        a.say({}, push=['hello'])
        b.shows([{'from': public_name(CLIENT_ID), 'text': 'hello'}])
        s = b.say({'0': 'mine'}, list=1)
        assert errors_for(b, s) == {'': ['Messages are added.']}


def test_at_once(server: Runserver) -> None:
    """Each change is made on what it was examined with, however many are made at once."""
    with contextlib.ExitStack() as stack:
        all_of_them = [stack.enter_context(bound(server, 'crowded')).knows() for _ in range(10)]
        for n in range(5):
            for number, a in enumerate(all_of_them):
                a.say({f'p{number}': n})
        expected: dict[str, Any] = {**{f'p{number}': 4 for number in range(10)}, 'n': 50}
        for a in all_of_them:
            a.shows(expected)
        assert all_of_them[0].position[1] == 50


def test_one_by_one(server: Runserver) -> None:
    """No change is examined in vain beside another to the same collection, unless that takes long."""
    with contextlib.ExitStack() as stack:
        all_of_them = [stack.enter_context(bound(server, 'weighed')).knows() for _ in range(10)]
        for n in range(4):
            for number, a in enumerate(all_of_them):
                a.say({f'p{number}': n})
        for a in all_of_them:
            a.hear_until(lambda bound: bound.position[1] == 40)
        assert 40 <= all_of_them[0].value['calls'] < 60


def test_plain_sockets_may_only_listen(server: Runserver) -> None:
    """Their wire has no word for a refusal, so they may not publish where changes are examined."""
    with opened(server, f'person?{BOTH}&echo') as a, bound(server, 'person') as b:
        b.knows()
        a.send('{"age":3}')
        b.say({'age': 20})
        assert json.loads(heard(a))['age'] == 20
    with pytest.raises(InvalidStatus) as refused, opened(server, 'person?publish-broadcast'):
        pass
    assert refused.value.response.status_code == 403


def test_without_redis(redis_clean: Redis) -> None:
    """A change that cannot reach Redis closes its socket, whose browser says it again; it is not lost silently."""
    redis_server = Redis()
    try:
        with server_with(redis_server, INSTALLED_APPS=APPS, WS4REDIS_EXPIRE=60) as server, bound(server, 'person') as a:
            a.knows()
            redis_server.stop()
            a.say({'age': 20})
            with pytest.raises(ConnectionClosed) as closed:
                a.hear_until(lambda bound: False)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
    finally:
        if redis_server.is_running():
            redis_server.stop()
