"""The directive ``ngdoc``: what the comments in a file of the AngularJS module say to those who use it.

``.. ngdoc:: djangoWebsocket.js`` shows each comment with ``@ngdoc`` of that file in client/src, but for those whose
names begin with ``$$``, which are the module's own. They are written as ngdoc is: ``@name``, ``@description``,
``@param {type} name text``, ``@returns {type} text``, in Markdown.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SOURCES = Path(__file__).resolve().parent.parent / 'client' / 'src'

_COMMENT = re.compile(r'^ */\*\*\n(.*?)^ *\*/', re.S | re.M)
_PARAMETER = re.compile(r'\{(?P<type>(?:[^{}]|\{[^}]*\})*)\} (?P<name>\[?[\w=]+\]?) (?P<text>.*)', re.S)
_RESULT = re.compile(r'\{(?P<type>[^}]*)\} (?P<text>.*)', re.S)


def comments(name: str) -> list[dict[str, list[str]]]:
    """Return the public comments of a file: for each the texts of its tags, by their names."""
    found = []
    for text in _COMMENT.findall((SOURCES / name).read_text(encoding='utf-8')):
        plain = textwrap.dedent(re.sub(r'^ *\* ?', '', text, flags=re.M))
        tags: dict[str, list[str]] = {}
        for tag in re.split(r'^@', plain, flags=re.M)[1:]:
            kind, _, words = tag.partition(' ') if not tag.startswith('description') else ('description', '', tag[11:])
            tags.setdefault(kind.strip(), []).append(words.strip())
        if 'ngdoc' in tags and not tags['name'][0].startswith('$$'):
            found.append(tags)
    return found


def as_rst(tags: dict[str, list[str]]) -> list[str]:
    """Return one comment as lines of reStructuredText."""
    [kind], [name] = tags['ngdoc'], tags['name']
    parameters = [_match(_PARAMETER, text) for text in tags.get('param', ())]
    signature = ', '.join(parameter['name'].partition('=')[0].strip('[]') for parameter in parameters)
    is_called = kind == 'method' or bool(parameters)
    lines = [f'.. js:function:: {name.replace("#", ".")}({signature})' if is_called else f'.. js:data:: {name}', '']
    body = [_text(text) for text in tags.get('description', ())]
    fields = [f':param {found["name"].partition("=")[0].strip("[]")}: {_typed(found)}' for found in parameters]
    fields += [f':returns: {_typed(_match(_RESULT, text))}' for text in tags.get('returns', ())]
    if kind in ('module', 'directive', 'service'):
        body.insert(0, f'*{kind}*')
    text = '\n\n'.join(body) + '\n\n' + '\n'.join(_hanging(field) for field in fields)
    return [*lines, *textwrap.indent(text, '    ').splitlines(), '']


def _match(pattern: re.Pattern[str], text: str) -> dict[str, str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f'this is not written as ngdoc is: {text!r}')
    return found.groupdict()


def _typed(found: dict[str, str]) -> str:
    return f'(``{found["type"]}``) {_text(found["text"])}'


def _text(markdown: str) -> str:
    """Return Markdown as reStructuredText, as far as the comments use it."""
    linked = re.sub(r'\{@link ([^}]*)\}', r'`\1`', textwrap.dedent(markdown))
    return re.sub(r'(?<!`)`([^`]+)`(?!`)', r'``\1``', linked).strip()


def _hanging(field: str) -> str:
    first, *rest = field.splitlines()
    return '\n'.join([first, *textwrap.indent(textwrap.dedent('\n'.join(rest)), '    ').splitlines()])


class Ngdoc(SphinxDirective):
    """Shows what a file says."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return what the comments come to."""
        name = self.arguments[0]
        self.env.note_dependency(str(SOURCES / name))
        lines = [line for tags in comments(name) for line in as_rst(tags)]
        return self.parse_text_to_nodes('\n'.join(lines))


def setup(app: Any) -> dict[str, bool]:
    """Make the directive known to Sphinx."""
    app.add_directive('ngdoc', Ngdoc)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
