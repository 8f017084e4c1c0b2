"""`{% code %}`: a page shows the files that make it, as they are at this moment."""

import importlib
import inspect
import os.path
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from demo import highlight, views

register = template.Library()


@register.inclusion_tag('demo/_code.html')
def code(*names):
    """Show what is named: functions of views.py, templates, static and Python files; `file.py:a,b` are parts of one."""
    return {'listings': [_listing(name) for name in names]}


def _listing(name):
    file, _, part = name.partition(':')
    if part:
        return file, _part(importlib.import_module(f'demo.{file.removesuffix(".py")}'), part)
    return (os.path.basename(name), _file(name)) if '.' in name else ('views.py', _part(views, name))


def _part(module, name):
    sources = [inspect.getsource(getattr(module, part)).strip() for part in name.split(',')]
    return highlight.highlight('\n\n\n'.join(sources), highlight.PYTHON)


def _file(name):
    if name.endswith('.py'):
        path, language = os.path.join(os.path.dirname(views.__file__), name), highlight.PYTHON
    elif name.endswith('.js'):
        path, language = finders.find(name), highlight.JAVASCRIPT
    else:
        path, language = get_template(name).origin.name, highlight.TEMPLATE
    return highlight.highlight(Path(path).read_text(encoding='utf-8').strip(), language)
