"""Colour for the code that a page shows: comments, strings, words and tags, in three languages.

Regular expressions are no parser; for the files of this demo they are enough, and no package more to install.
"""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

PYTHON = re.compile(
    r"""(?P<comment>\#.*|"{3}[\s\S]*?"{3})"""
    r"""|(?P<string>f?'(?:\\.|[^'\\\n])*'|f?"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<keyword>\b(?:and|as|class|def|else|for|from|if|import|in|is|lambda|None|not|or|return|True|False)\b)"""
    r"""|(?P<name>(?<=def )\w+|(?<=class )\w+)"""
)
JAVASCRIPT = re.compile(
    r"""(?P<comment>//.*|/\*[\s\S]*?\*/)"""
    r"""|(?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`)"""
    r"""|(?P<keyword>\b(?:const|else|false|for|function|if|let|new|null|return|this|true|var)\b)"""
    r"""|(?P<name>(?<=function )\w+)"""
)
TEMPLATE = re.compile(
    r"""(?P<comment><!--[\s\S]*?-->|\{\#.*?\#\})"""
    r"""|(?P<name>\{%.*?%\}|\{\{.*?\}\})"""
    r"""|(?P<keyword></?[\w-]+|(?<=["\w])/?>|<!DOCTYPE[^>]*>)"""
    r"""|(?P<string>"[^"{]*")"""
)


def highlight(code: str, language: re.Pattern[str]) -> SafeString:
    """Return `code` as safe HTML, each piece that `language` names in a span of that class."""
    pieces = []
    end = 0
    for match in language.finditer(code):
        pieces.append(escape(code[end : match.start()]))
        pieces.append(f'<span class="{match.lastgroup}">{escape(match[0])}</span>')
        end = match.end()
    pieces.append(escape(code[end:]))
    return mark_safe(''.join(pieces))  # noqa: S308  every piece was escaped above
