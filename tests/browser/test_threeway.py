"""The same form in every browser: /threeway_databinding/."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Arrive
from tests.browser.person import Person

#: Of each field, what one person enters and what the other one answers; neither is its initial value.
FIELDS = {
    'first_name': ('Ada', 'Zoë <b>&amp; {{ 1 + 1 }}'),
    'last_name': ('Lovelace', 'Łukasiewicz'),
    'email': ('ada@example.com', 'not yet an addr'),
    'birth_date': ('1815-12-10', '1878-'),
    'height': ('165', '170'),
    'jersey': ('#00ff00', '#0000ff'),
    'route': ('danube', 'glockner'),
    'pace': ('5', '1'),
    'bicycle': ('touring', 'own'),
    'extras': (['helmet', 'lock'], ['lock']),
    'languages': (['de', 'sl'], ['fr']),
    'notes': ('Two lines:\nmany "words"', 'שלום 🚲'),
    'newsletter': (True, False),
}


@pytest.mark.parametrize('name', FIELDS)
def test_field_travels_both_ways(name: str, couple: tuple[Person, Person]) -> None:
    """What one person enters appears in the other's field, and back; the scope is the same in both."""
    ada, bob = couple
    there, back = FIELDS[name]
    for author, reader, value in ((ada, bob, there), (bob, ada, back)):
        assert reader.shows(name) != value
        author.enter(name, value)
        reader.sees(name, value)
        assert author.shows(name) == value
        reader.has_scope(author.scope())
    assert not [*ada.complaints, *bob.complaints]


def test_every_field_is_tried(couple: tuple[Person, Person]) -> None:
    """The demo has no field that is missing above."""
    names = (
        couple[0]
        .page.locator('main form')
        .evaluate('form => Array.from(form.elements, ({name}) => name).filter(Boolean)')
    )
    assert list(dict.fromkeys(names)) == list(FIELDS)


def test_emptied_field_is_emptied_everywhere(couple: tuple[Person, Person]) -> None:
    """What one person has deleted is gone for the other as well."""
    ada, bob = couple
    for name, value, empty in (('notes', 'Bring rain', ''), ('height', '165', ''), ('languages', ['it'], [])):
        ada.enter(name, value)
        bob.sees(name, value)
        bob.enter(name, empty)
        ada.sees(name, empty)
    ada.has_scope(bob.scope())


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


def test_caret_stays_while_others_type(couple: tuple[Person, Person]) -> None:
    """A field that somebody is typing in keeps its focus and its caret when another field changes."""
    ada, bob = couple
    ada.enter('notes', 'one three')
    bob.sees('notes', 'one three')
    notes = ada.page.locator('[name=notes]')
    notes.focus()
    notes.evaluate('area => area.setSelectionRange(4, 4)')
    bob.enter('first_name', 'Bob')
    ada.sees('first_name', 'Bob')
    ada.page.keyboard.type('two ')
    bob.sees('notes', 'one two three')


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
