"""The distributions: built from a clean copy, each installed into an empty environment, and used there.

It needs a package index for pip, as configured where the tests run.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ['django-angular.js', 'django-angular.js.map', 'django-angular.min.js', 'django-angular.min.js.map']

SETTINGS = """
SECRET_KEY = 'tests only'
DEBUG = True
ALLOWED_HOSTS = ['*']
INSTALLED_APPS = ['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions',
                  'django.contrib.staticfiles', 'ws4redis', 'djng']
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates',
              'OPTIONS': {'context_processors': ['djng.context_processors.default']}}]
STATIC_URL = '/static/'
STATIC_ROOT = 'collected'
STORAGES = {'staticfiles': {'BACKEND': 'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}}
WEBSOCKET_URL = '/ws/'
WSGI_APPLICATION = 'ws4redis.django_runserver.application'
"""

PAGE = """
import django
django.setup()
from django.template import engines
from django.test import RequestFactory
page = engines['django'].from_string('''{% load static djng_tags %}{% static 'djng/js/django-angular.min.js' %}
{{ WEBSOCKET_URI }}
{% angularjs %}{{ a | b }}{% endangularjs %}
''')
print(page.render({}, RequestFactory().get('/')))
from django.utils.module_loading import import_string
print(import_string('ws4redis.django_runserver.application').__module__)
from django.core.management import get_commands
print(*sorted(name for name, app in get_commands().items() if app == 'djng'))
"""

pytestmark = pytest.mark.timeout(600)


def run(*command, cwd):
    """Run a program outside of the checkout and return what it prints."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(('PYTHON', 'DJANGO'))}
    environ['DJANGO_SETTINGS_MODULE'] = 'mysite'
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, f'{command}\n{done.stdout}\n{done.stderr}'
    return done.stdout


def shipped_files():
    """Return the files of the checkout that git has or would take."""
    listed = run('git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', cwd=ROOT)
    return sorted(name for name in listed.split('\0') if name and (ROOT / name).is_file())


@pytest.fixture(scope='module')
def distributions(tmp_path_factory):
    """Build an sdist, and a wheel from that sdist."""
    clean = tmp_path_factory.mktemp('clean')
    for name in shipped_files():
        (clean / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clean / name)
    run(sys.executable, '-m', 'build', '--outdir', 'out', '.', cwd=clean)
    [sdist], [wheel] = (clean / 'out').glob('*.tar.gz'), (clean / 'out').glob('*.whl')
    return {'sdist': sdist, 'wheel': wheel}


@pytest.fixture(scope='module')
def installed(distributions, tmp_path_factory):
    """Install each into an empty environment of its own, at the same time; return their directories."""

    def install(kind):
        place = tmp_path_factory.mktemp(kind)
        run(sys.executable, '-m', 'venv', 'env', cwd=place)
        run(place / 'env/bin/python', '-m', 'pip', 'install', '--quiet', distributions[kind], cwd=place)
        (place / 'mysite.py').write_text(SETTINGS)
        return place

    with ThreadPoolExecutor() as pool:
        return dict(zip(distributions, pool.map(install, distributions), strict=True))


@pytest.fixture(params=['sdist', 'wheel'])
def python(request, installed):
    """Run the Python into which a distribution was installed, inside a small project."""
    place = installed[request.param]
    return lambda *arguments: run(place / 'env/bin/python', *arguments, cwd=place)


def files_of_package():
    """Return the files of djng that an installation needs."""
    return {name for name in shipped_files() if name.startswith('djng/')}


def test_wheel_holds_djng_and_nothing_else(distributions):
    """The wheel has every file of the package, and no tests, examples or JavaScript sources."""
    with zipfile.ZipFile(distributions['wheel']) as archive:
        names = {name for name in archive.namelist() if '.dist-info/' not in name}
    assert names == files_of_package()
    assert {f'djng/static/djng/js/{script}' for script in SCRIPTS} <= names


def test_each_dependency_has_a_reason(distributions):
    """The documentation says of each dependency why it is there."""
    with zipfile.ZipFile(distributions['wheel']) as archive:
        [name] = [name for name in archive.namelist() if name.endswith('.dist-info/METADATA')]
        required = re.findall(r'^Requires-Dist: ([\w-]+)', archive.read(name).decode(), re.MULTILINE)
    documented = (ROOT / 'docs' / 'dependencies.rst').read_text(encoding='utf-8')
    # The terms of the definition lists: a line of names, and an indented one beneath.
    terms = re.findall(r'^(\w[^\n]*)\n    \S', documented, re.MULTILINE)
    assert set(required) <= set(re.findall(r'[\w-]+', ' '.join(terms)))


def test_sdist_holds_what_made_it(distributions):
    """The sdist has the package, the sources of the JavaScript, tests, demo and documentation."""
    with tarfile.open(distributions['sdist']) as archive:
        names = {name.partition('/')[2] for name in archive.getnames()}
    wanted = {
        name
        for name in shipped_files()
        if name.startswith(('djng/', 'client/', 'tests/', 'examples/', 'docs/', 'benchmarks/'))
        or name in ('setup.py', 'pyproject.toml', 'LICENSE', 'CHANGELOG.md', 'README.md', 'MANIFEST.in')
    }
    assert wanted <= names
    assert not [name for name in names if 'node_modules' in name or '__pycache__' in name]


def test_static_files_are_found(python):
    """The staticfiles finders find the script, its minified form and the maps in the installation."""
    for script in SCRIPTS:
        found = python('-m', 'django', 'findstatic', '--first', '--verbosity', '0', f'djng/js/{script}').strip()
        assert found.endswith(f'site-packages/djng/static/djng/js/{script}')


def test_static_files_are_collected(python):
    """collectstatic with hashed names resolves the maps that the scripts name."""
    assert 'post-processed' in python('-m', 'django', 'collectstatic', '--noinput', '--clear')


def test_page_and_commands(python):
    """Static files, context processor, tags, the runner under ws4redis' name and the commands are there."""
    python('-m', 'django', 'collectstatic', '--noinput')
    script, uri, expression, _, runner, *commands = python('-c', PAGE).split('\n')
    assert script.startswith('/static/djng/js/django-angular.min.')
    assert uri == 'ws://testserver/ws/'
    assert expression == '{{ a | b }}'
    assert runner == 'djng.django_runserver'
    wanted = sorted(path.stem for path in (ROOT / 'djng/management/commands').glob('[a-z]*.py'))
    assert commands[0].split() == wanted


def test_checks(python):
    """The system checks run, and have nothing to say about settings as the documentation shows them."""
    assert 'no issues' in python('-m', 'django', 'check', '--tag', 'djng')
    assert 'no issues' in python('-m', 'django', 'check')


def test_simulated_browsers(python):
    """What authors test with needs nothing but what djng itself installs."""
    source = 'import django; django.setup(); from djng.test import BindingTestCase, Browsers; print(Browsers.patience)'
    assert python('-c', source).strip() == '10.0'


def test_types_are_shipped(python):
    """Type checkers find the marker that says that djng is typed."""
    source = "import importlib.resources as r; print((r.files('djng') / 'py.typed').is_file())"
    assert python('-c', source).strip() == 'True'
