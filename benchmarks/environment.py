"""What the peers need, installed once below benchmarks/.peers: each apart, so that one that fails spoils no other."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
CLONE = BENCHMARKS.parent
HOME = BENCHMARKS / '.peers'

#: What pip installs into each virtual environment; the first one runs the benchmarks themselves as well.
PYTHON = {
    'djng': ['--editable', f'{CLONE}[uwsgi,demo]', 'Django~=5.2'],
    # Its loop needs a function of uWSGI's that the wheel pyuwsgi lacks; this is the source, compiled here.
    'ws4redis': ['uwsgi==2.0.31', 'django-websocket-redis==0.6.0', 'Django~=5.2', 'redis~=8.1', 'gevent~=26.9', 'six'],
    'channels': ['channels~=4.3', 'channels_redis~=4.3', 'uvicorn[standard]', 'Django~=5.2', 'redis~=8.1'],
}

#: What npm installs.
NODE = ['ws@8', 'socket.io@4', '@socket.io/redis-adapter@8', '@socket.io/redis-emitter@5', 'redis@5']

#: What is compiled of generator/: what puts the load on, and the floor beside which it is seen.
PROGRAMS = {'load': ['load.c', 'readers.c'], 'write': ['write.c']}

#: Seconds that one installation may take; uWSGI compiles for one minute.
PATIENCE = 600


class Missing(Exception):
    """Why a peer cannot be measured here."""


def python(name):
    """Return the path of the Python with the packages of ``PYTHON[name]``; installs them when they have changed."""
    home = HOME / name
    executable = home / 'bin' / 'python'
    made = (CLONE / 'setup.py').read_text() if name == 'djng' else ''
    _install(
        home,
        f'{sys.version} {PYTHON[name]} {made}',
        [sys.executable, '-m', 'venv', '--clear', str(home)],
        [str(executable), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', *PYTHON[name]],
    )
    return str(executable)


def node():
    """Return the path of Node and the directory in which it finds the packages of :data:`NODE`."""
    found = program('node', 'Node.js is not installed')
    npm = program('npm', 'npm is not installed')
    home = HOME / 'node'
    options = ['--silent', '--no-audit', '--no-fund', '--no-save', '--prefix', str(home)]
    _install(home, ' '.join(NODE), [npm, 'install', *options, *NODE])
    return found, str(home / 'node_modules')


def compiled(name):
    """Return the path of the program ``name`` of :data:`PROGRAMS`, compiled anew when its sources have changed."""
    target = HOME / f'generator-{name}'
    sources = [str(BENCHMARKS / 'generator' / source) for source in PROGRAMS[name]]
    newest = max(path.stat().st_mtime for path in (BENCHMARKS / 'generator').iterdir())
    if not target.exists() or target.stat().st_mtime < newest:
        compiler = program('cc', 'a C compiler is needed')
        HOME.mkdir(exist_ok=True)
        subprocess.run([compiler, '-O2', '-Wall', '-Wextra', '-o', str(target), *sources], check=True)  # noqa: S603
    return str(target)


def program(name, reason):
    """Return the path of the program ``name``, or raise :exc:`Missing` with ``reason``."""
    found = shutil.which(name) or shutil.which(name, path='/usr/sbin:/sbin')
    if not found:
        raise Missing(reason)
    return found


def _install(home, recipe, *commands):
    # The stamp is written last: an interrupted installation is begun again.
    stamp = home / 'made-from'
    digest = hashlib.sha256(recipe.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f'Installing into {home.relative_to(CLONE)} …', file=sys.stderr, flush=True)
    home.mkdir(parents=True, exist_ok=True)
    for command in commands:
        try:
            subprocess.run(  # noqa: S603
                command,
                check=True,
                timeout=PATIENCE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=home.parent,
                env={**os.environ, 'npm_config_update_notifier': 'false'},
            )
        except subprocess.TimeoutExpired:
            raise Missing(f'could not be installed within {PATIENCE} s') from None
        except subprocess.CalledProcessError as error:
            lines = [line for line in error.stdout.splitlines() if line.strip()] or ['without a word']
            raise Missing(f'could not be installed: {lines[-1].strip()[:120]}') from None
    stamp.write_text(digest)
