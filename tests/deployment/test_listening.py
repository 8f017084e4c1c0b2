"""What browsers do at uWSGI is told in a process of its own, and the end of a server is the end of its sockets."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.bound import bound
from tests.servers import Redis, Uwsgi, eventually, free_port, running
from tests.worker.conftest import WorkerProcess, settings_with_listeners
from tests.worker.test_worker import told


@pytest.mark.django_db(transaction=True)
def test_sockets_at_uwsgi_are_told(redis_clean: Redis, examples: Path) -> None:
    """Changes, sockets that open, and all those that are closed when the server ends."""
    client = redis_clean.client
    uwsgi = Uwsgi(
        redis_clean.port,
        '--ini',
        'uwsgi.ini',
        port=free_port(),
        cwd=examples,
        DJANGO_SETTINGS_MODULE='tests.settings',
        TESTS_REDIS_PORT=str(redis_clean.port),
        TESTS_SETTINGS=settings_with_listeners(),
    )
    with running(uwsgi), running(WorkerProcess(redis_clean.port)):
        with bound(uwsgi, 'scores') as one, bound(uwsgi, 'scores') as two:
            for n in range(20):
                one.say({'one': n})
                two.say({'two': n})
            for browser in (one, two):
                browser.shows({'one': 19, 'two': 19})
            eventually(lambda: client.llen('told:scores') == 42, 'changes and sockets')
            uwsgi.tell(signal.SIGTERM)
            eventually(lambda: client.llen('told:scores') == 44, 'the end of the sockets')
        calls = told(client, 'scores')
        events = [call['event'] for call in calls if 'event' in call]
        assert events == ['opened', 'opened', 'closed', 'closed']
        assert [call['changed']['one'] for call in calls if 'one' in call.get('changed', ())] == list(range(20))
