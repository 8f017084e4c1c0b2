"""How Sphinx builds these pages: ``python -m sphinx -W -n docs docs/_build``."""

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / 'docs')]

# The pages of the Python API are made from docstrings, and Django has to be set up before djng can be imported.
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tests.settings')
django.setup()

from djng import __version__  # noqa: E402

project = 'djng'
author = 'The djng authors'
copyright = author
version = release = __version__

extensions = ['sphinx.ext.autodoc', 'ngdoc']
exclude_patterns = ['_build']
default_role = None
highlight_language = 'python'

autodoc_member_order = 'bysource'
autodoc_typehints = 'none'
autodoc_default_options = {'members': True}
# Is there in a process of uWSGI only.
autodoc_mock_imports = ['uwsgi']

html_theme = 'furo'
html_title = f'djng {release}'
html_static_path = ['_static']
html_copy_source = False
html_show_sphinx = False

nitpicky = True
# Docstrings also name what is documented elsewhere, or in the source only; no inventory is fetched from the network.
nitpick_ignore_regex = [
    (r'py:.*', r'(_queue|asyncio|django|queue|redis|socketserver|threading|websockets|ws4redis|wsgiref)(\..*)?'),
    (r'py:.*', r'(HandshakeError|ImproperlyConfigured|RedisMessage|ValidationError|ValueError)'),
    (r'py:.*', r'djng\.(relay|test\.server)\..*'),
]
