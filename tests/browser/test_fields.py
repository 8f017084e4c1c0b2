"""Each field of the shared form, between two people who stay for all of this: /threeway_databinding/."""

from __future__ import annotations

import pytest

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
