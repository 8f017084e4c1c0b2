"""The live server opens sockets for a test that runs, and for nobody else."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.test import LiveServerTestCase

from djng.test.server import live_server, pages_handler


def test_between_tests() -> None:
    """Where no test runs a socket is refused, and a page is served."""
    with live_server() as thread:
        url = f'http://{thread.host}:{thread.port}'
        with urlopen(f'{url}/hello/') as page:
            assert page.read() == b'hello'
        with pytest.raises(HTTPError, match='503') as caught:
            urlopen(f'{url}/ws/scores')
        assert caught.value.read() == b'no test is running'


def test_static_files(settings: Any) -> None:
    """Static files are those of the apps, as under runserver; without staticfiles, those that were collected."""
    with live_server() as thread:
        with urlopen(f'http://{thread.host}:{thread.port}/static/djng/js/django-angular.js') as file:
            assert b'djng.websocket' in file.read()
    settings.INSTALLED_APPS = ['ws4redis', 'djng']
    assert pages_handler() is LiveServerTestCase.static_handler
