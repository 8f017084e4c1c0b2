"""What ``djng.context_processors`` gives to templates, evaluated by a real JavaScript engine."""

import json
import subprocess

import pytest
from django.core.exceptions import DisallowedHost
from django.template import engines
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from djng import context_processors

HARD_TO_QUOTE = [
    '--heartbeat--',
    '"; alert(1); "',
    "it's",
    'back\\slash',
    '</script><script>alert(1)</script>',
    '<!-- <script>',
    'a & b &amp; c',
    'line\nfeed\u2028separator\u2029paragraph',
    '{{ constructor }}',
    'smile \U0001f600 \x00',
]


def evaluated(expression):
    """Return what a JavaScript expression evaluates to."""
    program = f'process.stdout.write(JSON.stringify({expression}) ?? "undefined")'
    done = subprocess.run(['node', '-e', program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def rendered(source, **extra):
    """Return a template rendered with the context processors of the settings."""
    return engines['django'].from_string(source).render({}, RequestFactory().get('/', **extra))


def test_uri_plain():
    """A plain request gives ws://, its host with the port, and WEBSOCKET_URL."""
    assert rendered('{{ WEBSOCKET_URI }}', HTTP_HOST='localhost:8000') == 'ws://localhost:8000/ws/'


def test_uri_secure():
    """A request over TLS gives wss://."""
    request = RequestFactory().get('/', secure=True)
    assert context_processors.default(request)['WEBSOCKET_URI'] == 'wss://testserver/ws/'


def test_uri_behind_a_tls_proxy(settings):
    """Behind a proxy that ends TLS, the headers that Django was told to trust decide."""
    settings.SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')
    settings.USE_X_FORWARDED_HOST = True
    settings.ALLOWED_HOSTS = ['scores.example']
    headers = {'HTTP_X_FORWARDED_PROTO': 'https', 'HTTP_X_FORWARDED_HOST': 'scores.example'}
    assert rendered('{{ WEBSOCKET_URI }}', **headers) == 'wss://scores.example/ws/'


def test_uri_follows_the_setting(settings):
    """WEBSOCKET_URL is read when it is asked for; it is /ws/ where it is not set."""
    settings.WEBSOCKET_URL = '/live/'
    assert rendered('{{ WEBSOCKET_URI }}') == 'ws://testserver/live/'
    del settings.WEBSOCKET_URL
    assert rendered('{{ WEBSOCKET_URI }}') == 'ws://testserver/ws/'


def test_uri_refuses_a_foreign_host():
    """A host that is not allowed never reaches a template."""
    request = RequestFactory().get('/', HTTP_HOST='evil.example')
    with pytest.raises(DisallowedHost):
        context_processors.default(request)


@pytest.mark.parametrize('message', HARD_TO_QUOTE)
def test_heartbeat_evaluates_to_the_setting(settings, message):
    """Written without quotes into JavaScript, the heartbeat is the setting, whatever it holds."""
    settings.WS4REDIS_HEARTBEAT = message
    assert evaluated(rendered('{{ WS4REDIS_HEARTBEAT }}')) == message


@pytest.mark.parametrize('message', HARD_TO_QUOTE)
def test_heartbeat_stays_inside_its_script(settings, message):
    """Nothing in the heartbeat ends the script, the line or the expression around it."""
    settings.WS4REDIS_HEARTBEAT = message
    assert not set(context_processors.heartbeat()) & set('<>&{}\n\u2028\u2029')


@given(st.text())
def test_javascript_is_json_without_html(text):
    """Any text becomes an ASCII literal that says the same."""
    literal = context_processors.javascript(text)
    assert json.loads(literal) == text
    assert literal.isascii()
    assert not set(literal) & set('<>&{}')


@pytest.mark.parametrize('message', [None, ''])
def test_heartbeat_unset(settings, message):
    """Without a heartbeat the template says null, as ws4redis has it."""
    settings.WS4REDIS_HEARTBEAT = message
    assert rendered('{{ WS4REDIS_HEARTBEAT }}') == 'null'
    del settings.WS4REDIS_HEARTBEAT
    assert rendered('{{ WS4REDIS_HEARTBEAT }}') == 'null'


def test_ws4redis_own_processor_in_its_place(settings, monkeypatch):
    """A project that keeps ws4redis' context processor gets the same names and values."""
    # ws4redis reads the settings once, when it is imported: maybe under another test's settings.
    monkeypatch.setattr('ws4redis.settings.WEBSOCKET_URL', settings.WEBSOCKET_URL)
    monkeypatch.setattr('ws4redis.settings.WS4REDIS_HEARTBEAT', settings.WS4REDIS_HEARTBEAT)
    settings.TEMPLATES = [
        {
            'BACKEND': 'django.template.backends.django.DjangoTemplates',
            'OPTIONS': {'context_processors': ['ws4redis.context_processors.default']},
        }
    ]
    source = "setURI('{{ WEBSOCKET_URI }}'); setHeartbeat({{ WS4REDIS_HEARTBEAT }});"
    assert rendered(source) == 'setURI(\'ws://testserver/ws/\'); setHeartbeat("--heartbeat--");'
