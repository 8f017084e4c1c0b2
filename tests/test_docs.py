"""The documentation is true: all that the code reads or says is described, and what is shown works."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core import signing
from django.core.exceptions import PermissionDenied
from websockets.sync.client import connect

import djng
from djng.relay import frames
from djng.relay.bound import public_name
from djng.signals import collection_changed
from djng.state.frame import parse_frame
from djng.state.heard import heard
from djng.state.steps import Applied, Kept, Outdated
from tests.servers import PATIENCE, ROOT, Redis, Runserver

DOCS = ROOT / 'docs'
README = ROOT / 'README.md'
PAGES = sorted([README, *DOCS.glob('*.rst')])
SOURCES = sorted((ROOT / 'djng').rglob('*.py'))
CLIENT = ROOT / 'client' / 'src'
DELIVERY = ROOT / 'djng' / 'worker' / 'delivery.py'


def read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding='utf-8')


def snippets(text: str) -> list[tuple[str, str]]:
    """Return language and code of each block that names its language, in reStructuredText or Markdown."""
    rst = re.findall(r'^\.\. code-block:: (\S+)\n\n((?:(?: {4}.*)?\n)+)', text, re.MULTILINE)
    markdown = re.findall(r'^```(\S+)\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    return [(language, textwrap.dedent(code).strip() + '\n') for language, code in rst + markdown]


def shown(path: Path, language: str) -> list[str]:
    """Return the code of one language that a page shows."""
    return [code for name, code in snippets(read(path)) if name == language]


def found(pattern: str, *paths: Path) -> set[Any]:
    """Return what ``pattern`` finds in files, tuples where it has several groups; it must find something."""
    names = {name for path in paths for name in re.findall(pattern, read(path))}
    assert names, f'nothing matches {pattern}'
    return names


def missing(names: set[str], page: str) -> set[str]:
    """Return those of ``names`` that a page does not mention as code."""
    text = read(DOCS / page)
    return {name for name in names if not re.search(rf'``[^`\n]*\b{re.escape(name)}\b[^`\n]*``', text)}


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Sphinx makes of the pages, and the file ``complaints`` with what it has to say."""
    pytest.importorskip('sphinx', reason='needs Sphinx: pip install djng[docs]')
    folder = tmp_path_factory.mktemp('built')
    command = [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-n', '-q', '-b', 'dummy', DOCS, folder]
    done = subprocess.run(command, capture_output=True, text=True)
    (folder / 'complaints').write_text(done.stderr if done.returncode else '')
    return folder


# What the code has, the pages describe.


def test_settings() -> None:
    """Each setting that djng or ws4redis reads is described."""
    ws4redis = importlib.import_module('ws4redis.settings')
    names = found(r"\bsettings\.([A-Z][A-Z0-9_]+)|getattr\(\s*settings, ['\"]([A-Z0-9_]+)", *SOURCES)
    names = {name for groups in names for name in groups if name} | found(
        r"getattr\(settings, '(\w+)'", Path(str(ws4redis.__file__))
    )
    assert missing(names, 'settings.rst') == set()


def test_settings_of_the_readme() -> None:
    """The README's table names settings that have an entry of their own."""
    table = read(README).partition('## Settings')[2].partition('\n## ')[0]
    names = set(re.findall(r'`([A-Z][A-Z0-9_]{5,})`', table))
    assert len(names) > 8
    assert names <= found(r'``([A-Z][A-Z0-9_]+)``', DOCS / 'settings.rst')


def test_template_tags() -> None:
    """Each template tag has a heading."""
    tags = importlib.import_module('djng.templatetags.djng_tags').register
    headings = re.findall(r'^``{% (\w+) .*\n-{3,}$', read(DOCS / 'templates.rst'), re.M)
    assert sorted(headings) == sorted(tags.tags)
    assert not tags.filters


def test_close_codes() -> None:
    """Each close code that the relay or the client uses is described."""
    codes = found(r'\b(100\d|101\d|44\d\d)\b', CLIENT / 'connection.js')
    lines = [line for path in SOURCES for line in read(path).splitlines() if not re.search(r'\bimport\b|= \d', line)]
    for name in ('connection', 'admission'):
        for constant, value in vars(importlib.import_module(f'djng.relay.{name}')).items():
            if constant.isupper() and value in range(1000, 5000) and any(constant in line for line in lines):
                codes.add(str(value))
    assert {'1003', '1006', '1013', '4401', '4403', '4404'} <= codes
    assert missing(codes, 'access.rst') == set()


def test_final_codes() -> None:
    """The codes that tell the client to stay away are the same in the client, in the relay and on its page."""
    admission = importlib.import_module('djng.relay.admission')
    codes = {str(code) for code in (admission.SIGN_IN, admission.NOT_ALLOWED, admission.NO_SUCH_FACILITY)}
    [final] = re.findall(r'FINAL = \[(.*)\]', read(CLIENT / 'connection.js'))
    assert set(final.split(', ')) == codes
    assert missing(codes, 'client.rst') == set()


def test_statuses() -> None:
    """Each HTTP status with which a handshake is refused is described."""
    statuses = found(r'(?:status=|refuse\()(\d{3})', *(ROOT / 'djng' / 'relay').glob('*.py'))
    assert {'400', '403', '404', '426', '429', '500', '503'} == statuses
    assert missing(statuses, 'access.rst') == set()


def test_signals() -> None:
    """Each signal, and all that its receivers are given, is described, and so are the worker's options."""
    names = found(r'(?m)^(\w+) = FacilitySignal', ROOT / 'djng' / 'signals.py')
    names |= found(r"'(\w+)': ", DELIVERY) | found(r"kwargs\['(\w+)'\]", DELIVERY)
    assert {'collection_changed', 'socket_opened', 'changed', 'position', 'user', 'address', 'client'} <= names
    assert missing(names, 'listening.rst') == set()
    options = found(r"'(--\w+)'", ROOT / 'djng' / 'management' / 'commands' / 'djng_worker.py')
    assert [option for option in options if f'djng_worker {option}' not in read(DOCS / 'listening.rst')] == []


def test_client() -> None:
    """Each method of the provider, each member and each status of a binding, each log level is described."""
    names = found(r'this\.(set\w+) = ', CLIENT / 'djangoWebsocket.js')
    names |= binding_members()
    names |= found(r"become\('(\w+)'", CLIENT / 'connection.js')
    [levels] = found(r'LEVELS = \[(.*)\]', CLIENT / 'djangoWebsocket.js')
    names |= set(re.findall(r"'(\w+)'", levels))
    assert {'setURI', 'unbind', 'onStatus', 'onSync', 'errors', 'reason', 'waiting', 'debug'} <= names
    assert missing(names, 'client.rst') == set()


def public_modules() -> set[str]:
    """Return the modules that say what of them is public, and are no parts of djng that only djng uses."""
    names = [path for path in SOURCES if re.search(r'^__all__ = ', read(path), re.M)]
    dotted = {'.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__') for path in names}
    return {name for name in dotted if not re.match(r'djng\.(relay|state|worker)\b', name)}


def test_python_reference(built: Path) -> None:
    """Each public module is in the reference that Sphinx builds, with all that is public there, and its docstrings."""
    environment = pickle.loads((built / '.doctrees' / 'environment.pickle').read_bytes())
    described = set(environment.domaindata['py']['objects'])
    text = read(DOCS / 'api.rst')
    assert {'djng.collection', 'djng.facilities', 'djng.signals', 'djng.publisher', 'djng.forms'} <= public_modules()
    for name in public_modules():
        assert name in described, name
        # The runner of uWSGI cannot be imported outside of it.
        module = importlib.import_module(name) if name != 'djng.uwsgi_runserver' else None
        for public in getattr(module, '__all__', ()):
            # What is ws4redis' own is told beside it.
            assert f'{name}.{public}' in described or f'``{public}``' in text, f'{name}.{public}'
            value = getattr(module, public)
            if isinstance(value, type) and value.__module__.startswith('djng.'):
                members = {key: member for key, member in vars(value).items() if not key.startswith('_')}
                functions = [key for key, member in members.items() if callable(member) or isinstance(member, property)]
                assert [key for key in functions if not getattr(value, key).__doc__] == [], public
                assert value.__doc__, public


def test_javascript_reference() -> None:
    """Each of the provider's and the service's methods is in the reference, with all of its arguments and members."""
    pytest.importorskip('docutils', reason='needs Sphinx: pip install djng[docs]')
    ngdoc = importlib.import_module('docs.ngdoc')
    files = shown_files(read(DOCS / 'api-javascript.rst'))
    said = {comment.name: ngdoc.page(comment) for name in files for comment in ngdoc.comments(CLIENT / name)}
    assert set(said) >= {'djng.websocket', 'djangoWebsocket', 'djangoWebsocket#connect', '$websocket'}
    assert {f'djangoWebsocketProvider#{name}' for name in found(r'this\.(set\w+) = ', *CLIENT.glob('*.js'))} <= set(
        said
    )
    for path in CLIENT.glob('*.js'):
        public = [name for name in re.findall(r'@name (\S+)', read(path)) if not name.startswith('$$')]
        assert path.name in files or public in ([], ['ngModel']), path.name
    connect = said['djangoWebsocket#connect']
    [arguments] = found(r'function connect\((.*)\)', CLIENT / 'djangoWebsocket.js')
    assert [name for name in arguments.split(', ') if f':param {name}: ' not in connect] == []
    assert [name for name in binding_members() if f'``{name}' not in connect] == []


def shown_files(text: str) -> list[str]:
    """Return the sources of which a page shows the comments."""
    return [name for line in re.findall(r'^\.\. ngdoc:: (.+)$', text, re.M) for name in line.split()]


def binding_members() -> set[str]:
    """Return the names of all that a binding in the client has."""
    [members] = found(r'const binding = \{([^;]*)\};', CLIENT / 'binding.js')
    return set(re.findall(r'(\w+)(?:: [^,]*)?(?:,|$)', members.strip()))


def test_modules_are_in_the_architecture() -> None:
    """Each module of djng and of the client has its sentence."""
    modules = [path for path in SOURCES if not {'__init__.py', 'management', 'templatetags'} & set(path.parts)]
    names = {str(path.relative_to(ROOT)) for path in modules} | {path.name for path in CLIENT.glob('*.js')}
    assert missing(names - {'index.js', 'module.js'}, 'architecture.rst') == set()


def test_glossary() -> None:
    """Each word of the glossary is one that the code uses, and those of the wire are in it."""
    terms = re.findall(r'^ {3}(\S.*)\n {6}', read(DOCS / 'glossary.rst').partition('.. glossary::')[2], re.M)
    assert terms == sorted(terms)
    code = '\n'.join(map(read, [*SOURCES, *CLIENT.glob('*.js')])).lower()
    assert [term for term in terms if not re.search(rf'\b{term}s?\b', code)] == []
    spoken = {'audience', 'binding', 'change', 'channel', 'collection', 'epoch', 'facility', 'heartbeat', 'snapshot'}
    assert spoken | {'bound socket', 'plain socket', 'property', 'publisher', 'version'} <= set(terms)


def test_changelog() -> None:
    """The changelog begins with the version that the code has."""
    assert re.findall(r'^## (\S+)', read(ROOT / 'CHANGELOG.md'), re.M)[0] == djng.__version__


# What the pages show, works.


def test_build(built: Path) -> None:
    """Sphinx has nothing to complain about, nor does it find a reference that leads nowhere."""
    assert (built / 'complaints').read_text() == ''


def test_links() -> None:
    """What the README links to is there, and the commands that it names can be run."""
    targets = found(r'\]\(((?!https?:)[^)]+)\)|(?:src|srcset)="([^"{]+)"', README)
    assert [name for names in targets for name in names if name and not (ROOT / name).exists()] == []
    for command in found(r'(?m)^ {4}(\S+) +#', README):
        assert os.access(ROOT / command, os.X_OK)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_python_compiles(page: Path) -> None:
    """Each piece of Python is Python."""
    for code in shown(page, 'python'):
        compile(code, page.name, 'exec')


def test_dotted_paths() -> None:
    """Each dotted path into djng that the pages name leads somewhere."""
    for path in found(r'\bdjng(?:\.[a-z_]+)+\.(?:[a-z_]+|[A-Z]\w+)\b(?=[\'`])', *PAGES):
        module, _, name = path.rpartition('.')
        assert hasattr(importlib.import_module(module), name) or importlib.util.find_spec(path), path


def test_readme_and_installation_agree() -> None:
    """The README installs djng as the documentation does."""
    section = read(README).partition('## Into your project')[2].partition('\n## ')[0]
    readme = [snippet for snippet in snippets(section) if snippet[0] != 'console']
    assert readme == [snippet for snippet in snippets(read(DOCS / 'installation.rst')) if snippet[0] != 'console']
    assert len(readme) == 7


def defined(page: str, name: str) -> Any:
    """Return what the snippet that defines ``name`` defines."""
    [code] = [code for code in shown(DOCS / page, 'python') if re.search(rf'^(def|class) {name}\b', code, re.M)]
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    return namespace[name]


def test_allowed_channels(rf: Any) -> None:
    """The example of WS4REDIS_ALLOWED_CHANNELS lets visitors listen, members speak, and nobody into other rooms."""
    allowed_channels = defined('access.rst', 'allowed_channels')
    request = rf.get('/ws/chat')
    asked = ['subscribe-broadcast', 'publish-broadcast']
    request.user = AnonymousUser()
    assert list(allowed_channels(request, asked)) == ['subscribe-broadcast']
    request.user = User()
    assert allowed_channels(request, asked) == asked
    with pytest.raises(PermissionDenied):
        allowed_channels(rf.get('/ws/other'), asked)


@pytest.mark.django_db
def test_process_request(rf: Any) -> None:
    """The example of WS4REDIS_PROCESS_REQUEST knows a user by a token, and nobody by a false one."""
    user_by_token = defined('access.rst', 'user_by_token')
    user = User.objects.create_user('mary')
    for token, expected in ((signing.dumps(user.pk, salt='socket'), user), ('false', AnonymousUser())):
        request = rf.get('/ws/foobar', {'token': token})
        user_by_token(request)
        assert request.user == expected
        assert request.session is None


def test_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver that the page on listening shows saves what it is told of its facility, and of no other."""
    result = Mock()
    monkeypatch.setitem(sys.modules, 'scores', Mock())
    monkeypatch.setitem(sys.modules, 'scores.models', Mock(Result=result))
    namespace: dict[str, Any] = {}
    exec(shown(DOCS / 'listening.rst', 'python')[0], namespace)
    for facility in ('scores', 'others'):
        collection_changed.send(facility, collection={'home': 1, 'away': 2}, changed={'home': 1}, user=None)
    result.objects.update_or_create.assert_called_once_with(pk=1, defaults={'home': 1, 'away': 2})
    assert collection_changed.disconnect(namespace['save_result'], sender='scores')


def test_subscriber() -> None:
    """The example of WS4REDIS_SUBSCRIBER greets before it sends what is kept."""

    class Subscription:
        channels = ('broadcast:foobar',)

    class Connection:
        def get(self, channel: str) -> bytes:
            return b'kept'

    class Websocket(list):  # type: ignore[type-arg]
        send = list.append

    subscriber = defined('coming-from.rst', 'Subscriber')(Connection())
    subscriber._subscription = Subscription()
    websocket = Websocket()
    subscriber.send_persisted_messages(websocket)
    assert websocket == [b'{"welcome": true}', b'kept']


def frames_of(title: str) -> list[str]:
    """Return the frames that a section of the page on the wire shows, as they travel."""
    section = re.split(rf'^{title}\n-+$', read(DOCS / 'wire.rst'), flags=re.M)[1]
    section = re.split(r'^.+\n-{3,}$', section, maxsplit=1, flags=re.M)[0]
    return [json.dumps(json.loads(code), separators=(',', ':')) for name, code in snippets(section) if name == 'json']


def test_what_a_client_says() -> None:
    """The server understands each frame that a client is told to say."""
    understood = [parse_frame(frame) for frame in frames_of('What a client says')]
    assert [(frame.s, frame.seed, frame.sync) for frame in understood] == [
        (8, False, False),
        (9, False, False),
        (10, False, False),
        (None, (1763800000123, 41), False),
        (None, False, True),
    ]
    change = understood[1].change
    assert change is not None
    assert (change.kind, change.set, change.length, change.push) == ('array', {'0': '"x"'}, 2, ('"d"', '"e"'))
    change = understood[2].change
    assert change is not None
    assert (change.delete, change.insert, change.at) == (('0', '3'), ((2, ('"a"', '"b"')),), (1763800000123, 41))


def test_what_the_server_says() -> None:
    """Each frame that the server is said to send is one that it makes."""
    said = frames_of('What the server says')
    me = public_name('5d41402abc4b2a76b9719d911017c592')
    assert said[0].encode() == frames.hello(me, subscribed=['broadcast'], published=['broadcast'], moves=True)
    assert said[1].encode() == frames.snapshot(
        'broadcast', Kept(1763800000123, 41, 'object', 2, 0, b'{"home":2,"away":1}')
    )
    assert said[2].encode() == frames.snapshot('broadcast', Kept(1763800000123, 6, 'array', 2, 0, b'["a","b"]'))
    for frame, kind in zip(said[3:5], ('object', 'array'), strict=True):
        known = heard(frame.encode())
        assert known is not None
        assert known.kind == kind
    assert said[5].encode() == frames.acknowledgement(7, 'broadcast', Applied(1763800000123, 42))
    assert said[6].encode() == frames.outdated(7, 'broadcast', Outdated(1763800000123, 42))
    assert said[7].encode() == frames.refusal(7, {'home': ['Ensure this value is less than or equal to 99.']})
    assert said[8].encode() == frames.remark(['home'], {'away': ['There are no more goals than at home.']})
    assert len(said) == 9


# A project made by `startproject` and the snippets of the installation, and nothing else.

URLS = """
from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [path('', TemplateView.as_view(template_name='page.html'))]
"""

#: What the test adds: where its Redis, its template and AngularJS are.
PLACES = """
WS4REDIS_CONNECTION['port'] = {port}
TEMPLATES[0]['DIRS'] = [BASE_DIR]
STATICFILES_DIRS = [{static!r}]
"""


def page() -> str:
    """Return a template made of the snippets, in their order."""
    angularjs = '{% load static %}<script src="{% static \'angularjs/1.8.3/angular.min.js\' %}"></script>'
    parts = ['<!DOCTYPE html>', angularjs]
    for language, code in snippets(read(DOCS / 'installation.rst')):
        if language in ('html', 'html+django'):
            parts.append(code)
        elif language == 'javascript':
            parts.append(f'<script>{code}</script>')
    return '\n'.join(parts)


@pytest.fixture(scope='module')
def installed(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runserver, Path]]:
    """A development server on a new project, and the project's folder."""
    folder = tmp_path_factory.mktemp('project')
    subprocess.run([sys.executable, '-m', 'django', 'startproject', 'mysite', folder], check=True)
    places = PLACES.format(port=redis_server.port, static=str(ROOT / 'examples' / 'demo' / 'static'))
    settings = folder / 'mysite' / 'settings.py'
    settings.write_text(read(settings) + shown(DOCS / 'installation.rst', 'python')[0] + places)
    (folder / 'mysite' / 'urls.py').write_text(URLS)
    (folder / 'page.html').write_text(page())
    redis_server.client.flushall()
    server = Runserver(redis_server.port, '--noreload', **environment(folder))
    yield server, folder
    server.stop()
    print(server.output())


def environment(folder: Path) -> dict[str, str]:
    """Return what makes a Python run in the project."""
    return {'DJANGO_SETTINGS_MODULE': 'mysite.settings', 'PYTHONPATH': f'{folder}{os.pathsep}{ROOT}'}


def run(folder: Path, *arguments: str) -> str:
    """Run Python in the project and return what it prints."""
    env = {**os.environ, **environment(folder)}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_installed_checks(installed: tuple[Runserver, Path]) -> None:
    """The system checks have nothing to say, and say so as shown."""
    command, answer = shown(DOCS / 'installation.rst', 'console')[1].strip().split('\n')
    assert command == '$ python manage.py check --tag djng'
    assert run(installed[1], 'manage.py', 'check', '--tag', 'djng').strip() == answer


def test_installed_socket(installed: tuple[Runserver, Path]) -> None:
    """A socket opens, and hears what the snippet publishes from Django."""
    server, folder = installed
    with connect(server.url('foobar?subscribe-broadcast'), ping_interval=None) as websocket:
        run(folder, '-c', 'import django; django.setup()\n' + shown(DOCS / 'installation.rst', 'python')[1])
        messages: list[Any] = []
        while len(messages) < 2:
            if (message := websocket.recv(timeout=PATIENCE)) != '--heartbeat--':
                messages.append(json.loads(message))
        assert messages == [{'home': '2'}, {'home': '3', 'away': '1'}]


def test_installed_browsers(installed: tuple[Runserver, Path]) -> None:
    """Two browsers share what is typed into one of them."""
    playwright = pytest.importorskip('playwright.sync_api', reason='needs playwright: pip install djng[test]')
    chromium = os.environ.get('CHROMIUM') or shutil.which('chromium') or shutil.which('google-chrome')
    if not chromium:
        pytest.skip('needs Chromium: apt-get install chromium')
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=['--no-sandbox', '--disable-gpu'])
        first, second = (browser.new_context().new_page() for _ in range(2))
        for window in (first, second):
            with window.expect_console_message(lambda message: 'the socket is open' in message.text):
                window.goto(f'http://127.0.0.1:{installed[0].port}/')
        first.locator('input').first.fill('three')
        playwright.expect(second.locator('input').first).to_have_value('three', timeout=PATIENCE * 1000)
        browser.close()
