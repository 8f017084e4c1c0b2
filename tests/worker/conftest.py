"""What the tests of the worker share."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from djng import signals
from djng.state.log import Log
from djng.state.merge import Change
from djng.state.steps import Submit
from djng.state.store import Store
from djng.worker.worker import Worker
from tests.servers import PATIENCE, ROOT, Redis, Server

LISTENERS = 'tests.worker.listeners'


def settings_with_listeners() -> str:
    """Return what TESTS_SETTINGS is for a project that has receivers."""
    from tests.settings import INSTALLED_APPS

    return json.dumps({'INSTALLED_APPS': [*INSTALLED_APPS, LISTENERS]})


class WorkerProcess(Server):
    """``manage.py djng_worker`` in a process of its own, with the receivers of :mod:`tests.worker.listeners`."""

    def __init__(self, redis_port: int, *arguments: str, **env: str) -> None:
        super().__init__(
            [sys.executable, '-m', 'django', 'djng_worker', *arguments],
            env={
                'DJANGO_SETTINGS_MODULE': 'tests.settings',
                'PYTHONPATH': str(ROOT),
                'PYTHONUNBUFFERED': '1',
                'TESTS_REDIS_PORT': str(redis_port),
                'TESTS_SETTINGS': settings_with_listeners(),
                **env,
            },
        )

    def listens(self) -> WorkerProcess:
        """Wait until it does."""
        self.wait_for(lambda: 'listens' in self.output(), 'the worker')
        return self


@pytest.fixture
def client(redis_clean: Redis) -> redis.Redis:
    """A client of the run's Redis, which is empty."""
    return redis_clean.client


@pytest.fixture
def put(client: redis.Redis) -> Callable[..., Any]:
    """Set properties at a facility, and delete those that are None, as a process does in which somebody listens."""

    def run(facility: str, **values: Any) -> Any:
        texts = {name: json.dumps(value) for name, value in values.items() if value is not None}
        gone = tuple(name for name, value in values.items() if value is None)
        return submit(client, facility, Change('object', texts, gone))

    return run


def submit(client: redis.Redis, facility: str, change: Change, *, length: int = 10_000, **more: Any) -> Any:
    """Make one change, as a process does in which somebody listens."""
    store = Store(client, expire=600, log=lambda channel: Log(signals.log_name(), length=length))
    [outcome] = store.run([Submit(f'broadcast:{facility}', 'broadcast', change, **more)])
    return outcome


@pytest.fixture
def processes(redis_clean: Redis) -> Iterator[Callable[..., WorkerProcess]]:
    """Start workers in processes of their own, which end with the test."""
    started: list[WorkerProcess] = []

    def start(*arguments: str, **env: str) -> WorkerProcess:
        started.append(WorkerProcess(redis_clean.port, *arguments, **env))
        return started[-1]

    yield start
    for process in started:
        process.stop()
        print(process.output())


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """What a receiver in this process is told of changes."""
    calls: list[dict[str, Any]] = []

    def receive(**kwargs: Any) -> None:
        calls.append(kwargs)

    signals.collection_changed.connect(receive)
    yield calls
    signals.collection_changed.disconnect(receive)


@contextmanager
def working(client: redis.Redis) -> Iterator[Worker]:
    """Have a worker in this process while the block runs."""
    worker = Worker(client)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
