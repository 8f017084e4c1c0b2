"""Which page may open a socket."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import RequestFactory, override_settings

from djng.relay import origin


def ask(origin_header: str | None, *, cookie: bool = False, **meta: Any) -> bool:
    """Say whether a page of ``origin_header`` may open a socket."""
    request = RequestFactory().get('/ws/foobar', **meta)
    if origin_header is not None:
        request.META['HTTP_ORIGIN'] = origin_header
    if cookie:
        request.COOKIES['sessionid'] = 'x'
    return origin.is_allowed(request)


@pytest.mark.parametrize(
    ('header', 'allowed'),
    [
        ('https://shop.example', True),
        ('http://shop.example:8080', True),
        ('https://SHOP.example', True),
        ('https://a.b.wild.example', True),
        ('https://wild.example', True),
        ('https://evil.example', False),
        ('https://shop.example.evil.example', False),
        ('https://evil.example#shop.example', False),
        ('https://user@evil.example', False),
        ('null', False),
        ('', False),
        ('http://', False),
        ('https://[::1', False),
        ('https://[::1]:8000', True),
        ('file://', False),
        ('chrome-extension://shop.example', False),
    ],
)
@override_settings(ALLOWED_HOSTS=['shop.example', '.wild.example', '[::1]', '*'])
def test_hosts_of_allowed_hosts_may(header: str, allowed: bool) -> None:
    """A page may whose host matches ALLOWED_HOSTS, in which '*' does not count."""
    assert ask(header, HTTP_HOST='upstream') is allowed


@override_settings(ALLOWED_HOSTS=['*'])
def test_the_own_host_may() -> None:
    """With ALLOWED_HOSTS = ['*'] only the request's own host, its port included, may."""
    assert ask('http://any.example', HTTP_HOST='any.example')
    assert ask('http://any.example:80', HTTP_HOST='any.example')
    assert ask('http://any.example:8000', HTTP_HOST='any.example:8000')
    assert not ask('http://any.example:9000', HTTP_HOST='any.example:8000')
    assert not ask('http://other.example', HTTP_HOST='any.example')


@override_settings(ALLOWED_HOSTS=[], DEBUG=True)
def test_local_hosts_may_under_debug() -> None:
    """Where Django itself takes an empty ALLOWED_HOSTS for the local machine, so do sockets."""
    assert ask('http://localhost:3000', HTTP_HOST='127.0.0.1:8000')
    assert not ask('http://evil.example', HTTP_HOST='127.0.0.1:8000')


@override_settings(
    ALLOWED_HOSTS=['shop.example'],
    CSRF_TRUSTED_ORIGINS=['https://partner.example', 'https://*.cdn.example', 'capacitor://app'],
)
def test_trusted_origins_may() -> None:
    """Origins of CSRF_TRUSTED_ORIGINS may, with Django's wildcard for subdomains."""
    assert ask('https://partner.example')
    assert ask('https://a.cdn.example')
    assert ask('capacitor://app')
    assert not ask('http://partner.example')
    assert not ask('https://cdn.example')
    assert not ask('https://evilcdn.example')


def test_no_origin_is_no_browser() -> None:
    """Who names no origin may, but not with a session's cookie."""
    assert ask(None)
    assert not ask(None, cookie=True)


def test_an_unfit_host_is_not_the_own_host() -> None:
    """A proxy that passes no Host header must not make the request fail, nor everything allowed."""
    with override_settings(ALLOWED_HOSTS=['shop.example']):
        assert ask('https://shop.example', HTTP_HOST='unix:/run/shop.sock')
        assert not ask('https://evil.example', HTTP_HOST='evil.example')


def test_a_refusal_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same origin is logged once a minute, each with what to do."""
    monkeypatch.setattr(origin, '_logged', {})
    clock = [1000.0]
    monkeypatch.setattr(origin.time, 'monotonic', lambda: clock[0])
    request = RequestFactory().get('/ws/foobar', HTTP_ORIGIN='https://evil.example')
    with caplog.at_level(logging.WARNING, 'djng.relay'):
        origin.log_refusal(request)
        origin.log_refusal(request)
        assert len(caplog.records) == 1
        clock[0] += 61
        origin.log_refusal(request)
    assert len(caplog.records) == 2
    assert 'CSRF_TRUSTED_ORIGINS' in caplog.text
