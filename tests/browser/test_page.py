"""The demo's pages: what each shows, and what none of them does."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Arrive
from tests.browser.person import THREEWAY

TITLES = {
    '/': 'Three ways to bind a form · djng',
    '/classic_form/': 'Classic form · djng',
    '/model_scope/': 'Two-way data-binding · djng',
    THREEWAY: 'Three-way data-binding · djng',
    '/chat/': 'Chat · djng',
    '/scoreboard/': 'Scoreboard · djng',
    '/game/': 'Noughts and crosses · djng',
    '/tour/': 'Shared form · djng',
}

VALID = {
    'first_name': 'Ada',
    'last_name': 'Lovelace',
    'email': 'ada@example.com',
    'birth_date': '1815-12-10',
    'height': '165',
    'route': 'inn',
    'bicycle': 'electric',
    'extras': ['child_seat'],
    'languages': ['en', 'fr'],
}

UNLABELLED = """
() => Array.from(document.querySelectorAll('main :is(input, select, textarea)'))
  .filter(({type}) => type !== 'hidden')
  .filter(({labels}) => !Array.from(labels).some(({innerText}) => innerText.trim()))
  .map(({outerHTML}) => outerHTML)
"""


@pytest.mark.parametrize('path', TITLES)
def test_page_opens(path: str, arrive: Arrive) -> None:
    """Each page has its title and one heading, and opens without an error or a request to another host."""
    person = arrive()
    person.page.goto(person.demo.url(path), wait_until='networkidle')
    expect(person.page).to_have_title(TITLES[path])
    expect(person.page.get_by_role('heading', level=1)).to_have_count(1)


def test_index_leads_to_each_page(arrive: Arrive) -> None:
    """The list of demos links to all of them."""
    person = arrive().visit('/')
    demos = person.page.locator('main').get_by_role('listitem').get_by_role('link')
    assert [link.get_attribute('href') for link in demos.all()] == [path for path in TITLES if path != '/']
    demos.last.click()
    person.is_told('open')


@pytest.mark.parametrize('path', TITLES)
def test_page_fits_a_phone(path: str, arrive: Arrive) -> None:
    """Nothing reaches beyond a screen that is 360 pixels wide."""
    person = arrive(viewport={'width': 360, 'height': 740}, has_touch=True).visit(path)
    assert person.page.evaluate('[innerWidth, document.documentElement.scrollWidth]') == [360, 360]


@pytest.mark.parametrize('path', TITLES)
def test_fields_are_labelled(path: str, arrive: Arrive) -> None:
    """Every field has a label."""
    assert arrive().visit(path).page.evaluate(UNLABELLED) == []


@pytest.mark.parametrize('path', ['/classic_form/', '/model_scope/', THREEWAY])
def test_groups_have_a_legend(path: str, arrive: Arrive) -> None:
    """Every group of boxes or buttons has a legend."""
    person = arrive().visit(path)
    assert person.page.locator('main :is(input, select, textarea)').count() > len(VALID)
    for name in ('bicycle', 'extras'):
        group = person.page.get_by_role('group').filter(has=person.page.locator(f'[name={name}]'))
        assert group.locator('legend').inner_text().strip()


@pytest.mark.parametrize('path', ['/model_scope/', THREEWAY])
def test_page_is_strict(path: str, arrive: Arrive) -> None:
    """AngularJS runs under ng-strict-di, and finds nothing in the page that it cannot compile."""
    person = arrive().visit(path)
    strict = person.page.evaluate("angular.element(document.querySelector('[ng-app]')).injector().strictDi")
    assert strict is True
    assert '{{' not in person.page.locator('.bound').inner_text()


def test_threeway_page_is_minified(arrive: Arrive) -> None:
    """The page is connected by the minified file, and asks for no other file of djng."""
    person = arrive()
    asked: list[str] = []
    person.page.on('request', lambda request: asked.append(request.url))
    person.visit()
    assert [url for url in asked if '/djng/' in url] == [person.demo.url('/static/djng/js/django-angular.min.js')]
    script = person.context.request.get(person.demo.url('/static/djng/js/django-angular.min.js'))
    assert len(script.text().strip().splitlines()) < 10


def test_classic_form_shows_errors(arrive: Arrive) -> None:
    """A form sent half filled in comes back with what was entered, and with errors that lead to their fields."""
    person = arrive().visit('/classic_form/')
    person.enter('first_name', 'Ada')
    person.enter('email', 'nonsense')
    person.enter('extras', ['lock'])
    person.page.get_by_role('button', name='Join the tour').click()
    expect(person.page).to_have_title('Errors: Classic form · djng')
    alert = person.page.get_by_role('alert')
    labels = ['Last name', 'E-mail', 'Birth date', 'Height', 'Route', 'Bicycle']
    expect(alert.get_by_role('listitem')).to_have_text(labels)
    assert (person.shows('first_name'), person.shows('extras')) == ('Ada', ['lock'])
    expect(person.page.get_by_text('Enter a valid email address.')).to_be_visible()
    alert.get_by_role('link', name='Height').click()
    expect(person.page.locator('[name=height]')).to_be_in_viewport()


def test_classic_form_is_sent(arrive: Arrive) -> None:
    """A form that is filled in is accepted, and can be filled in again."""
    person = arrive().visit('/classic_form/')
    for name, value in VALID.items():
        person.enter(name, value)
    person.page.get_by_role('button', name='Join the tour').click()
    expect(person.page).to_have_url(person.demo.url('/classic_form/thanks/'))
    expect(person.page.get_by_role('heading', level=1)).to_have_text('Thank you')
    person.page.get_by_role('link', name='Fill it in again').click()
    expect(person.page.get_by_label('First name')).to_have_value('')


def test_model_scope_prints_the_form(arrive: Arrive) -> None:
    """What is entered into the two-way form is printed as the scope has it, and stays in this browser."""
    ada, bob = arrive().visit('/model_scope/'), arrive().visit('/model_scope/')
    before = bob.scope()
    entered = {**VALID, 'notes': 'hello', 'newsletter': True}
    for name, value in entered.items():
        ada.enter(name, value)
    # A number is a number on the scope, and each box of a group has a property of its own.
    extras = {f'extras.{extra}': True for extra in entered.pop('extras')}
    ada.has_scope({**before, **entered, **extras, 'height': 165})
    assert bob.scope() == before
