"""An application that still serves the client of django-angular 2, on djng's server, beside djng's own client."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Arrive
from tests.browser.demo import Demo
from tests.browser.person import Person
from tests.servers import Redis, eventually

CHANNEL = 'broadcast:subscribe_data'

#: django-angular itself is never installed: its import name is djng, too.
REQUIREMENT = """
django-angular==2.3.1 --hash=sha256:b9c97de2b4658d30f6e3a4f9d5515a479914ac5976a3cb46a609faae0bd95852
"""
SOURCE = 'django-angular-2.3.1/djng/static/djng/js/django-angular.js'

#: As django-angular's documentation has it, with a form.
SCRIPT = """
  document.body.insertAdjacentHTML('beforeend', `<form id="old" name="old">
    <input name="first_name" ng-model="data.first_name"><input name="notes" ng-model="data.notes">
  </form>`);
  angular.module('old', ['djng.websocket'])
    .config(['djangoWebsocketProvider', function (djangoWebsocketProvider) {
      djangoWebsocketProvider.setURI('ws://' + location.host + '/ws/');
      djangoWebsocketProvider.setHeartbeat('--heartbeat--');
    }])
    .run(['$rootScope', 'djangoWebsocket', function ($rootScope, djangoWebsocket) {
      djangoWebsocket.connect($rootScope, 'data', 'subscribe_data', ['subscribe-broadcast', 'publish-broadcast']);
      window.scope = $rootScope;
      // It begins to watch in the digest that follows its connection, and lets nobody know.
      var before = $rootScope.$$watchersCount;
      window.watches = function () {
        $rootScope.$digest();
        return $rootScope.$$watchersCount > before + 2;
      };
    }]);
  angular.bootstrap(document.getElementById('old'), ['old']);
"""


@pytest.fixture(scope='module')
def old_client(pytestconfig: pytest.Config) -> Path:
    """The script of django-angular, fetched once and kept where pytest keeps what it may lose."""
    folder = pytestconfig.cache.mkdir('django-angular')
    script = folder / 'django-angular.js'
    if not script.exists():
        (folder / 'requirement.txt').write_text(REQUIREMENT)
        command = [sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', 'django-angular']
        asked = subprocess.run([*command, '-r', 'requirement.txt'], cwd=folder, capture_output=True, text=True)
        if asked.returncode:
            pytest.skip(f'pip could not download django-angular 2.3.1: {asked.stderr}')
        with tarfile.open(folder / 'django-angular-2.3.1.tar.gz') as archive:
            member = archive.extractfile(SOURCE)
            assert member is not None
            script.write_bytes(member.read())
    return script


class Elder:
    """Somebody whose page has django-angular's client in it."""

    def __init__(self, person: Person, client: Path) -> None:
        self.page = person.page
        # The page is the demo's: from one that a test makes up, Chromium opens no sockets to this host.
        person.visit('/')
        self.page.add_script_tag(url=person.demo.url('/static/angularjs/1.8.3/angular.min.js'))
        self.page.add_script_tag(path=client)
        self.page.add_script_tag(content=SCRIPT)
        eventually(lambda: self.page.evaluate('watches()'), 'the client to watch')

    def scope(self) -> Any:
        """Return what the page shows."""
        return json.loads(self.page.evaluate('angular.toJson(scope.data)'))

    def has_scope(self, scope: Any) -> None:
        """Wait until the page shows ``scope``."""
        eventually(lambda: self.scope() == scope, f'the scope to be {scope}')

    def enter(self, name: str, value: str) -> None:
        """Enter something into a field."""
        self.page.locator(f'#old [name={name}]').fill(value)


@pytest.fixture
def elder(arrive: Arrive, old_client: Path) -> Elder:
    """Somebody with the old client, who comes first."""
    return Elder(arrive(), old_client)


def test_both_hear_each_other(elder: Elder, arrive: Arrive) -> None:
    """What is entered in one of them shows in the other, and nothing that is only for djng's client does."""
    ada, bob = arrive().visit(), arrive().visit()
    elder.has_scope(ada.scope())
    elder.enter('first_name', 'Grace')
    for person in (ada, bob):
        person.sees('first_name', 'Grace')
    ada.enter('last_name', 'Hopper')
    bob.sees('last_name', 'Hopper')
    elder.has_scope(ada.scope())
    assert elder.page.locator('#old [name=first_name]').input_value() == 'Grace'


def test_late_one_hears_all(arrive: Arrive, old_client: Path) -> None:
    """An old client that comes later shows the whole collection."""
    ada = arrive().visit()
    ada.enter('first_name', 'Ada')
    ada.enter('notes', 'Line one\nline two')
    Elder(arrive(), old_client).has_scope(ada.scope())


def test_all_converge(elder: Elder, arrive: Arrive, redis_clean: Redis) -> None:
    """Whoever types where, bound pages show what Redis keeps; so does the old client, once it speaks after the others.

    It does not hear its own words, so it cannot know where these stand among the others' before.
    """
    ada, bob = arrive().visit(), arrive().visit()

    def are_one() -> bool:
        return bool(json.loads(redis_clean.client.get(CHANNEL) or b'{}') == ada.scope() == bob.scope())

    for n in range(5):
        elder.enter('first_name', f'Grace {n}')
        ada.enter('last_name', f'Lovelace {n}')
        bob.enter('notes', f'Note {n}')
    for person in (ada, bob):
        person.sees('first_name', 'Grace 4')
    eventually(are_one, 'one truth')
    ada.enter('jersey', '#00ff00')
    eventually(lambda: elder.scope().get('jersey') == '#00ff00', 'all that was said before')
    elder.enter('notes', 'The elder has the last word')
    for person in (ada, bob):
        person.sees('notes', 'The elder has the last word')
    eventually(are_one, 'one truth')
    elder.has_scope(ada.scope())


def test_its_words_count_once(elder: Elder, arrive: Arrive, redis_clean: Redis) -> None:
    """One word of an old client is one change, however many workers hear it."""
    ada = arrive().visit()
    elder.has_scope(ada.scope())
    before = version(redis_clean)
    elder.enter('first_name', 'Grace')
    ada.sees('first_name', 'Grace')
    ada.enter('last_name', 'Hopper')
    eventually(lambda: elder.scope().get('last_name') == 'Hopper', 'the answer')
    assert version(redis_clean) == before + 2


def version(redis: Redis) -> int:
    """Return how many changes there were."""
    return int(redis.client.hget(f'djng:{{{CHANNEL}}}:meta', 'v') or 0)


def test_what_it_does_not_know_stays(elder: Elder, arrive: Arrive) -> None:
    """It sends all that it shows, and deletes nothing: what it has not heard of stays as it is."""
    ada = arrive().visit()
    elder.has_scope(ada.scope())
    elder.page.evaluate('delete scope.data.last_name')
    elder.enter('first_name', 'Grace')
    ada.sees('first_name', 'Grace')
    assert 'last_name' in ada.scope()


def test_it_comes_back(arrive: Arrive, old_client: Path, demo: Demo) -> None:
    """After a restart it is told everything that it has missed, and is heard again."""
    person, ada = arrive(knows_outages=True), arrive(knows_outages=True).visit()
    elder = Elder(person, old_client)
    demo.kill()
    ada.enter('notes', 'typed meanwhile')
    demo.start()
    ada.is_connected()
    eventually(lambda: elder.scope().get('notes') == 'typed meanwhile', 'the elder to come back')
    elder.enter('first_name', 'Grace')
    ada.sees('first_name', 'Grace')
