"""ws4redis' own client, ``ws4redis.js`` with jQuery, on djng's server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import django.contrib.admin
from playwright.sync_api import WebSocket

from tests.browser.conftest import Arrive
from tests.browser.demo import Demo
from tests.browser.person import Person
from tests.servers import Redis, eventually

#: The jQuery that every Django brings along.
JQUERY = Path(django.contrib.admin.__file__).parent / 'static/admin/js/vendor/jquery/jquery.min.js'

#: What ws4redis.js says of a server that is away, and the browser of ws4redis.js: its heartbeat goes on without one.
LOST_CONNECTION = ('Websocket connection is broken!', 'WebSocket is already in CLOSING or CLOSED state.')

CHANNEL = 'broadcast:subscribe_data'
HEARTBEAT = '--heartbeat--'

#: As ws4redis' documentation has it; `told` is what its callbacks were told.
SCRIPT = """
var told = [];
var ws4redis = WS4Redis({
  uri: 'ws://' + location.host + '/ws/subscribe_data?subscribe-broadcast&publish-broadcast',
  connecting: function () { told.push('connecting'); },
  connected: function () { told.push('connected'); },
  receive_message: function (message) { told.push(message); },
  disconnected: function () { told.push('disconnected'); },
  heartbeat_msg: '--heartbeat--'
}, jQuery);
"""


class Ancestor:
    """Somebody whose page has ws4redis' own client in it."""

    def __init__(self, person: Person) -> None:
        self.page = person.page
        #: The frames of all its sockets.
        self.sent: list[Any] = []
        self.received: list[Any] = []
        self.page.on('websocket', self._listen)
        # The page is the demo's: from one that a test makes up, Chromium opens no sockets to this host.
        person.visit('/')
        self.page.add_script_tag(path=JQUERY)
        self.page.add_script_tag(url=person.demo.url('/static/js/ws4redis.js'))
        self.page.add_script_tag(content=SCRIPT)
        self.is_told('connected')

    def _listen(self, websocket: WebSocket) -> None:
        websocket.on('framesent', lambda frame: self.sent.append(frame))
        websocket.on('framereceived', lambda frame: self.received.append(frame))

    def told(self) -> list[str]:
        """Return what its callbacks were told."""
        return list(self.page.evaluate('told'))

    def is_told(self, message: str, times: int = 1) -> None:
        """Wait until its callbacks were told ``message`` so many times."""
        eventually(lambda: self.told().count(message) >= times, f'{message!r} in {self.told()}')

    def send(self, message: str) -> None:
        """Send a message."""
        self.page.evaluate('message => ws4redis.send_message(message)', message)


def test_two_of_ws4redis_hear_each_other(arrive: Arrive) -> None:
    """What one page sends by ws4redis.js another one hears, byte for byte, and the sender does not."""
    one, two = Ancestor(arrive()), Ancestor(arrive())
    one.send('no JSON, ü & €')
    two.is_told('no JSON, ü & €')
    two.send('{"answer" : 42}')
    one.is_told('{"answer" : 42}')
    assert one.told() == ['connecting', 'connected', '{"answer" : 42}']
    assert two.told() == ['connecting', 'connected', 'no JSON, ü & €']


def test_binding_and_ws4redis_hear_each_other(arrive: Arrive) -> None:
    """A bound page shows what ws4redis.js sends, and ws4redis.js hears what is entered there, property by property."""
    ancestor, ada = Ancestor(arrive()), arrive().visit()
    eventually(lambda: len(ancestor.told()) == 3, 'the form as the page makes it')
    assert json.loads(ancestor.told()[-1]) == ada.scope()
    ancestor.send('{"first_name": "Grace"}')
    ada.sees('first_name', 'Grace')
    ada.enter('last_name', 'Hopper')
    ancestor.is_told('{"last_name":"Hopper"}')
    assert len(ancestor.told()) == 4
    assert ada.scope()['first_name'] == 'Grace'


def test_ws4redis_hears_redis(arrive: Arrive, redis_clean: Redis) -> None:
    """It hears the kept message when it comes, and then what is published."""
    redis_clean.client.set(CHANNEL, 'kept')
    ancestor = Ancestor(arrive())
    ancestor.is_told('kept')
    redis_clean.client.publish(CHANNEL, 'published')
    ancestor.is_told('published')
    assert ancestor.told() == ['connecting', 'connected', 'kept', 'published']


def test_heartbeats_of_both_sides(arrive: Arrive, redis_clean: Redis) -> None:
    """Both sides send heartbeats over a silent socket; nobody is told of them, and nothing is kept."""
    ancestor = Ancestor(arrive())
    eventually(lambda: ancestor.told() and HEARTBEAT in ancestor.received and HEARTBEAT in ancestor.sent, 'heartbeats')
    assert ancestor.told() == ['connecting', 'connected']
    assert redis_clean.client.get(CHANNEL) is None


def test_ws4redis_survives_a_restart(arrive: Arrive, demo: Demo) -> None:
    """When the server comes back ws4redis.js does too, and hears the whole collection and then what is new."""
    person, ada = arrive(knows_outages=True), arrive(knows_outages=True).visit()
    person.forgiven += LOST_CONNECTION
    ancestor = Ancestor(person)
    ancestor.send('{"notes": "before"}')
    ada.sees('notes', 'before')
    demo.kill()
    ancestor.is_told('disconnected')
    demo.start()
    ancestor.is_told('connected', times=2)
    ada.is_connected()
    eventually(lambda: ancestor.told()[-1].startswith('{') and json.loads(ancestor.told()[-1]) == ada.scope(), 'all')
    ancestor.send('{"notes": "after"}')
    ada.sees('notes', 'after')
