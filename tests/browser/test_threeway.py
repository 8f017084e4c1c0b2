"""The same form in every browser: /threeway_databinding/."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import Arrive
from tests.browser.test_fields import FIELDS


def test_late_browser_sees_the_state(arrive: Arrive) -> None:
    """A third person, who comes when all is entered, sees all of it at once, and changes nothing by coming."""
    ada, bob = arrive().visit(), arrive().visit()
    for name, (value, _) in FIELDS.items():
        ada.enter(name, value)
    for name, (value, _) in FIELDS.items():
        bob.sees(name, value)
    state = ada.scope()
    eve = arrive().visit()
    for name, (value, _) in FIELDS.items():
        eve.sees(name, value)
    for person in (eve, ada, bob):
        person.has_scope(state)


def test_state_outlives_everybody(arrive: Arrive) -> None:
    """When all have gone, the next one finds what they have left."""
    ada, bob = arrive().visit(), arrive().visit()
    ada.enter('notes', 'to be continued')
    bob.sees('notes', 'to be continued')
    for person in (ada, bob):
        person.page.goto('about:blank')
    eve = arrive().visit()
    eve.sees('notes', 'to be continued')


def test_two_people_in_different_fields(arrive: Arrive) -> None:
    """Two people type one after the other, each in a field of their own, and both texts survive."""
    ada, bob = arrive().visit(), arrive().visit()
    first = last = ''
    for ada_types, bob_types in (('Gr', 'Ho'), ('ac', 'pp'), ('e', 'er')):
        ada.type('first_name', ada_types)
        first += ada_types
        bob.sees('first_name', first)
        bob.type('last_name', bob_types)
        last += bob_types
        ada.sees('last_name', last)
    for person in (ada, bob):
        assert (person.shows('first_name'), person.shows('last_name')) == ('Grace', 'Hopper')
    ada.has_scope(bob.scope())


def test_boxes_of_one_group(arrive: Arrive) -> None:
    """Two people tick different boxes of one group, and both stay ticked."""
    ada, bob = arrive().visit(), arrive().visit()
    ada.page.get_by_label('Helmet').check()
    bob.sees('extras', ['helmet'])
    bob.page.get_by_label('Lock').check()
    ada.sees('extras', ['helmet', 'lock'])
    assert bob.shows('extras') == ['helmet', 'lock']


def test_facility_of_the_page_is_told_once(arrive: Arrive) -> None:
    """A page opens one socket, at the facility that it names, with its audiences and a name of its own."""
    ada = arrive()
    sockets: list[Any] = []
    ada.page.on('websocket', lambda socket: sockets.append(socket))
    ada.visit()
    [socket] = sockets
    address, _, query = socket.url.partition('?')
    assert address == f'ws://127.0.0.1:{ada.demo.port}/ws/subscribe_data'
    subscribe, publish, client = query.split('&')
    assert (subscribe, publish) == ('subscribe-broadcast', 'publish-broadcast')
    assert client.startswith('djng=')
