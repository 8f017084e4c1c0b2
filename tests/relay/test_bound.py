"""Bound sockets on the development server: hello, snapshots, changes that converge, plain sockets beside them."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from djng.redis_store import RedisMessage, RedisStore
from djng.relay.bound import public_name
from tests.bound import Bound, bound
from tests.servers import PATIENCE, Redis, Runserver, eventually
from tests.sockets import BOTH, CLIENT_ID, heard, opened, publish, server_with, session_cookie


def kept(redis_server: Redis, channel: str = 'broadcast:foobar') -> Any:
    """Return what Redis keeps, as any JSON reader finds it."""
    text = redis_server.client.get(channel)
    return None if text is None else json.loads(text)  # type: ignore[arg-type]


def test_hello_and_the_snapshot_of_nothing(runserver: Runserver) -> None:
    """Who comes first is told who it is, what it hears and may write to, and that the collection is empty."""
    with bound(runserver, client_id=CLIENT_ID) as a:
        assert a.frames == [
            {'$$djng': {'me': public_name(CLIENT_ID), 'sub': ['broadcast'], 'pub': ['broadcast'], 'moves': 1}},
        ]
        snapshot = a.hear()
        epoch = snapshot['$$djng']['e']
        assert snapshot == {'$$djng': {'full': 1, 'c': 'broadcast', 'e': epoch, 'v': 0}}
        assert 1_700_000_000_000 < epoch < 2**53


def test_a_change_comes_to_all_and_is_its_authors_receipt(runserver: Runserver, redis_clean: Redis) -> None:
    """A change reaches every bound socket as one frame, with author and number; who comes late has the whole."""
    with bound(runserver, client_id=CLIENT_ID) as a, bound(runserver) as b:
        epoch, _ = a.knows().position
        b.knows()
        a.say({'home': 2, 'away': 1})
        expected: dict[str, Any] = {'c': 'broadcast', 'e': epoch, 'v': 1, 'o': public_name(CLIENT_ID), 's': 1}
        assert a.hear() == b.hear() == {'home': 2, 'away': 1, '$$djng': expected}
        a.say({'home': 3}, **{'del': ['away']})
        assert a.hear() == b.hear() == {'home': 3, '$$djng': {**expected, 'v': 2, 's': 2, 'del': ['away']}}
        with bound(runserver) as late:
            late.knows()
            assert late.value == {'home': 3} == kept(redis_clean)
            assert late.position == (epoch, 2)


def test_two_who_edit_two_properties_at_once_both_have_both(runserver: Runserver, redis_clean: Redis) -> None:
    """Changes that cross lose nothing: both authors, a late third and Redis have all of them."""
    with bound(runserver) as a, bound(runserver) as b:
        a.knows()
        b.knows()
        expected = {}
        for n in range(20):
            a.say({'home': n})
            b.say({'away': n, f'p{n}': n})
            expected |= {'home': n, 'away': n, f'p{n}': n}
        a.shows(expected)
        b.shows(expected)
        with bound(runserver) as late:
            late.shows(expected)
        assert kept(redis_clean) == expected
        assert a.gaps == b.gaps == []
        assert a.position == b.position == (a.position[0], 40)


def test_values_stay_as_their_author_wrote_them(runserver: Runserver) -> None:
    """Numbers, names and texts reach the others, and who comes late, letter by letter."""
    text = r'{"big":12345678901234567890,"zero":-0,"exp":1E2,"ü\u0000":"€\ud83d","__proto__":[],"":{},"$$x":1'
    with bound(runserver) as a, bound(runserver) as b:
        a.knows()
        b.knows()
        a.websocket.send(text + ',"$$djng":{"s":1}}')
        b.websocket.recv(timeout=PATIENCE)
        with bound(runserver) as late:
            late.knows()
            raw = late.frames[-1]
        assert raw.pop('$$djng')['v'] == 1
        assert json.dumps(raw) == json.dumps(
            {'big': 12345678901234567890, 'zero': 0, 'exp': 1e2, 'ü\x00': '€\ud83d', '__proto__': [], '': {}}
        ).replace('"zero": 0', '"zero": 0')


def test_a_change_sent_again_is_acknowledged(runserver: Runserver) -> None:
    """Under the same id and number nothing is applied twice: who sends again is told the position."""
    with bound(runserver, client_id=CLIENT_ID) as a, bound(runserver) as b:
        epoch, _ = a.knows().position
        b.knows()
        a.say({'n': 1}, s=1)
        a.shows({'n': 1})
        b.say({'n': 2})
        a.shows({'n': 2})
        a.say({'n': 1}, s=1)
        assert a.hear() == {'$$djng': {'ack': 1, 'c': 'broadcast', 'e': epoch, 'v': 1}}
    with bound(runserver, client_id=CLIENT_ID) as again:
        again.knows()
        again.say({'n': 1}, s=1)
        assert again.hear() == {'$$djng': {'ack': 1, 'c': 'broadcast', 'e': epoch, 'v': 1}}
        assert again.value == {'n': 2}


def test_who_hears_nothing_is_acknowledged(runserver: Runserver) -> None:
    """A client that may write to a channel and does not hear it is told where its change went."""
    with bound(runserver) as a, bound(runserver, query='publish-broadcast') as writer:
        epoch, _ = a.knows().position
        assert writer.hello['sub'] == []
        writer.say({'n': 1})
        assert writer.hear() == {'$$djng': {'ack': 1, 'c': 'broadcast', 'e': epoch, 'v': 1}}
        a.shows({'n': 1})


def test_a_seed_is_taken_while_there_is_nothing(runserver: Runserver) -> None:
    """The first seed of an empty collection comes as a change without number; later ones have no answer."""
    with bound(runserver, client_id=CLIENT_ID) as a, bound(runserver) as b:
        epoch, _ = a.knows().position
        b.knows()
        a.websocket.send('{"home":2,"$$djng":{"seed":1}}')
        seed = {'home': 2, '$$djng': {'c': 'broadcast', 'e': epoch, 'v': 1, 'o': public_name(CLIENT_ID)}}
        assert a.hear() == b.hear() == seed
        b.websocket.send('{"home":9,"$$djng":{"seed":1}}')
        b.say({'away': 1})
        assert b.hear()['$$djng']['v'] == 2
        a.shows({'home': 2, 'away': 1})


@pytest.mark.django_db(transaction=True)
def test_a_seed_may_be_for_one_label(runserver: Runserver) -> None:
    """A seed that names a label is taken by that channel only."""
    from django.contrib.auth.models import User

    cookie = session_cookie(User.objects.create_user('mary'))
    query = f'{BOTH}&subscribe-user&publish-user'
    origin: Any = f'http://127.0.0.1:{runserver.port}'
    with bound(runserver, query=query, origin=origin, additional_headers=cookie) as a:
        a.knows()
        for seed in ('{"n":1,"$$djng":{"seed":1,"c":"session"}}', '{"n":2,"$$djng":{"seed":1,"c":"user"}}'):
            a.websocket.send(seed)
        a.websocket.send('{"n":3,"$$djng":{"seed":1}}')
        a.hear_until(lambda a: a.values['broadcast'])
        assert a.values == {'broadcast': {'n': 3}, 'user': {'n': 2}}


def test_sync_brings_the_snapshots_again(runserver: Runserver) -> None:
    """Who asks is sent the snapshot, with all that came before."""
    with bound(runserver) as a:
        a.knows()
        a.say({'n': 1})
        a.shows({'n': 1})
        a.tell(sync=1)
        assert a.hear() == {'n': 1, '$$djng': {'full': 1, 'c': 'broadcast', 'e': a.position[0], 'v': 1}}


@pytest.mark.parametrize(
    ('frame', 'errors'),
    [
        ('{"n":1e400,"m":1,"$$djng":{"s":1}}', ['n']),
        ('{"n":NaN,"$$djng":{"s":1}}', ['n']),
        ('{"n":%s,"$$djng":{"s":1}}' % ('[' * 101 + ']' * 101), ['n']),
        ('{"x":1,"$$djng":{"s":1,"list":1}}', ['x']),
        ('{"100000":1,"$$djng":{"s":1,"list":1}}', ['100000']),
    ],
    ids=['infinite', 'NaN', 'too deep', 'no index', 'too long'],
)
def test_what_is_no_change_is_refused(runserver: Runserver, frame: str, errors: list[str]) -> None:
    """Nothing of a change that is refused is applied; its author is told why, by property, and goes on."""
    with bound(runserver) as a:
        a.knows()
        a.websocket.send(frame)
        about = a.hear()['$$djng']
        assert about['s'] == 1
        assert list(about['errors']) == errors
        assert all(about['errors'].values())
        a.say({'n': 1}, s=2)
        assert a.hear()['$$djng']['v'] == 1


def test_answers_come_in_the_order_of_the_changes(runserver: Runserver) -> None:
    """Refusals and acknowledgements of one author keep the order in which it spoke."""
    with bound(runserver, query='publish-broadcast') as a:
        for n in range(1, 41):
            a.say({'n': n} if n % 2 else {'x': 1}, s=n, **({} if n % 2 else {'list': 1}))
        answers = [a.hear()['$$djng'] for _ in range(40)]
        assert [answer.get('ack', answer.get('s')) for answer in answers] == list(range(1, 41))
        assert ['errors' in answer for answer in answers] == [False, True] * 20


def test_who_may_not_publish_is_refused(runserver: Runserver) -> None:
    """A change from a socket that only hears is refused as a whole."""
    with bound(runserver, query='subscribe-broadcast') as a:
        a.knows()
        assert a.hello['pub'] == []
        a.say({'n': 1})
        assert a.hear() == {'$$djng': {'s': 1, 'errors': {'': ['This socket may not publish.']}}}


def test_an_object_is_no_array(runserver: Runserver) -> None:
    """A change of the other kind is refused until the collection is empty, which then becomes one of that kind."""
    with bound(runserver) as a:
        a.knows()
        a.say({'n': 1})
        a.say(push=['x'])
        a.say(**{'del': ['n']})
        a.say(push=['x'])
        a.shows(['x'])
        (refused,) = [frame for frame in a.frames if 'errors' in frame['$$djng']]
        assert refused['$$djng']['s'] == 2
        assert list(refused['$$djng']['errors']) == ['']


@pytest.mark.parametrize('text', ['no JSON', '{"a":1', '[1]', '"text"', '{"a":1} {}'])
def test_what_is_no_json_object_closes_with_1008(runserver: Runserver, text: str) -> None:
    """A client that says what is no frame at all is told so by the close frame."""
    with bound(runserver) as a:
        a.websocket.send(text)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                a.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert 'JSON' in closed.value.rcvd.reason


def test_heartbeats_of_a_bound_socket_are_no_frames(runserver: Runserver) -> None:
    """A heartbeat is neither a change nor a reason to close."""
    with bound(runserver) as a:
        a.knows()
        a.websocket.send('--heartbeat--')
        a.say({'n': 1})
        a.shows({'n': 1})


@pytest.mark.django_db(transaction=True)
def test_each_audience_has_its_label(runserver: Runserver) -> None:
    """A socket with several audiences is told them by labels, never by the session's key; a change goes to each."""
    from django.contrib.auth.models import Group, User

    mary = User.objects.create_user('mary:ann')
    mary.groups.add(Group.objects.create(name='chess: blitz'))
    cookie = session_cookie(mary)
    key = cookie['Cookie'].partition('=')[2]
    query = 'subscribe-broadcast&subscribe-user&subscribe-group&subscribe-session&publish-user&publish-group'
    origin: Any = f'http://127.0.0.1:{runserver.port}'
    with bound(runserver, query=query, origin=origin, additional_headers=cookie) as a:
        assert sorted(a.hello['sub']) == ['broadcast', 'group:chess%3A blitz', 'session', 'user']
        assert sorted(a.hello['pub']) == ['group:chess%3A blitz', 'user']
        a.knows()
        assert all(value == {} for value in a.values.values())
        a.say({'n': 1})
        a.hear_until(lambda a: a.values['user'] == a.values['group:chess%3A blitz'] == {'n': 1})
        assert a.values['broadcast'] == a.values['session'] == {}
        a.say(s=2, **{'del': ['n']})
        a.hear_until(lambda a: a.values['user'] == a.values['group:chess%3A blitz'] == {})
        assert key not in json.dumps(a.frames)


def test_many_who_come_at_once_are_sent_the_same_snapshot(runserver: Runserver, redis_clean: Redis) -> None:
    """A crowd is served by few readings, and everybody gets the whole."""
    with bound(runserver) as a:
        a.knows()
        a.say({f'p{n}': n for n in range(1000)})
        a.hear()
        value = a.value
        before = calls(redis_clean)
        with contextlib.ExitStack() as stack:
            crowd: list[Bound] = []

            def come() -> None:
                crowd.append(stack.enter_context(bound(runserver)).knows())

            threads = [threading.Thread(target=come) for _ in range(30)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [each.value for each in crowd] == [value] * 30
        # Renewals run meanwhile, too.
        assert calls(redis_clean) - before <= 35


def calls(redis_server: Redis) -> int:
    """Return how many scripts were called."""
    stats = redis_server.client.info('commandstats')
    return sum(int(stats.get(f'cmdstat_{name}', {}).get('calls', 0)) for name in ('evalsha', 'eval', 'fcall'))


# Plain sockets beside them.


@contextlib.contextmanager
def beside(server: Runserver, a: Bound, *queries: str) -> Iterator[list[ClientConnection]]:
    """Plain sockets beside a bound one, which have been sent the collection: a property ``n`` that is 0."""
    a.knows()
    a.say({'n': 0})
    a.shows({'n': 0})
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(opened(server, f'foobar?{query}')) for query in queries]
        for websocket in sockets:
            assert json.loads(heard(websocket)) == {'n': 0}
        yield sockets


def test_plain_sockets_hear_what_bound_ones_set(runserver: Runserver) -> None:
    """A plain socket hears the properties that were set, without ``$$djng``, and nothing of deletions."""
    with bound(runserver) as a, beside(runserver, a, BOTH) as [plain]:
        a.websocket.send('{"a" :1, "ü":"€","$$djng":{"s":2}}')
        a.hear()
        a.say(s=3, **{'del': ['a']})
        a.say({'b': 2})
        assert json.loads(heard(plain)) == {'a': 1, 'ü': '€'}
        assert json.loads(heard(plain)) == {'b': 2}


def test_bound_sockets_hear_what_plain_ones_say(runserver: Runserver, redis_clean: Redis) -> None:
    """A JSON object from a plain socket is a change; other plain sockets hear it byte for byte, its author does not."""
    with bound(runserver) as a, beside(runserver, a, BOTH, BOTH, f'{BOTH}&echo') as [one, two, three]:
        epoch, _ = a.position
        one.send('{"a" :1, "ü":"€" }')
        assert heard(two) == heard(three) == '{"a" :1, "ü":"€" }'
        assert a.hear() == {'a': 1, 'ü': '€', '$$djng': {'c': 'broadcast', 'e': epoch, 'v': 2}}
        two.send('{"b":2}')
        assert heard(one) == heard(three) == '{"b":2}'
        a.shows({'n': 0, 'a': 1, 'ü': '€', 'b': 2})
        assert kept(redis_clean) == a.value


@pytest.mark.parametrize('text', ['no JSON at all', '12', '"text"', '[1,2]', '{"a":1e400}', '{"a":1', 'ä' * 1000])
def test_what_is_no_object_is_relayed_to_plain_sockets_only(
    runserver: Runserver, redis_clean: Redis, text: str
) -> None:
    """What cannot be a change reaches plain sockets as it came, once, and changes nothing."""
    with bound(runserver) as a, beside(runserver, a, BOTH, BOTH) as [one, two]:
        one.send(text)
        one.send('{"end":1}')
        assert heard(two) == text
        assert heard(two) == '{"end":1}'
        a.shows({'n': 0, 'end': 1})
        assert a.position[1] == 2
        assert kept(redis_clean) == {'n': 0, 'end': 1}
        two.send('"and its author does not hear it"')
        assert heard(one) == '"and its author does not hear it"'


def test_a_late_plain_socket_is_sent_the_whole_collection(runserver: Runserver) -> None:
    """A plain socket that comes late hears the collection first, as JSON without white space around it."""
    with bound(runserver) as a:
        a.knows()
        for n in range(5):
            a.say({f'p{n}': n, 'last': n})
            a.hear()
        a.say(**{'del': ['p0']})
        a.hear()
        with opened(runserver, f'foobar?{BOTH}') as plain:
            text = str(heard(plain))
            assert text == text.strip()
            assert json.loads(text) == {'p1': 1, 'p2': 2, 'p3': 3, 'p4': 4, 'last': 4}


def test_what_was_kept_in_plain_becomes_the_collection(runserver: Runserver, redis_clean: Redis) -> None:
    """Where plain sockets have spoken before, the first bound one finds what they left."""
    with opened(runserver, f'foobar?{BOTH}') as plain:
        plain.send('{"a":1}')
        eventually(lambda: redis_clean.client.get('broadcast:foobar') == b'{"a":1}')
        with bound(runserver) as a:
            a.shows({'a': 1})
            a.say({'b': 2})
            assert heard(plain) == '{"b":2}'
            a.shows({'a': 1, 'b': 2})


def test_djng_s_store_speaks_as_plain_sockets_do(runserver: Runserver, redis_clean: Redis) -> None:
    """What server code publishes through djng's store is a change at once, which plain sockets hear as it was said."""
    store = RedisStore(redis_clean.client)
    store._publishers = {'broadcast:foobar'}
    with bound(runserver) as a, beside(runserver, a, BOTH) as [plain]:
        epoch, _ = a.position
        store.publish_message(RedisMessage('{"from" :"a view"}'))
        assert heard(plain) == '{"from" :"a view"}'
        assert a.hear() == {'from': 'a view', '$$djng': {'c': 'broadcast', 'e': epoch, 'v': 2}}


def test_nobody_can_speak_for_the_server(runserver: Runserver, redis_clean: Redis) -> None:
    """What a plain socket says never passes for a frame, whatever it looks like."""
    forged = '"$$djng":{"c":"broadcast","e":9007199254740991,"v":1}}'
    with bound(runserver) as a, beside(runserver, a, BOTH, BOTH) as [one, two]:
        for text in (f'{{"n":1e400,{forged}', f'{{{forged}', f'{{"n":1,{forged}', f'[{{"n":1,{forged}]'):
            one.send(text)
        one.send('{"end":1}')
        while heard(two) != '{"end":1}':
            pass
        a.shows({'n': 1, 'end': 1})
        assert a.position[0] < 2**53 - 1
        assert a.gaps == []
        assert kept(redis_clean) == a.value
    with bound(runserver) as late:
        late.knows()
        assert late.position[0] < 2**53 - 1


# Arrays.


def test_two_who_append_at_once_keep_both_items(runserver: Runserver, redis_clean: Redis) -> None:
    """Pushes that cross get indexes of their own, the same for everybody."""
    with bound(runserver) as a, bound(runserver) as b:
        a.knows()
        b.knows()
        for n in range(10):
            a.say(push=[f'a{n}'])
            b.say(push=[f'b{n}'])
        for each in (a, b):
            each.hear_until(lambda bound: len(bound.value or ()) == 20)
        assert a.value == b.value == kept(redis_clean)
        assert [item for item in a.value if item[0] == 'a'] == [f'a{n}' for n in range(10)]
        with bound(runserver) as late:
            late.shows(a.value)
            about = late.frames[-1]['$$djng']
            assert (about['n'], about['items']) == (20, a.value)


def test_a_newcomer_finds_nothing(runserver: Runserver, redis_clean: Redis) -> None:
    """Where one finds that all is lost, whoever has known it is told, and can give back what is missing by then."""
    with bound(runserver) as a:
        a.say({'home': 1, 'away': 2})
        a.shows({'home': 1, 'away': 2})
        lost = a.position
        redis_clean.client.flushall()
        with bound(runserver, query='subscribe-broadcast') as b:
            b.knows()
            a.hear_until(lambda bound: bound.position[0] > lost[0])
            a.say({'home': 3})
            b.shows({'home': 3})
            a.tell(seed=1, e=lost[0], v=lost[1])
            a.websocket.send(json.dumps({'home': 1, 'away': 2, '$$djng': {'seed': 1, 'e': lost[0], 'v': lost[1] + 1}}))
            b.shows({'home': 3, 'away': 2})


def test_two_who_take_out_an_item_each(runserver: Runserver, redis_clean: Redis) -> None:
    """Each means the items that it knows; who knows nothing of what there is by now is told, and says it anew."""
    with bound(runserver) as a, bound(runserver) as b:
        a.say({}, list=1, push=['1', '2', '3', '4'])
        a.shows(['1', '2', '3', '4'])
        b.shows(['1', '2', '3', '4'])
        e, v = a.position
        a.say({}, list=1, c='broadcast', e=e, v=v, **{'del': [1]})
        b.say({'3': 'four'}, list=1, c='broadcast', e=e, v=v, ins=[[0, ['0']]], **{'del': [2]})
        for one in (a, b):
            one.shows(['0', '1', 'four'])
        assert kept(redis_clean) == ['0', '1', 'four']
        b.say({}, s=2, list=1, c='broadcast', e=e - 1, v=v, **{'del': [0]})
        again = b.hear()
        while 'again' not in again['$$djng']:
            again = b.hear()
        assert again == {'$$djng': {'again': 2, 'c': 'broadcast', 'e': e, 'v': v + 2}}
        assert b.hear()['$$djng']['full'] == 1


def test_plain_sockets_are_sent_the_whole_array(runserver: Runserver) -> None:
    """After changes of an array plain sockets hear all of it, and not once for each change."""
    with bound(runserver) as a, opened(runserver, f'foobar?{BOTH}') as plain:
        a.knows()
        for n in range(200):
            a.say(push=[n])
        a.hear_until(lambda a: len(a.value or ()) == 200)
        arrays = [json.loads(heard(plain))]
        while len(arrays[-1]) < 200:
            arrays.append(json.loads(heard(plain)))
        assert arrays[-1] == list(range(200))
        assert len(arrays) < 100
        a.say({'0': 'x'}, list=1, n=2, push=['y'])
        assert json.loads(heard(plain)) == ['x', 1, 'y']
        a.say(n=0)
        assert json.loads(heard(plain)) == []


def test_a_plain_socket_replaces_an_array(runserver: Runserver) -> None:
    """An array from a plain socket is the array from then on; others hear it byte for byte and once."""
    with bound(runserver) as a:
        a.knows()
        a.say(push=['x'])
        a.shows(['x'])
        with opened(runserver, f'foobar?{BOTH}') as one, opened(runserver, f'foobar?{BOTH}') as two:
            assert json.loads(heard(one)) == json.loads(heard(two)) == ['x']
            one.send('["a", "b"]')
            assert heard(two) == '["a", "b"]'
            a.shows(['a', 'b'])
            one.send('["c"]')
            a.shows(['c'])
            two.send('"end"')
            assert heard(two) == '["c"]'
            assert heard(one) == '"end"'


# Other settings.


def test_a_project_s_own_subscriber_has_plain_sockets_only(redis_clean: Redis) -> None:
    """Where a subscriber changes messages no socket is bound: no hello, and ws4redis' wire for who asks."""
    with server_with(redis_clean, WS4REDIS_SUBSCRIBER='tests.hooks.ShoutingSubscriber') as server:
        query = f'foobar?{BOTH}&djng={CLIENT_ID}'
        with opened(server, query) as a, opened(server, query) as b:
            assert (heard(a), heard(b)) == ('welcome', 'welcome')
            a.send('{"n":"x"}')
            assert heard(b) == '{"N":"X"}!'


def test_without_expire_the_collection_lives_while_somebody_is_bound(redis_clean: Redis) -> None:
    """With WS4REDIS_EXPIRE = 0 the state has 30 s, renewed while a socket is bound, and no more once all have left."""
    client = redis_clean.client
    with server_with(redis_clean, WS4REDIS_EXPIRE=0) as server:
        with bound(server) as a, opened(server, f'foobar?{BOTH}') as plain:
            a.knows()
            plain.send('{"n":1}')
            a.shows({'n': 1})
            for key in client.scan_iter():
                if b':client:' not in key:
                    client.expire(key, 5)
            eventually(lambda: 5 < client.ttl('broadcast:foobar') <= 30, 'the renewal')  # type: ignore[operator]
            assert kept(redis_clean) == {'n': 1}
        client.expire('broadcast:foobar', 20)
        with opened(server, f'foobar?{BOTH}') as plain:
            assert json.loads(heard(plain)) == {'n': 1}
            assert client.ttl('broadcast:foobar') <= 20  # type: ignore[operator]


def test_large_frames_are_compressed_for_who_takes_it(runserver: Runserver) -> None:
    """Snapshots and changes cross compressed where they are large and the client takes it."""
    with (
        bound(runserver, compression='deflate') as a,
        bound(runserver) as b,
        connect(runserver.url(f'foobar?{BOTH}'), ping_interval=None) as plain,
    ):
        a.knows()
        b.knows()
        value = {f'field_{n}': f'value {n}' for n in range(500)}
        a.say(value)
        a.shows(value)
        b.shows(value)
        assert json.loads(heard(plain)) == value
        with bound(runserver, compression='deflate') as late:
            late.shows(value)


def test_foreign_messages_are_taken_in(runserver: Runserver, redis_clean: Redis) -> None:
    """What any program publishes reaches plain sockets as it is, bound ones as a change."""
    with bound(runserver) as a, bound(runserver) as b, beside(runserver, a, BOTH) as [plain]:
        b.knows()
        publish(redis_clean, 'broadcast:foobar', '{"n" :1}', 'no JSON', '{"m":2}', '{"n":3}')
        assert [heard(plain) for _ in range(4)] == ['{"n" :1}', 'no JSON', '{"m":2}', '{"n":3}']
        a.shows({'n': 3, 'm': 2})
        b.shows({'n': 3, 'm': 2})
        assert a.position == b.position == (a.position[0], 4)
        assert kept(redis_clean) == {'n': 3, 'm': 2}
        a.say({'end': 1})
        assert heard(plain) == '{"end":1}'
