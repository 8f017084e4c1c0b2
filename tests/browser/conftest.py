"""One browser for all tests in this directory, and a fresh context in it for each person.

Playwright keeps an event loop in the main thread for as long as it lives, and other tests need that thread for their
own. So it lives for this directory only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.demo import Demo
from tests.browser.person import Person
from tests.servers import PATIENCE, Redis

ARGUMENTS = [
    '--no-sandbox',  # so that it runs as root
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]

#: Playwright's default arguments that would switch off what is tested here.
UNWANTED_ARGUMENTS = ['--disable-back-forward-cache']

Arrive = Callable[..., Person]


@pytest.fixture(scope='package')
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    names = ('chromium', 'chromium-browser', 'google-chrome')
    executable = os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, names)), None)
    assert executable, 'the browser tests need Chromium: on Debian, apt-get install chromium'
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        chromium = playwright.chromium.launch(
            executable_path=executable, args=ARGUMENTS, ignore_default_args=UNWANTED_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope='package')
def shared_demo(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The directory's demo."""
    demo = Demo(redis_server.port, tmp_path_factory.mktemp('demo') / 'demo.sqlite3')
    yield demo
    demo.kill()


@pytest.fixture
def demo(shared_demo: Demo, redis_clean: Redis) -> Iterator[Demo]:
    """The demo, serving, on an empty Redis; its log is shown where a test fails."""
    before = len(shared_demo.output())
    shared_demo.start()
    yield shared_demo
    print(shared_demo.output()[before:])


@contextlib.contextmanager
def entrance(demo: Demo, browser: Browser) -> Iterator[Arrive]:
    """Let people in, and at the end out; if anything in their browsers went wrong, fail."""
    people: list[Person] = []

    def arrive(*, knows_outages: bool = False, at: Demo = demo, **options: Any) -> Person:
        people.append(Person(at, browser.new_context(**options), knows_outages=knows_outages))
        return people[-1]

    yield arrive
    for person in people:
        person.leave()
    complaints = [complaint for person in people for complaint in person.complaints]
    assert not complaints


@pytest.fixture
def arrive(demo: Demo, browser: Browser) -> Iterator[Arrive]:
    """Call it for one more person; if anything in their browsers went wrong, the test fails."""
    with entrance(demo, browser) as arrive:
        yield arrive


@pytest.fixture(scope='module')
def couple(shared_demo: Demo, redis_server: Redis, browser: Browser) -> Iterator[tuple[Person, Person]]:
    """Two people at an empty form, who stay for all tests of a module that only fill it in."""
    redis_server.client.flushall()
    shared_demo.start()
    with entrance(shared_demo, browser) as arrive:
        yield arrive().visit(), arrive().visit()
