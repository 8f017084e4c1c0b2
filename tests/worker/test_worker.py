"""Receivers are told of each change at least once and in order, whatever happens to workers."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from djng.state.keys import keys_of
from djng.state.log import who
from djng.state.merge import Change
from tests.servers import PATIENCE, Redis, eventually
from tests.worker.conftest import WorkerProcess, submit

Put = Callable[..., Any]
Processes = Callable[..., WorkerProcess]


def told(client: redis.Redis, facility: str) -> list[dict[str, Any]]:
    """Return what the receivers in other processes were told, in the order in which they were."""
    return [json.loads(text) for text in client.lrange(f'told:{facility}', 0, -1)]


def test_a_receiver_is_told(client: redis.Redis, put: Put, processes: Processes) -> None:
    """What has changed, the collection after it, and whose it is, is told in another process."""
    put('scores', home=1, away=0)
    put('scores', home=2, away=None)
    processes()
    eventually(lambda: len(told(client, 'scores')) == 2, 'both changes')
    first, second = told(client, 'scores')
    assert (first['changed'], first['deleted'], first['collection']) == (
        {'home': 1, 'away': 0},
        [],
        {'home': 1, 'away': 0},
    )
    assert (second['changed'], second['deleted'], second['collection']) == ({'home': 2}, ['away'], {'home': 2})
    assert (second['audience'], second['name'], second['user'], second['address']) == ('broadcast', None, None, None)
    assert first['position'] < second['position']


@pytest.mark.django_db(transaction=True)
def test_a_receiver_may_use_the_database(client: redis.Redis, put: Put, processes: Processes) -> None:
    """Who made the change is a user of Django's, and models can be saved."""
    from django.contrib.auth.models import Group, User

    mary = User.objects.create_user('mary')
    for user in (str(mary.pk), None, '12345'):
        person = who(user=user, address='192.0.2.1')
        submit(client, 'groups', Change('object', {'name': f'"of {user}"'}), who=person)
    processes()
    eventually(lambda: len(told(client, 'groups')) == 3, 'three changes')
    assert [(call['user'], call['address']) for call in told(client, 'groups')] == [
        ('mary', '192.0.2.1'),
        ('', '192.0.2.1'),
        ('', '192.0.2.1'),
    ]
    eventually(lambda: Group.objects.count() == 3, 'three groups')


def test_a_thousand_changes_survive_kills(client: redis.Redis, put: Put, processes: Processes) -> None:
    """Workers are killed and started while 1,000 changes are made: each is told, and in its facility's order."""
    facilities = [f'f{n}' for n in range(4)]
    workers = [processes().listens() for _ in range(3)]

    def write() -> None:
        for n in range(250):
            for facility in facilities:
                put(facility, n=n, **{f'p{n % 5}': n})

    writer = threading.Thread(target=write)
    writer.start()
    for n in range(4):
        so_far = (n + 1) * 150
        eventually(lambda: sum(client.llen(f'told:{f}') for f in facilities) >= so_far, f'{so_far} told', 3 * PATIENCE)  # noqa: B023
        workers.pop(0).stop(signal.SIGKILL)
        workers.append(processes())
    writer.join()
    for facility in facilities:
        eventually(lambda: any(call['changed']['n'] == 249 for call in told(client, facility)), facility, 3 * PATIENCE)  # noqa: B023
    for facility in facilities:
        calls = told(client, facility)
        seen = list(dict.fromkeys(call['changed']['n'] for call in calls))
        assert seen == list(range(250))
        # What was in hand is told again, no more.
        assert len(calls) <= 250 + 4
        assert all(call['collection']['n'] == call['changed']['n'] for call in calls)
        assert all(call['collection'][f'p{call["changed"]["n"] % 5}'] == call['changed']['n'] for call in calls)
        assert len(calls[-1]['collection']) == 6


def test_workers_share(client: redis.Redis, put: Put, processes: Processes) -> None:
    """While one worker is busy at a facility, another one deals with the others."""
    workers = [processes().listens() for _ in range(2)]
    put('slow', n=1)
    assert client.blpop(['begun'], timeout=PATIENCE)
    for n in range(10):
        put('quick', n=n)
    eventually(lambda: client.llen('told:quick') == 10, 'the quick ones')
    assert not client.exists('done')
    busy = told(client, 'slow')[0]['pid']
    assert {call['pid'] for call in told(client, 'quick')} == {worker.pid for worker in workers} - {busy}
    client.rpush('go', 1)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_what_is_in_hand_is_finished(
    client: redis.Redis, put: Put, processes: Processes, number: signal.Signals
) -> None:
    """A worker that is told to end does so when its receiver has returned, and leaves the rest to the next one."""
    worker = processes().listens()
    put('slow', n=1)
    put('slow', n=2)
    assert client.blpop(['begun'], timeout=PATIENCE)
    worker.send(number)
    client.rpush('go', 1)
    assert worker.wait() == 0
    assert client.llen('done') == 1
    assert 'finished' in worker.output()
    assert not client.exists(keys_of(b'broadcast:slow').lease)
    client.rpush('go', 1)
    processes()
    eventually(lambda: client.llen('done') == 2, 'the rest')
    assert [call['changed']['n'] for call in told(client, 'slow')] == [1, 2]


def test_who_was_stopped_for_long_takes_nothing_back(client: redis.Redis, put: Put, processes: Processes) -> None:
    """Another worker takes over; when the first one is let go on, it sees that it is too late."""
    late = processes().listens()
    put('slow', n=1)
    assert client.blpop(['begun'], timeout=PATIENCE)
    late.send(signal.SIGSTOP)
    put('slow', n=2)
    processes()
    for _ in range(2):
        assert client.blpop(['begun'], timeout=2 * PATIENCE)
        client.rpush('go', 1)
    eventually(lambda: client.hget(keys_of(b'broadcast:slow').seen, 'v') == b'2', 'both changes')
    late.send(signal.SIGCONT)
    client.rpush('go', 1)
    eventually(lambda: 'taken over' in late.output(), 'the late one')
    assert client.hget(keys_of(b'broadcast:slow').seen, 'v') == b'2'
    assert [call['changed']['n'] for call in told(client, 'slow')] == [1, 1, 2]


def test_a_receiver_may_write_to_the_collection(client: redis.Redis, put: Put, processes: Processes) -> None:
    """One that causes itself by it is stopped after ten changes, and the log says so."""
    worker = processes().listens()
    put('counting', n=0)
    eventually(lambda: 'again and again' in worker.output(), 'the end')
    assert [call['collection']['n'] for call in told(client, 'counting')] == list(range(11))
    put('counting', n=100)
    eventually(lambda: client.llen('told:counting') == 22, 'the next chain')


def test_redis_may_be_away(client: redis.Redis, put: Put, processes: Processes, redis_clean: Redis) -> None:
    """A worker that loses its connections goes on when Redis is there again."""
    worker = processes().listens()
    put('scores', n=1)
    eventually(lambda: client.llen('told:scores') == 1, 'the first')
    for kind in ('normal', 'pubsub'):
        client.execute_command('CLIENT', 'KILL', 'TYPE', kind, 'SKIPME', 'yes')
    put('scores', n=2)
    eventually(lambda: client.llen('told:scores') == 2, 'the second')
    assert worker.is_running()


def test_news_are_told_at_once(client: redis.Redis, put: Put, processes: Processes) -> None:
    """A worker that waits is woken."""
    processes().listens()
    put('scores', n=0)
    eventually(lambda: client.llen('told:scores') == 1, 'the first')
    begin = time.monotonic()
    for n in range(20):
        put('scores', n=n)
        eventually(lambda: client.llen('told:scores') == n + 2, 'the next')  # noqa: B023
    assert time.monotonic() - begin < 20 * 0.15


@pytest.mark.parametrize('arguments', [[], ['--replay']])
def test_without_receivers_there_is_nothing_to_do(processes: Processes, arguments: list[str]) -> None:
    """A worker that would tell nobody says so, instead of taking entries from those that would."""
    worker = processes(*arguments, TESTS_SETTINGS='{}')
    assert worker.wait() == 1
    assert 'Nobody listens' in worker.output()
