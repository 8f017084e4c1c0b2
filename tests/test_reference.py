"""The reference is complete: each public name is in it, with what its docstring or its ngdoc says."""

from __future__ import annotations

import importlib
import importlib.util
import re
from typing import Any

import pytest

from tests.servers import ROOT

CLIENT = ROOT / 'client' / 'src'

#: Modules whose ``__all__`` is for projects.
PUBLIC = ['collection', 'facilities', 'presence', 'publisher', 'signals', 'subscriber', 'test']

#: What is ws4redis', and described there.
UPSTREAM = {'SELF', 'RedisMessage'}


def page(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / 'docs' / name).read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def ngdoc() -> Any:
    """The directive that reads the client's comments."""
    pytest.importorskip('sphinx', reason='needs Sphinx: pip install djng[docs]')
    spec = importlib.util.spec_from_file_location('ngdoc', ROOT / 'docs' / 'ngdoc.py')
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize('module', PUBLIC)
def test_python(module: str) -> None:
    """The Python reference has each public name of a module, and each has its docstring."""
    exported = importlib.import_module(f'djng.{module}')
    names = set(exported.__all__) - UPSTREAM
    assert names - set(re.findall(r'^\.\. auto\w+:: djng\.[\w.]*?(\w+)$', page('api.rst'), re.M)) == set()
    assert [name for name in names if not getattr(exported, name).__doc__] == []


def test_template_tags() -> None:
    """The Python reference has each template tag."""
    from djng.templatetags.djng_tags import register

    assert {name for name in register.tags if f'djng_tags.{name}\n' not in page('api.rst')} == set()


def test_javascript(ngdoc: Any) -> None:
    """The JavaScript reference has each file of the client that says something to those who use it."""
    files = set(re.findall(r'^\.\. ngdoc:: (\S+)$', page('api-javascript.rst'), re.M))
    said = {path.name: ngdoc.comments(path.name) for path in CLIENT.glob('*.js')}
    assert {name for name, comments in said.items() if comments} == files
    names = {tags['name'][0] for name in files for tags in said[name]}
    assert {'djangoWebsocket#connect', 'djangoWebsocketProvider#setURI', 'ngModel', '$websocket'} <= names


def test_what_a_comment_becomes(ngdoc: Any) -> None:
    """A method is shown with its parameters, their types, and what it returns."""
    [connect] = [tags for tags in ngdoc.comments('djangoWebsocket.js') if tags['name'] == ['djangoWebsocket#connect']]
    first, *rest = ngdoc.as_rst(connect)
    assert first == '.. js:function:: djangoWebsocket.connect(scope, collection, facility, channels, options)'
    assert any(line.startswith('    :param channels: (``Array.<string>``) ``subscribe-…`` to hear') for line in rest)
    assert any(line.startswith('    :returns: (``Promise``) Resolves to the binding') for line in rest)
