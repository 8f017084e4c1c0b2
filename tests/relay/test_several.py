"""A change to several channels is made in all of them, or, where one of them refuses it, in none."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.bound import bound
from tests.relay.declaring import by
from tests.servers import Redis, Runserver
from tests.sockets import BOTH, publish

pytestmark = pytest.mark.django_db(transaction=True)

TWO = f'{BOTH}&subscribe-user&publish-user'


@pytest.mark.parametrize('facility', ['open', 'person'])
def test_another_kind(server: Runserver, redis_clean: Redis, facility: str) -> None:
    """What one channel cannot take, since it is an array, no other one takes either; what all can take, all do."""
    mary = User.objects.create_user('mary')
    with bound(server, facility, query=TWO, **by(server, mary)) as a, bound(server, facility) as b:
        a.knows()
        b.knows()
        publish(redis_clean, f'user:mary:{facility}', '[1]')
        a.hear_until(lambda bound: bound.values['user'] == [1])
        s = a.say({'name': 'x'})
        a.hear_until(lambda bound: 'errors' in bound.frames[-1]['$$djng'])
        assert a.frames[-1]['$$djng'] == {'s': s, 'errors': {'': ['The collection is an array.']}}
        publish(redis_clean, f'user:mary:{facility}', '[]')
        a.hear_until(lambda bound: bound.values['user'] == [])
        a.say({'name': 'y'})
        a.hear_until(lambda bound: [(value or {}).get('name') for value in bound.values.values()] == ['y', 'y'])
        b.hear_until(lambda bound: bound.position[1] == 1)
        assert b.value['name'] == 'y'


def test_a_limit(server: Runserver, redis_clean: Redis) -> None:
    """Nor where only one is too large for it."""
    mary = User.objects.create_user('mary')
    with bound(server, 'small', query=TWO, **by(server, mary)) as a:
        a.knows()
        publish(redis_clean, 'user:mary:small', '{"a":1,"b":2}')
        a.hear_until(lambda bound: bound.values['user'] == {'a': 1, 'b': 2})
        a.say({'c': 3})
        assert a.hear()['$$djng']['errors'] == {'': ['This collection has at most 2 entries.']}
        assert redis_clean.client.get('broadcast:small') is None
        a.say({'a': 3})
        a.hear_until(lambda bound: bound.values == {'broadcast': {'a': 3}, 'user': {'a': 3, 'b': 2}})
