"""The demo's virtual environment: made once, brought up to date when the package has changed."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent
CLONE = EXAMPLES.parent
HOME = EXAMPLES / '.venv'
PYTHON = HOME / 'bin' / 'python'
UWSGI = HOME / 'bin' / 'uwsgi'
#: What the environment was made from; written last, so that an interrupted installation is begun again.
STAMP = HOME / 'made-from'

NO_VENV = """This Python cannot make a virtual environment. Install the module, on Debian and Ubuntu with

    sudo apt install python3-venv

and start again."""
NO_INSTALL = 'Installing failed; pip says why above. Start again to take it up where it stopped.'


def prepare():
    """Make the environment, or leave it alone when nothing that it was made from has changed."""
    recipe = _recipe()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == recipe:
        return
    print(f'Making a virtual environment in {HOME.relative_to(CLONE)} …', flush=True)
    # --clear: an environment of another Python, or a half made one, is not worth mending.
    if subprocess.call([sys.executable, '-m', 'venv', '--clear', str(HOME)]):  # noqa: S603
        sys.exit(NO_VENV)
    print('Installing djng and what the demo needs; the first time this may take a minute …', flush=True)
    _install('demo')
    STAMP.write_text(recipe)


def add_uwsgi():
    """Install uWSGI into the environment, unless it is there."""
    if not UWSGI.exists():
        print('Installing uWSGI …', flush=True)
        _install('demo,uwsgi')


def enter(script, arguments):
    """Go on with `script` in the environment's Python: the same process, so signals still reach it."""
    os.execv(PYTHON, [str(PYTHON), str(script), *arguments])  # noqa: S606


def entered():
    """Is this the environment's Python?"""
    return Path(sys.prefix).resolve() == HOME.resolve()


def _install(extras):
    options = ['--quiet', '--quiet', '--disable-pip-version-check']
    install = [str(PYTHON), '-m', 'pip', 'install', *options, '--editable', f'{CLONE}[{extras}]']
    if subprocess.call(install):  # noqa: S603
        sys.exit(NO_INSTALL)


def _recipe():
    ingredients = [CLONE / 'setup.py', CLONE / 'pyproject.toml', CLONE / 'djng' / '__init__.py']
    digest = hashlib.sha256(b''.join(path.read_bytes() for path in ingredients))
    return f'{_base_python()}\n{CLONE}\n{digest.hexdigest()}\n'


def _base_python():
    return '{} {}.{}'.format(sys.base_prefix, *sys.version_info[:2])
