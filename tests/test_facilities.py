"""Patterns of facilities: what they match, which goes first, and what is no pattern, class or limit."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import uuid
from datetime import date
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.urls import register_converter
from django.urls.converters import StringConverter, get_converters

from djng import facilities
from djng.facilities import Facility, Registry
from djng.facilities.declared import names_of, seen_of


class A(Facility):
    """One."""


class B(Facility):
    """Another."""


class DayConverter(StringConverter):
    """A project's own."""

    def to_python(self, value):
        """Return the day."""
        return date.fromisoformat(value)

    def to_url(self, value):
        """Write it."""
        return value.isoformat()


if 'day' not in get_converters():
    register_converter(DayConverter, 'day')


@pytest.mark.parametrize(
    ('pattern', 'name', 'kwargs'),
    [
        ('chat', 'chat', {}),
        ('', '', {}),
        ('auction-<int:pk>', 'auction-3', {'pk': 3}),
        ('auction-<int:pk>', 'auction-0', {'pk': 0}),
        ('room/<slug:name>/<int:table>', 'room/green-one/7', {'name': 'green-one', 'table': 7}),
        ('<name>', 'ünïcödé x', {'name': 'ünïcödé x'}),
        ('<path:rest>', 'a/b', {'rest': 'a/b'}),
        ('of.<str:x>', 'of.a', {'x': 'a'}),
        (
            'doc-<uuid:id>',
            'doc-12345678-1234-5678-1234-567812345678',
            {'id': uuid.UUID('12345678-1234-5678-1234-567812345678')},
        ),
        ('day-<day:day>', 'day-2026-11-25', {'day': date(2026, 11, 25)}),
    ],
)
def test_matches(pattern, name, kwargs):
    """A facility knows its name, and what Django's converters, a project's own among them, make of it."""
    registry = Registry()
    assert registry.register(pattern)(A) is A
    facility = registry.find(name)
    assert type(facility) is A
    assert (facility.name, facility.kwargs) == (name, kwargs)


@pytest.mark.parametrize(
    ('pattern', 'name'),
    [
        ('chat', 'chats'),
        ('chat', 'a chat'),
        ('chat', 'chat/'),
        ('chat', 'chat\n'),
        ('of.a', 'ofxa'),
        ('auction-<int:pk>', 'auction-'),
        ('auction-<int:pk>', 'auction--3'),
        ('auction-<int:pk>', 'auction-3\n'),
        ('auction-<int:pk>', 'auction-٣'),
        ('<name>', 'a/b'),
        ('day-<day:day>', 'day-2026-13-01'),
        # Another way to write the same would be a second collection of it.
        ('auction-<int:pk>', 'auction-03'),
        ('day-<day:day>', 'day-20261125'),
    ],
)
def test_does_not_match(pattern, name):
    """Whatever is written otherwise is no such facility."""
    registry = Registry()
    registry.register(pattern)(A)
    assert registry.find(name) is None


def test_overlapping():
    """A name written out goes first, else the pattern that was registered first."""
    registry = Registry()
    registry.register('auction-<slug:name>')(A)
    registry.register('auction-<int:pk>', 'auction-new')(B)
    assert isinstance(registry.find('auction-3'), A)
    assert isinstance(registry.find('auction-new'), B)
    assert registry.find('other') is None


def test_found_after_it_was_asked_for():
    """That there was none is not remembered when one is registered."""
    registry = Registry()
    assert not registry
    assert registry.find('chat') is None
    registry.register('chat')(A)
    assert registry
    assert isinstance(registry.find('chat'), A)


@pytest.mark.parametrize('again', ['auction-<int:pk>', 'auction-<int:number>'])
def test_registered_twice(again):
    """Two classes for one pattern are an error that names both, whatever the arguments are called."""
    registry = Registry()
    registry.register('auction-<int:pk>')(A)
    with pytest.raises(ImproperlyConfigured, match=r'test_facilities\.B is registered already.*test_facilities\.A'):
        registry.register(again)(B)


@pytest.mark.parametrize(
    'pattern',
    ['a-<integer:pk>', 'a-<int: pk>', '<int:a>-<int:a>', '<int:9>', '^a$', 'a-(?P<pk>x)', '/a', 'a$', 3, None, b'a'],
)
def test_what_is_no_pattern(pattern):
    """A mistake in a pattern is told with the pattern."""
    with pytest.raises(ImproperlyConfigured, match=str(pattern).replace('$', r'\$')[:4].replace('(', r'\(').strip('^')):
        Registry().register(pattern)(A)


def test_no_pattern_at_all():
    """A decorator without a pattern says how it is used."""
    with pytest.raises(ImproperlyConfigured, match='for a pattern'):
        Registry().register()


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('max_properties', 0),
        ('max_properties', '9'),
        ('max_size', 1.5),
        ('max_size', True),
        ('rate', 0),
        ('rate', float('nan')),
        ('expire', -1),
        ('readable', b'home'),
        ('writable', 'home'),
        ('presence', 'name'),
    ],
)
def test_what_is_no_limit(name, value):
    """An attribute that means nothing ends the start."""
    with pytest.raises(ImproperlyConfigured, match=name):
        Registry().register('a')(type('C', (Facility,), {name: value}))


@pytest.mark.parametrize('method', ['may_subscribe', 'may_publish', 'readable', 'writable', 'presence'])
def test_async_methods(method):
    """A coroutine would be true whatever comes of it, so there may be none."""

    async def decide(self, request):
        return False

    with pytest.raises(ImproperlyConfigured, match='async'):
        Registry().register('a')(type('C', (Facility,), {method: decide}))


@pytest.mark.parametrize('cls', [object, object(), lambda name: None])
def test_what_is_no_facility(cls):
    """Only subclasses of Facility can be registered."""
    with pytest.raises(ImproperlyConfigured, match='subclass'):
        Registry().register('a')(cls)


def test_who_may_publish():
    """Whoever may hear it, unless it says otherwise."""

    class Deaf(Facility):
        def may_subscribe(self, request):
            return False

    assert Facility('a').may_publish(None)
    assert not Deaf('a').may_publish(None)


def test_writable():
    """Names by an iterable, a method, or none for all."""
    assert names_of(['a', 'b'], None, 'writable') == {'a', 'b'}
    assert names_of(lambda request: {request: 1}, 'a', 'writable') == {'a'}
    assert names_of(None, None, 'writable') is names_of(lambda request: None, None, 'writable') is None
    assert names_of((), None, 'writable') == frozenset()
    with pytest.raises(TypeError, match='home'):
        names_of(lambda request: 'home', None, 'writable')


def test_what_others_see():
    """Nothing by default; a user's name; or what a method says, which is a dict or nothing."""
    request = Mock(user=User(username='mary'))

    def seen(presence):
        return seen_of(type('C', (Facility,), {'presence': presence})('a'), request)

    assert seen(False) is None
    assert seen(True) == {'name': 'mary'}
    assert seen(lambda facility, request: {'name': facility.name}) == {'name': 'a'}
    assert seen(lambda facility, request: None) is None
    with pytest.raises(TypeError, match='mary'):
        seen(lambda facility, request: 'mary')
    request.user = AnonymousUser()
    assert seen(True) == {'name': ''}


def test_lists_of_who_is_there():
    """There is one where the facility says so, with its rights; nobody writes it."""
    registry = Registry()
    registry.register('club-<int:pk>')(type('C', (Facility,), {'presence': True, 'may_subscribe': lambda *_: 'heard'}))
    registry.register('open', '<path:rest>')(Facility)
    attendance = registry.find('-/presence/club-5')
    assert attendance.attended.kwargs == {'pk': 5}
    assert attendance.may_subscribe(None) == 'heard'
    assert not attendance.may_publish(None)
    for name in ('-/presence/open', '-/presence/club-05', '-/presence/', '-/presence/-/presence/club-5'):
        assert registry.find(name) is None


def run(program):
    """Run a program in a Python of its own with the app ``tests.declared``; return its status and what it prints."""
    source = f"""
import os
os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'
from django.conf import settings
settings.INSTALLED_APPS += ['tests.declared']
{textwrap.dedent(program)}
"""
    done = subprocess.run([sys.executable, '-c', source], capture_output=True, text=True)
    return done.returncode, done.stdout.strip() + done.stderr.strip()


def test_autodiscovery():
    """``facilities.py`` of each app is imported when Django starts, like ``admin.py``."""
    program = """
        import django
        django.setup()
        from djng.facilities import registry
        print(type(registry.find('wall-3')).__name__)
    """
    assert run(program) == (0, 'Wall')


def test_autodiscovery_without_djng_among_the_apps():
    """A server discovers them, too, so that no sockets are open that are declared to be closed."""
    program = """
        settings.INSTALLED_APPS.remove('djng')
        import django
        django.setup()
        from djng.facilities import registry
        from djng.relay.server import RelayServer
        assert not registry
        RelayServer()
        print(type(registry.find('wall-3')).__name__)
    """
    assert run(program) == (0, 'Wall')


def test_a_mistake_ends_the_start():
    """A module with an error in it opens nothing."""
    program = """
        from djng import facilities
        facilities.register('open')(facilities.Facility)
        import django
        django.setup()
    """
    status, printed = run(program)
    assert status == 1
    assert "The facility 'open' of djng.facilities.facility.Facility is registered already" in printed


def test_written():
    """A pattern is written with the attributes of an object, those of related ones too, if they can be."""

    class Page:
        pk = 3
        slug = 'about'
        at = date(2026, 11, 25)
        empty = ''
        team = None

    Page.team = Page
    registry = Registry()
    registry.register('page-<int:pk>', '<slug:slug>/<int:team__pk>', 'day-<day:at>', 'front')(A)
    registry.register('<slug:empty>', 'no-<int:number>', 'wrong-<int:slug>', 'none-<int:team__number>')(B)
    assert registry.names(A, Page) == ['page-3', 'about/3', 'day-2026-11-25', 'front']
    assert registry.names(B, Page) == []
    assert registry.names(Facility, Page) == []


def test_lazy_names():
    """What is loaded when it is asked for is there, and nothing else is."""
    assert issubclass(facilities.ModelFormFacility, Facility)
    with pytest.raises(AttributeError, match='NoFacility'):
        _ = facilities.NoFacility
