"""Each system check fires where something is wrong, and is quiet where nothing is."""

import inspect
import re
import sys
import types
from importlib import metadata
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.checks import run_checks
from django.core.management.commands.runserver import Command as RunServer

from djng import checks, facilities
from djng.facilities import Facility

DOCS = Path(__file__).resolve().parent.parent / 'docs' / 'checks.rst'


def fired():
    """Return djng's messages for the settings as they are, by id."""
    return {message.id: message for message in run_checks(tags=['djng'])}


@pytest.fixture(autouse=True)
def script(tmp_path, monkeypatch):
    """Say that the script is there: the tests of the checks do not depend on the JavaScript build."""
    path = Path(checks.__file__).parent / 'static' / checks.SCRIPT
    monkeypatch.setattr(checks.finders, 'find', lambda name: str(path))


class RunAsgi(RunServer):
    """A runserver of the kind that daphne brings."""

    def inner_run(self, *args, **options):
        """Serve ASGI_APPLICATION instead."""


def test_quiet(settings):
    """The settings that the documentation shows raise nothing, in development as in production."""
    for debug in True, False:
        settings.DEBUG = debug
        assert fired() == {}


def test_e001_ws4redis_missing(settings):
    """Without ws4redis among the apps nobody stores a user's groups at login."""
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != 'ws4redis']
    assert list(fired()) == ['djng.E001']


def test_e002_djng_missing(settings):
    """What imports djng without having it among the apps is told so."""
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != 'djng']
    assert list(fired()) == ['djng.E002']


@pytest.mark.parametrize('url', ['ws/', '/ws', 'ws', '', '/', None, b'/ws/', 'ws://localhost/ws/'])
def test_e003_websocket_url(settings, url):
    """WEBSOCKET_URL must be a path between two slashes."""
    settings.WEBSOCKET_URL = url
    assert list(fired()) == ['djng.E003']


@pytest.mark.parametrize('url', ['/ws/', '/live/sockets/'])
def test_e003_quiet(settings, url):
    """A path between slashes is fine, and so is none at all."""
    settings.WEBSOCKET_URL = url
    assert fired() == {}
    del settings.WEBSOCKET_URL
    assert fired() == {}


def a_hook(request, channels):
    """Allow what is asked for."""
    return channels


@pytest.mark.parametrize('setting', checks.HOOKS)
@pytest.mark.parametrize(
    'hook', ['tests.no_such_module.hook', 'tests.test_checks.no_such_hook', 'typo', 'djng.__version__', 3]
)
def test_e004_hook(settings, setting, hook):
    """A hook that cannot be imported or called is an error: it decides about rights."""
    setattr(settings, setting, hook)
    assert list(fired()) == ['djng.E004']
    assert setting in fired()['djng.E004'].msg


def test_e004_module_that_fails(settings, tmp_path, monkeypatch):
    """Whatever a hook's module raises on import is reported, not raised."""
    (tmp_path / 'failing_hooks.py').write_text('raise RuntimeError("no luck")')
    monkeypatch.syspath_prepend(tmp_path)
    settings.WS4REDIS_PROCESS_REQUEST = 'failing_hooks.process_request'
    assert 'RuntimeError: no luck' in fired()['djng.E004'].msg


def test_e004_subscriber_is_named(settings):
    """ws4redis takes the subscriber by name only; the class itself is an error."""
    settings.WS4REDIS_SUBSCRIBER = type('Subscriber', (), {})
    assert list(fired()) == ['djng.E004']


def test_e004_quiet(settings):
    """Hooks may be unset, a dotted path, and two of them a function."""
    settings.WS4REDIS_SUBSCRIBER = 'ws4redis.subscriber.RedisSubscriber'
    settings.WS4REDIS_ALLOWED_CHANNELS = 'tests.test_checks.a_hook'
    settings.WS4REDIS_PROCESS_REQUEST = a_hook
    assert fired() == {}
    settings.WS4REDIS_ALLOWED_CHANNELS = None
    assert fired() == {}


@pytest.mark.parametrize(
    'application', ['ws4redis.uwsgi_runserver.uWSGIWebsocketServer', 'ws4redis.django_runserver.run']
)
def test_e005_runner_of_ws4redis(settings, application):
    """A server of ws4redis named where djng's should be does not work."""
    settings.WSGI_APPLICATION = application
    assert list(fired()) == ['djng.E005']
    assert checks.RUNNER in fired()['djng.E005'].hint


def test_e005_documented_name(settings, monkeypatch):
    """The name in ws4redis' instructions is fine, as long as djng stands in for it."""
    settings.WSGI_APPLICATION = 'ws4redis.django_runserver.application'
    assert fired() == {}
    monkeypatch.delitem(sys.modules, 'ws4redis.django_runserver')
    assert list(fired()) == ['djng.E005']


def test_e006_django_angular(monkeypatch):
    """The distribution that owns the same import name is an error."""

    def distribution(name):
        if name == 'django-angular':
            return types.SimpleNamespace(version='2.3.1')
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(checks.metadata, 'distribution', distribution)
    assert list(fired()) == ['djng.E006']
    assert 'pip uninstall django-angular' in fired()['djng.E006'].hint


def test_w001_staticfiles_missing(settings):
    """Without staticfiles nothing serves djng's JavaScript by itself."""
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if 'staticfiles' not in app]
    assert list(fired()) == ['djng.W001']


def templates(*processors, backend='django.template.backends.django.DjangoTemplates'):
    """Return TEMPLATES with one engine."""
    return [{'BACKEND': backend, 'OPTIONS': {'context_processors': list(processors)}}]


def test_w002_no_context_processor(settings):
    """No engine that knows WEBSOCKET_URI is a warning."""
    settings.TEMPLATES = templates('django.template.context_processors.request')
    assert list(fired()) == ['djng.W002']
    settings.TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates'}]
    assert list(fired()) == ['djng.W002']


def test_w002_quiet(settings):
    """One engine with djng's or ws4redis' processor is enough; a project without templates needs none."""
    settings.TEMPLATES = templates() + templates('ws4redis.context_processors.default')
    assert fired() == {}
    settings.TEMPLATES = []
    assert fired() == {}


def test_w003_asgi_runserver(settings, monkeypatch):
    """A runserver that serves ASGI leaves WSGI_APPLICATION unused."""
    settings.ASGI_APPLICATION = 'mysite.asgi.application'
    monkeypatch.setattr(checks, 'get_commands', lambda: {'runserver': 'daphne'})
    monkeypatch.setattr(checks, 'load_command_class', lambda app, name: RunAsgi())
    assert list(fired()) == ['djng.W003']
    assert "'daphne'" in fired()['djng.W003'].msg


@pytest.mark.parametrize('asgi', [None, 'mysite.asgi.application'])
def test_w003_quiet(settings, monkeypatch, asgi):
    """Django's runservers, and those that only add something to them, are fine."""
    settings.ASGI_APPLICATION = asgi
    assert fired() == {}
    command = type('Command', (RunServer,), {'__module__': 'whitenoise.runserver_nostatic'})
    monkeypatch.setattr(checks, 'get_commands', lambda: {'runserver': command()})
    assert fired() == {}


def test_w003_without_asgi_application(settings, monkeypatch):
    """A runserver of another kind that has no ASGI_APPLICATION to serve is none of our business."""
    monkeypatch.setattr(checks, 'get_commands', lambda: {'runserver': RunAsgi()})
    assert fired() == {}


@pytest.mark.parametrize('application', [None, 'mysite.wsgi.application'])
def test_w004_plain_application(settings, application):
    """In development, a WSGI_APPLICATION that serves no WebSockets is a warning."""
    settings.DEBUG = True
    settings.WSGI_APPLICATION = application
    assert list(fired()) == ['djng.W004']


def test_w004_quiet_in_production(settings):
    """In production uWSGI serves the WebSockets: a plain WSGI_APPLICATION is as it should be."""
    settings.DEBUG = False
    settings.WSGI_APPLICATION = 'mysite.wsgi.application'
    assert fired() == {}


def test_w005_script_not_found(monkeypatch):
    """No finder that looks into apps is a warning."""
    monkeypatch.setattr(checks.finders, 'find', lambda name: None)
    assert list(fired()) == ['djng.W005']


def test_w006_script_of_another_app(settings, tmp_path, monkeypatch):
    """A file of the same name that is found first hides djng's."""
    monkeypatch.undo()
    path = tmp_path / 'djng' / 'js' / 'django-angular.js'
    path.parent.mkdir(parents=True)
    path.write_text('// an older one')
    settings.STATICFILES_DIRS = [tmp_path]
    assert list(fired()) == ['djng.W006']
    assert str(path) in fired()['djng.W006'].msg


def test_each_message_has_a_hint_and_its_kind():
    """Every check says what to write; an E is an Error, a W a Warning."""
    source = inspect.getsource(checks)
    yields = re.findall(r"yield (Error|Warning)\((.*?)id='djng\.([EW])\d{3}'", source, re.DOTALL)
    assert len(yields) == source.count("id='djng.")
    for kind, arguments, letter in yields:
        assert kind[0] == letter
        assert 'hint=' in arguments


def test_w007_no_facility_is_declared(settings, monkeypatch):
    """In production somebody should have said who may open what."""

    def fired_in_production():
        return [message.id for message in run_checks(tags=['djng'], include_deployment_checks=True)]

    registry = facilities.Registry()
    monkeypatch.setattr(facilities, 'registry', registry)
    assert fired_in_production() == ['djng.W007']
    assert fired() == {}
    settings.WS4REDIS_ALLOWED_CHANNELS = lambda request, channels: channels
    assert fired_in_production() == []
    del settings.WS4REDIS_ALLOWED_CHANNELS
    registry.register('a')(Facility)
    assert fired_in_production() == []


def test_w008_nobody_knows_whose_instance_it_is(monkeypatch):
    """An argument that is no attribute of the model is told, unless the class makes names by itself."""
    registry = facilities.Registry()
    monkeypatch.setattr(facilities, 'registry', registry)
    monkeypatch.setattr('djng.modelform.registry', registry)

    class Permissions(facilities.ModelFormFacility):
        model = Permission
        fields = ('name',)

    registry.register('a-<int:pk>', 'b-<int:content_type__pk>', 'c-<codename>', 'd')(Permissions)
    registry.register('open')(Facility)
    assert fired() == {}
    registry.register('e-<int:number>', 'f-<int:content_type__number>')(type('Others', (Permissions,), {}))
    messages = run_checks(tags=['djng'])
    assert [message.id for message in messages] == ['djng.W008'] * 2
    assert ['<number>' in messages[0].msg, '<content_type__number>' in messages[1].msg] == [True, True]

    class Made(Permissions):
        @classmethod
        def names_for(cls, instance):
            return [f'made-{instance.pk}']

    registry = facilities.Registry()
    monkeypatch.setattr(facilities, 'registry', registry)
    monkeypatch.setattr('djng.modelform.registry', registry)
    registry.register('made-<int:number>')(Made)
    assert fired() == {}


def test_ids_are_documented():
    """The documentation explains exactly the ids that the code has."""
    in_code = re.findall(r"id='(djng\.[EW]\d{3})'", inspect.getsource(checks))
    in_docs = re.findall(r'^(djng\.[EW]\d{3})\b', DOCS.read_text(encoding='utf-8'), re.MULTILINE)
    assert sorted(in_code) == sorted(in_docs)
    assert len(set(in_code)) == len(in_code)
