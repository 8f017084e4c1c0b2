"""A real browser beside a simulated one, on the live server of an author's test."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from playwright.sync_api import Browser, expect

from djng.test import Browsers
from tests.servers import ROOT, Redis
from tests.test_docs import page as snippets_of_the_installation


def page(request: HttpRequest) -> HttpResponse:
    """Show the page of the installation."""
    return HttpResponse(engines['django'].from_string(snippets_of_the_installation()).render({}, request))


urlpatterns = [path('', page)]


def test_both_show_the_same(
    browser: Browser, redis_clean: Redis, settings: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is typed into a page is in the simulated browser, and the other way round, over a lost network too."""
    # Playwright keeps a loop in this thread, in which Django would let nothing wait.
    monkeypatch.setenv('DJANGO_ALLOW_ASYNC_UNSAFE', 'true')
    settings.WS4REDIS_CONNECTION = {'host': '127.0.0.1', 'port': redis_clean.port}
    settings.ROOT_URLCONF = __name__
    settings.STATICFILES_DIRS = [ROOT / 'examples' / 'demo' / 'static']
    with Browsers() as browsers:
        mary = browsers.bind('foobar')
        real = browser.new_context().new_page()
        # The tests' Chromium resolves no names.
        real.goto(browsers.url.replace('localhost', '127.0.0.1'))
        field = real.locator('input').first
        field.fill('three')
        browsers.wait_until(lambda: 'three' in mary.values(), 'the simulated browser to show what was typed')
        [name] = mary
        mary.cut()
        mary[name] = 'four'
        expect(field).to_have_value('three')
        mary.heal()
        browsers.assert_converged()
        expect(field).to_have_value('four')
        real.close()
