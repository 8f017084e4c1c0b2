"""A form that Django checks while several people fill it in, and saves: /tour/."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Arrive
from tests.browser.demo import MANAGE, Demo
from tests.browser.person import Person
from tests.servers import Server

TOUR = '/tour/'

BEGIN = {
    'title': 'Along the Inn in June',
    'route': 'inn',
    'guide': 'ada@example.com',
    'begin': '2027-06-12',
    'end': '2027-06-19',
    'places': '12',
    'price': '890',
    'notes': 'Luggage goes by van.',
}

#: Binds the page to the facility that keeps drafts.
AS_DRAFT = """
document.addEventListener('DOMContentLoaded', () => {
  document.querySelector('[data-tour]').dataset.tour += '-draft';
});
"""


def manage(demo: Demo, *arguments: str) -> str:
    """Run a command of the demo's in a process of its own; return what it prints."""
    command = Server([*MANAGE, *arguments], env=demo.environment)
    try:
        status = command.wait()
    finally:
        command.stop()
    assert status == 0, command.output()
    return command.output()


@pytest.fixture(autouse=True)
def tour(demo: Demo) -> None:
    """The tour, as it is in the beginning."""
    manage(demo, 'shell', '-c', f'from demo.models import Tour; Tour.objects.filter(pk=1).update(**{BEGIN!r})')


def come(person: Person) -> Person:
    """Let somebody go to the form."""
    person.visit(TOUR).is_told('open')
    must_show(person, title=BEGIN['title'])
    return person


def field(person: Person, name: str) -> Locator:
    """Return a field of somebody's form."""
    return person.page.locator(f'main form [name="{name}"]')


def must_show(person: Person, **values: str) -> None:
    """Wait until these fields show these values, and no error."""
    for name, value in values.items():
        expect(field(person, name)).to_have_value(value)
        must_complain(person, name, [])


def must_complain(person: Person, name: str, errors: list[str]) -> None:
    """Wait until these errors, and no others, are listed with a field, which looks and is marked like that."""
    expect(person.page.locator(f'#errors-{name} li')).to_have_text(errors)
    expect(field(person, name)).to_have_attribute('aria-invalid', 'true' if errors else 'false')


def is_in_database(person: Person, name: str, text: str) -> None:
    """Wait until the page says that the database holds this."""
    label = person.page.locator(f'main form .{name} label').text_content()
    row = person.page.locator('.saved dl > div').filter(has=person.page.get_by_text(str(label), exact=True))
    expect(row.locator('dd')).to_have_text(text)


def is_told(person: Person, text: str) -> None:
    """Wait until somebody is told this beside the buttons."""
    expect(person.page.locator('main form [role=status]')).to_have_text(text)


def press(person: Person, name: str) -> None:
    """Press a button."""
    person.page.get_by_role('button', name=name, exact=True).click()


def test_begins_with_the_model(arrive: Arrive) -> None:
    """Who comes first finds what the database holds, as does who comes later."""
    for person in (come(arrive()), come(arrive())):
        must_show(person, **BEGIN)
        is_in_database(person, 'route', 'From the Inn to the sea')
        expect(person.page.locator('.unsaved')).to_have_count(0)


def test_what_is_wrong_is_told_to_its_author(arrive: Arrive) -> None:
    """Who types it keeps it with its error, until it is mended; the others keep the last valid value."""
    ada, bob = come(arrive()), come(arrive())
    field(ada, 'places').fill('3')
    must_complain(ada, 'places', ['Ensure this value is greater than or equal to 4.'])
    expect(field(ada, 'places')).to_have_value('3')
    assert 'ng-invalid-djng' in (field(ada, 'places').get_attribute('class') or '')
    assert 'ng-invalid-djng' in (ada.page.locator('main form').get_attribute('class') or '')
    bob.type('notes', ' Bring a tent.')
    expect(field(ada, 'notes')).to_have_value('Luggage goes by van. Bring a tent.')
    must_show(bob, places='12')
    must_show(come(arrive()), places='12')
    must_complain(ada, 'places', ['Ensure this value is greater than or equal to 4.'])
    field(ada, 'places').fill('13')
    must_show(ada, places='13')
    must_show(bob, places='13')
    assert 'ng-invalid' not in (ada.page.locator('main form').get_attribute('class') or '')
    field(ada, 'places').fill('3')
    must_complain(ada, 'places', ['Ensure this value is greater than or equal to 4.'])
    field(bob, 'places').fill('14')
    must_show(ada, places='14')


def test_a_date_is_typed_key_by_key(arrive: Arrive) -> None:
    """What is wrong as long as it is not finished is not taken away while it is typed."""
    ada, bob = come(arrive()), come(arrive())
    field(ada, 'end').fill('')
    must_complain(ada, 'end', ['This field is required.'])
    field(ada, 'end').press_sequentially('2027-06', delay=30)
    must_complain(ada, 'end', ['Enter a valid date.'])
    must_show(bob, end='2027-06-19')
    field(ada, 'end').press_sequentially('-20', delay=30)
    must_show(bob, end='2027-06-20')
    must_show(ada, end='2027-06-20')


def test_cleaned_values_come_back(arrive: Arrive) -> None:
    """Everybody gets what the form has made of a value, its author included."""
    ada, bob = come(arrive()), come(arrive())
    field(ada, 'title').fill('  round the Dolomites ')
    must_show(bob, title='Round the Dolomites')
    must_show(ada, title='Round the Dolomites')
    field(bob, 'route').select_option('dolomites')
    must_show(ada, route='dolomites')
    must_show(bob, route='dolomites')


def test_fields_that_go_together(arrive: Arrive) -> None:
    """A value that is wrong because of another field is kept, and tried again when that one is mended."""
    ada, bob = come(arrive()), come(arrive())
    field(ada, 'begin').fill('2027-07-10')
    must_complain(ada, 'end', ['The last day is before the first.'])
    expect(field(ada, 'begin')).to_have_value('2027-07-10')
    must_show(bob, begin='2027-06-12', end='2027-06-19')
    field(ada, 'end').fill('2027-07-17')
    for person in (ada, bob):
        must_show(person, begin='2027-07-10', end='2027-07-17')


def test_saved(arrive: Arrive, demo: Demo) -> None:
    """What all have agreed on is saved to the model by one of them, and all see it; before, it can be given up."""
    ada, bob = come(arrive()), come(arrive())
    field(ada, 'title').fill('round the Dolomites')
    field(bob, 'route').select_option('dolomites')
    expect(ada.page.locator('form .unsaved')).to_have_count(2)
    press(bob, 'Discard changes')
    must_show(ada, title=BEGIN['title'], route='inn')
    field(ada, 'title').fill('round the Dolomites')
    # What has just been entered is saved, too.
    press(ada, 'Save')
    is_told(ada, 'Saved, for everybody.')
    for person in (ada, bob):
        is_in_database(person, 'title', 'Round the Dolomites')
        expect(person.page.locator('.unsaved')).to_have_count(0)
    ask = 'from demo.models import Tour; print(Tour.objects.get(pk=1))'
    assert 'Round the Dolomites' in manage(demo, 'shell', '-c', ask)
    field(bob, 'price').fill('-1')
    press(bob, 'Save')
    is_told(bob, 'Please mend what is marked first.')
    is_in_database(ada, 'price', '890')
    press(bob, 'Discard changes')
    must_show(bob, price='890')


def test_both_press_save(arrive: Arrive) -> None:
    """Two who save at the same instant are both told that it is."""
    ada, bob = come(arrive()), come(arrive())
    field(ada, 'title').fill('Round the Dolomites')
    must_show(bob, title='Round the Dolomites')
    for person in (ada, bob):
        person.page.evaluate('document.querySelector("form button").click()')
    for person in (ada, bob):
        is_told(person, 'Saved, for everybody.')
        is_in_database(person, 'title', 'Round the Dolomites')


def test_saved_by_another_program(arrive: Arrive, demo: Demo) -> None:
    """A command in a process of its own saves: what it has changed flows into the form, what is unsaved stays."""
    ada, bob = come(arrive()), come(arrive())
    field(ada, 'title').fill('Round the Dolomites')
    field(bob, 'places').fill('1')
    must_complain(bob, 'places', ['Ensure this value is greater than or equal to 4.'])
    assert '2027-06-19 to 2027-06-26' in manage(demo, 'postpone')
    for person in (ada, bob):
        must_show(person, begin='2027-06-19', end='2027-06-26', title='Round the Dolomites')
        is_in_database(person, 'begin', '2027-06-19')
        is_in_database(person, 'title', BEGIN['title'])
    must_complain(bob, 'places', ['Ensure this value is greater than or equal to 4.'])


def test_draft(arrive: Arrive) -> None:
    """A facility that keeps drafts lets all share what is wrong, and tells its author, until it is mended."""
    ada, bob = arrive(), arrive()
    for person in (ada, bob):
        person.page.add_init_script(AS_DRAFT)
        come(person)
    field(ada, 'places').fill('3')
    must_complain(ada, 'places', ['Ensure this value is greater than or equal to 4.'])
    must_show(bob, places='3')
    field(ada, 'begin').fill('2027-07-10')
    must_complain(ada, 'end', ['The last day is before the first.'])
    must_show(bob, begin='2027-07-10', end='2027-06-19')
    field(ada, 'begin').fill('2027-06-11')
    must_show(ada, begin='2027-06-11', end='2027-06-19')
    must_complain(ada, 'places', ['Ensure this value is greater than or equal to 4.'])
    field(bob, 'places').fill('13')
    must_show(ada, places='13')
    must_show(bob, begin='2027-06-11')
