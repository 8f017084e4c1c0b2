"""What several tests share: a real Redis for the whole run, and a development server on it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.servers import Redis, Runserver


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test that lacks a tool fail under ``tests/run``, which has what is needed or says what to install."""
    report = yield
    if report.skipped and os.environ.get('TESTS_MUST_RUN'):
        report.outcome = 'failed'
        report.longrepr = f'skipped: {report.longrepr}'
    return report


def pytest_unconfigure() -> None:
    """Remove the database file, which servers may have made where no test uses it."""
    from tests.settings import DATABASE

    Path(DATABASE).unlink(missing_ok=True)


@pytest.fixture(scope='session')
def redis_server() -> Iterator[Redis]:
    """The run's Redis."""
    server = Redis()
    yield server
    server.stop()


@pytest.fixture
def redis_clean(redis_server: Redis) -> Redis:
    """The run's Redis, empty."""
    redis_server.client.flushall()
    return redis_server


@pytest.fixture
def spoken_to(redis_clean: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """The run's Redis, empty, to which Django code of the tests' own process speaks."""
    from ws4redis import settings

    from djng.speaking import shared_client

    monkeypatch.setattr(settings, 'WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': redis_clean.port})
    shared_client.cache_clear()
    yield redis_clean
    shared_client().close()
    shared_client.cache_clear()


@pytest.fixture(scope='session')
def shared_runserver(redis_server: Redis) -> Iterator[Runserver]:
    """The run's development server; its log is shown where a test that uses it fails."""
    server = Runserver(redis_server.port, '--noreload')
    yield server
    server.stop()


@pytest.fixture
def runserver(shared_runserver: Runserver, redis_clean: Redis, request: pytest.FixtureRequest) -> Iterator[Runserver]:
    """The run's development server, on an empty Redis."""
    before = len(shared_runserver.output())
    yield shared_runserver
    print(shared_runserver.output()[before:])
