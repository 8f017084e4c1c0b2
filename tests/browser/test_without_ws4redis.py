"""The demo where ws4redis cannot be imported: two pages, and a word on what is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Arrive
from tests.browser.demo import Demo
from tests.browser.person import THREEWAY
from tests.servers import Redis


@pytest.fixture(scope='module')
def lesser_demo(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that does not find ws4redis."""
    database = tmp_path_factory.mktemp('lesser') / 'demo.sqlite3'
    demo = Demo(redis_server.port, database, TESTS_WITHOUT_WS4REDIS='yes')
    demo.start()
    yield demo
    demo.kill()
    print(demo.output())


def test_threeway_page_is_absent(arrive: Arrive, lesser_demo: Demo) -> None:
    """The three-way page is neither listed, nor linked, nor found; the list says how to get it."""
    person = arrive(at=lesser_demo).visit('/')
    expect(person.page.locator('main').get_by_role('listitem')).to_have_count(2)
    expect(person.page.locator(f'a[href*="{THREEWAY}"]')).to_have_count(0)
    expect(person.page.get_by_text('pip install django-websocket-redis')).to_be_visible()
    assert person.context.request.get(lesser_demo.url(THREEWAY)).status == 404


def test_others_work(arrive: Arrive, lesser_demo: Demo) -> None:
    """The two-way and the classic form do without."""
    person = arrive(at=lesser_demo).visit('/model_scope/')
    before = person.scope()
    person.enter('first_name', 'Ada')
    person.has_scope({**before, 'first_name': 'Ada'})
    person.visit('/classic_form/')
    person.page.get_by_role('button', name='Join the tour').click()
    expect(person.page.get_by_role('alert')).to_be_visible()
