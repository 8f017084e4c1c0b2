"""What a receiver cannot take is tried again, parked and replayed; what is missing is told to be."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from ws4redis import settings as ws4redis_settings

from djng import signals
from djng.state.keys import keys_of
from djng.state.merge import Change
from djng.worker import share, turn
from djng.worker.replica import Replica
from djng.worker.share import LeaseLost, Share
from djng.worker.status import statuses
from tests.servers import Redis, eventually
from tests.worker.conftest import submit, working

Put = Callable[..., Any]
Told = list[dict[str, Any]]

SCORES = b'broadcast:scores'
KEYS = keys_of(SCORES)


@pytest.fixture(autouse=True)
def _quick(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon, and let commands find the tests' Redis."""
    monkeypatch.setattr(turn, 'DELAYS', [0.01, 0.02, 0.03])
    monkeypatch.setattr(ws4redis_settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})


class Broken:
    """A receiver that fails so many times."""

    def __init__(self) -> None:
        self.times = 0
        self.calls: list[int] = []

    def receive(self, changed: dict[str, Any], **kwargs: Any) -> None:
        """Fail, or not."""
        self.calls.append(changed['n'])
        if self.times:
            self.times -= 1
            raise ValueError('cannot take it')


@pytest.fixture
def broken() -> Iterator[Broken]:
    """A receiver of changes at the facility scores."""
    receiver = Broken()
    signals.collection_changed.connect(receiver.receive, sender='scores')
    yield receiver
    signals.collection_changed.disconnect(receiver.receive, sender='scores')


def command(*arguments: str) -> str:
    """Run ``djng_worker`` and return what it prints."""
    output = StringIO()
    call_command('djng_worker', *arguments, stdout=output)
    return output.getvalue()


def test_what_fails_is_tried_again_in_its_place(client: redis.Redis, put: Put, broken: Broken) -> None:
    """The changes behind it wait, those elsewhere do not."""
    broken.times = 3
    put('scores', n=1)
    put('scores', n=2)
    with working(client):
        eventually(lambda: broken.calls[-1:] == [2], 'the second change')
    assert broken.calls == [1, 1, 1, 1, 2]
    assert not client.exists(KEYS.parked)


@pytest.mark.django_db  # whose connections are looked after in this thread
def test_what_fails_for_ever_is_parked_and_replayed(client: redis.Redis, put: Put, told: Told, broken: Broken) -> None:
    """After the last try the next change is told; what was parked can be seen, and told as it would have been then."""
    broken.times = 4
    put('scores', n=1, gone=1)
    put('scores', n=2, gone=None)
    put('scores', n=3)
    with working(client):
        eventually(lambda: broken.calls[-1:] == [3], 'the last change')
        eventually(lambda: [s.behind for s in statuses(client)] == [0], 'the acknowledgement')
    assert broken.calls == [1, 1, 1, 1, 2, 3]
    [status] = statuses(client)
    assert (status.parked, status.lost, status.tries) == (1, 0, 0)
    assert 'Broken' in status.error
    assert 'cannot take it' in status.error
    assert 'parked last' in command('--status')
    told.clear()
    broken.times = 1
    with pytest.raises(CommandError, match='stay parked'):
        command('--replay')
    assert '1 parked entries were taken' in command('--replay')
    assert broken.calls[6:] == [1, 1]
    assert [call['collection'] for call in told] == [{'n': 1, 'gone': 1}] * 2
    assert next(statuses(client)).parked == 0
    assert '0 parked entries' in command('--replay')


def test_all_receivers_are_called(client: redis.Redis, put: Put, broken: Broken, told: Told) -> None:
    """One that raises keeps the change from no other, which may hear of it again."""
    broken.times = 1
    put('scores', n=1)
    with working(client):
        eventually(lambda: len(broken.calls) == 2, 'the second time')
    assert [call['changed'] for call in told] == [{'n': 1}, {'n': 1}]


def test_a_receiver_without_a_name_may_fail(client: redis.Redis, put: Put) -> None:
    """One that Django cannot log the failure of is tried again as any other."""
    broken = Broken()
    broken.times = 1
    nameless = partial(broken.receive)
    signals.collection_changed.connect(nameless)
    put('scores', n=1)
    with working(client):
        eventually(lambda: len(broken.calls) == 2, 'the second time')
    signals.collection_changed.disconnect(nameless)


def test_an_array_is_told(client: redis.Redis, told: Told) -> None:
    """Indexes are numbers, and those that are cut off are told, too."""
    submit(client, 'list', Change('array', {}, push=('"a"', '"b"', '"c"')))
    submit(client, 'list', Change('array', {'0': '"x"'}, length=1))
    submit(client, 'list', Change('array', {}, push=('"d"',)))
    with working(client):
        eventually(lambda: len(told) == 3, 'three changes')
    assert [(call['changed'], call['deleted'], call['collection']) for call in told] == [
        ({0: 'a', 1: 'b', 2: 'c'}, [], ['a', 'b', 'c']),
        ({0: 'x'}, [1, 2], ['x']),
        ({1: 'd'}, [], ['x', 'd']),
    ]


def test_a_receiver_may_keep_what_it_gets(client: redis.Redis, put: Put, told: Told) -> None:
    """What it does to the collection it is given harms nobody."""
    put('scores', deep={'a': 1})
    with working(client):
        eventually(lambda: len(told) == 1, 'the first')
        told[0]['collection']['deep']['a'] = 'changed'
        put('scores', n=1)
        eventually(lambda: len(told) == 2, 'the second')
    assert told[1]['collection'] == {'deep': {'a': 1}, 'n': 1}


def test_where_changes_are_lost_that_is_told(client: redis.Redis, told: Told, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that comes after the log has forgotten goes on with what is certain, and says how many are missing."""

    def write(*numbers: int) -> None:
        for n in numbers:
            submit(client, 'scores', Change('object', {'n': str(n)}), length=10)

    write(0)
    with working(client):
        eventually(lambda: len(told) == 1, 'the first')
        eventually(lambda: client.hget(KEYS.seen, 'v') == b'1', 'the acknowledgement')
    write(*range(1, 1000))
    assert client.xlen(KEYS.log) < 300
    with caplog.at_level(logging.ERROR), working(client):
        eventually(lambda: told[-1]['changed']['n'] == 999, 'the last')
        eventually(lambda: next(statuses(client)).behind == 0, 'the acknowledgement')
    versions = [call['position'][1] for call in told]
    assert versions[1:] == list(range(versions[1], 1001))
    lost = versions[1] - versions[0] - 1
    assert next(statuses(client)).lost == lost > 0
    assert f'{lost} changes of broadcast:scores' in caplog.text
    assert all(call['collection'] == call['changed'] for call in told)


def test_a_log_that_is_told_does_not_stay(client: redis.Redis, put: Put, told: Told) -> None:
    """What is told is kept for an hour, what is not for a week."""
    put('scores', n=1)
    assert client.ttl(KEYS.log) > share.DONE
    with working(client):
        eventually(lambda: 0 < client.ttl(KEYS.log) <= share.DONE, 'the end of the log')
    put('scores', n=2)
    assert client.ttl(KEYS.log) > share.DONE


def test_status(client: redis.Redis, put: Put) -> None:
    """Each channel's length, how far receivers are behind and for how long, and who deals with it, are shown."""
    for n in range(5):
        put('scores', n=n)
    put('other', n=1)
    mine = Share(client, SCORES, 'me:1')
    assert mine.acquire()
    mine.acknowledge(mine.entries(b'0')[1])
    other, scores = statuses(client)
    assert (other.channel, other.entries, other.behind, other.worker) == ('broadcast:other', 1, 1, '')
    assert (scores.channel, scores.entries, scores.behind, scores.worker) == ('broadcast:scores', 5, 3, 'me:1')
    assert 0 <= scores.seconds < 60
    shown = command('--status')
    assert '2 channels, 4 entries behind, 0 parked' in shown
    assert 'me:1' in shown


def test_who_has_lost_the_lease_writes_nothing(client: redis.Redis, put: Put) -> None:
    """A worker that was stopped for long cannot take back what another has done since."""
    put('scores', n=1)
    put('scores', n=2)
    late, other = Share(client, SCORES, 'late'), Share(client, SCORES, 'other')
    assert late.acquire()
    assert late.acquire()
    assert not other.acquire()
    client.delete(KEYS.lease)
    assert other.acquire()
    first, second = other.entries(b'0')
    other.acknowledge(second)
    assert not late.renew()
    late.release()
    with pytest.raises(LeaseLost):
        late.acknowledge(first)
    with pytest.raises(LeaseLost):
        late.try_again(1, 1.0)
    assert client.get(KEYS.lease) == b'other'
    assert other.seen().id == second.id


def test_a_replica_is_what_the_collection_was(client: redis.Redis) -> None:
    """It is found from the log alone, wherever one begins, and by going on from where another worker was."""
    changes = [Change('object', {f'p{n % 7}': str(n)}, (f'p{(n + 3) % 7}',)) for n in range(25)]
    states = []
    for change in changes:
        submit(client, 'scores', change, length=6)
        states.append(json.loads(client.get(SCORES) or b''))
    mine = Share(client, SCORES, 'me')
    ids = [entry.id for entry in mine.entries(b'0')]
    going_on = Replica()
    for n in (0, 3, 4, 24):
        going_on.catch_up(mine, ids[n])
        assert going_on.value() == states[n]
    going_on.catch_up(mine, ids[2])
    assert going_on.value() == states[2]
    for n in range(25):
        anew = Replica()
        anew.catch_up(mine, ids[n])
        assert anew.value() == states[n]
