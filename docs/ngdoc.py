"""What the client's ngdoc comments say, as a page: the directive ``.. ngdoc:: module.js djangoWebsocket.js``.

Names that begin with ``$$`` are the client's own, as AngularJS has it, and are left out.
"""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

SOURCES = Path(__file__).resolve().parent.parent / 'client' / 'src'

COMMENT = re.compile(r'^ *\* @ngdoc (\w+)\n *\* @name (\S+)\n(.*?)^ *\*/$', re.M | re.S)
PARAMETER = re.compile(r'{(?P<type>.+?)(?P<may>=?)}\s+(?P<name>\[?\w+(?:=\w+)?\]?)\s*(?P<text>.*)', re.S)


class Comment(NamedTuple):
    """An ngdoc comment."""

    #: ``module``, ``provider``, ``service``, ``method`` or ``directive``.
    kind: str
    #: ``djangoWebsocket``, or of a method ``djangoWebsocket#connect``.
    name: str
    text: str
    #: Texts behind ``@param``, and behind ``@returns``.
    parameters: list[str]
    returns: str


class Parameter(NamedTuple):
    """What a ``@param`` says."""

    name: str
    type: str
    is_optional: bool
    text: str


def comments(path: Path) -> list[Comment]:
    """Return the public comments of a source file, in their order."""
    found = []
    for kind, name, body in COMMENT.findall(path.read_text(encoding='utf-8')):
        lines = re.sub(r'^ *\* ?', '', body, flags=re.M)
        text, *tags = re.split(r'^@(?=\w)', lines.replace('@description\n', ''), flags=re.M)
        parts = [tag.partition(' ')[::2] for tag in tags]
        texts = {wanted: [said for tag, said in parts if tag == wanted] for wanted in ('param', 'returns')}
        if not name.startswith('$$'):
            found.append(Comment(kind, name, text.strip(), texts['param'], ''.join(texts['returns'])))
    return found


def parameter(said: str) -> Parameter:
    """Return what a ``@param`` says; raises :exc:`ValueError` where it is not written as ngdoc has it."""
    match = PARAMETER.match(said)
    if match is None:
        raise ValueError(f'not understood: @param {said}')
    name, _, default = match['name'].strip('[]').partition('=')
    text = match['text'].strip() + (f' Default: `{default}`.' if default else '')
    return Parameter(name, match['type'], bool(match['may'] or default), text)


def prose(text: str, indent: str) -> str:
    """Return what a comment says in Markdown as reStructuredText, with the lines after the first one indented."""
    text = re.sub(r'{@link (\S+?)}', r'`\1`', text)
    first, _, rest = re.sub(r'`([^`]+)`', r'``\1``', text).strip().partition('\n')
    return f'{first}\n{textwrap.indent(textwrap.dedent(rest), indent)}'.rstrip()


def page(comment: Comment) -> str:
    """Return a comment as reStructuredText."""
    name = comment.name.replace('#', '.')
    if comment.kind == 'module':
        return f'Module ``{name}``\n    {prose(comment.text, "    ")}\n\n'
    if not comment.parameters:
        return f'.. js:data:: {name}\n\n    {prose(comment.text, "    ")}\n\n'
    parameters = [parameter(said) for said in comment.parameters]
    names = ', '.join(f'[{each.name}]' if each.is_optional else each.name for each in parameters)
    lines = [f'.. js:function:: {name}({names})', '']
    if comment.text:
        lines += [f'    {prose(comment.text, "    ")}', '']
    for each in parameters:
        lines += [f'    :param {each.name}: {prose(each.text, "        ")}', f'    :type {each.name}: ``{each.type}``']
    if comment.returns:
        kind, _, text = comment.returns.partition(' ')
        lines += [f'    :returns: {prose(text, "        ")}', f'    :rtype: ``{kind.strip("{}")}``']
    return '\n'.join([*lines, '', ''])


class Ngdoc(Directive):
    """Writes the public comments of the files that are named."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list:
        """Return them as nodes."""
        from sphinx.util.parsing import nested_parse_to_nodes

        texts = []
        for name in self.arguments[0].split():
            path = SOURCES / name
            self.state.document.settings.record_dependencies.add(str(path))
            texts += [page(comment) for comment in comments(path)]
        return nested_parse_to_nodes(self.state, StringList('\n'.join(texts).splitlines(), source='client/src'))


def setup(app):
    """Let Sphinx know the directive."""
    app.add_directive('ngdoc', Ngdoc)
    return {'parallel_read_safe': True}
