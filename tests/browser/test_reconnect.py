"""A server that goes away and comes back, and pages that do: nothing that was entered is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle

from playwright.sync_api import APIResponse, Route, expect

from tests.browser.conftest import Arrive
from tests.browser.demo import Demo
from tests.browser.person import THREEWAY, Person
from tests.servers import PATIENCE, eventually

LOST = 'Connection lost: what you enter is sent later.'

#: No wait and no heartbeat ends any more: what then reopens the socket is something else.
STOP_THE_CLOCK = '() => { window.setTimeout = window.setInterval = () => 0; }'


def test_edits_of_an_outage_arrive(arrive: Arrive, demo: Demo) -> None:
    """The pages tell that the server has gone and that it is back; what was entered meanwhile arrives."""
    ada, bob = arrive(knows_outages=True).visit(), arrive(knows_outages=True).visit()
    ada.enter('first_name', 'Ada')
    bob.sees('first_name', 'Ada')
    demo.kill()
    for person in (ada, bob):
        person.is_told('waiting')
        expect(person.page.get_by_role('status')).to_have_text(LOST)
    ada.type('notes', 'typed while the server was away')
    ada.enter('newsletter', True)
    ada.enter('route', 'dolomites')
    assert (bob.shows('notes'), bob.shows('newsletter'), bob.shows('route')) == ('', False, '')
    demo.start()
    for person in (ada, bob):
        person.is_connected()
    bob.sees('notes', 'typed while the server was away')
    bob.has_scope(ada.scope())
    assert (bob.shows('first_name'), bob.shows('newsletter'), bob.shows('route')) == ('Ada', True, 'dolomites')
    bob.enter('notes', 'and answered')
    ada.sees('notes', 'and answered')


def test_no_letter_disappears(arrive: Arrive, demo: Demo) -> None:
    """Somebody types through all of an outage, key by key, and never sees anything but what was typed."""
    ada, bob = arrive(knows_outages=True).visit(), arrive(knows_outages=True).visit()
    letters = cycle('lorem-ipsum-')
    typed = ''

    def type_until(status: str) -> None:
        """Type until the page tells ``status``, and one word more."""
        nonlocal typed
        more = 0
        deadline = time.monotonic() + PATIENCE
        while more < 6:
            assert time.monotonic() < deadline, f'the page did not tell {status!r}'
            letter = next(letters)
            ada.page.keyboard.type(letter)
            typed += letter
            assert ada.shows('notes') == typed
            more += ada.page.locator('.connection').get_attribute('data-status') == status

    ada.page.locator('[name=notes]').focus()
    type_until('open')
    bob.sees('notes', typed)
    demo.kill()
    type_until('waiting')
    demo.start()
    type_until('open')
    bob.is_connected()
    bob.sees('notes', typed)
    assert ada.shows('notes') == typed
    bob.has_scope(ada.scope())


def test_edits_offline_join_those_of_others(arrive: Arrive, demo: Demo) -> None:
    """Two people edit while one of them is offline; as soon as that browser is online again both have both edits."""
    ada, bob = arrive(knows_outages=True).visit(), arrive(knows_outages=True).visit()
    ada.context.set_offline(True)
    demo.kill()  # an open socket outlives Chromium's emulation, a new one does not open in it
    ada.is_told('waiting')
    demo.start()
    bob.is_connected()
    bob.enter('last_name', 'Hopper')
    bob.enter('notes', 'by Bob')
    arrive().visit().sees('notes', 'by Bob')
    ada.enter('first_name', 'Grace')
    ada.enter('notes', 'by Ada, later')
    ada.is_told('waiting')
    assert ada.shows('last_name') == ''
    ada.context.set_offline(False)
    ada.is_connected()
    for person in (ada, bob):
        person.sees('first_name', 'Grace')
        person.sees('last_name', 'Hopper')
        person.sees('notes', 'by Ada, later')
    ada.has_scope(bob.scope())


def test_being_online_again_ends_the_wait(arrive: Arrive, demo: Demo) -> None:
    """A browser that is online again does not wait for its timer."""
    ada = arrive(knows_outages=True).visit()
    ada.page.evaluate(STOP_THE_CLOCK)
    ada.context.set_offline(True)
    demo.kill()
    is_away(ada)
    demo.start()
    ada.context.set_offline(False)
    is_back(ada)


def test_being_looked_at_again_ends_the_wait(arrive: Arrive, demo: Demo) -> None:
    """A tab that becomes visible does not wait for its timer."""
    ada = arrive(knows_outages=True).visit()
    ada.page.evaluate(STOP_THE_CLOCK)
    demo.kill()
    is_away(ada)
    demo.start()
    # A headless tab is always visible: hidden it would be told nothing else.
    ada.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    is_back(ada)


def test_page_that_comes_back_by_history(arrive: Arrive) -> None:
    """A page that the browser has kept while another one was shown connects again, and hears what it has missed."""
    ada, bob = arrive().visit(), arrive().visit()
    ada.enter('first_name', 'Ada')
    bob.sees('first_name', 'Ada')
    ada.page.evaluate("addEventListener('pageshow', ({persisted}) => { window.wasKept = persisted; })")
    ada.page.goto(ada.demo.url('/'))
    bob.enter('notes', 'Where are you?')
    ada.page.go_back(wait_until='commit')  # a page that was kept does not load again
    ada.sees('notes', 'Where are you?')
    assert ada.page.evaluate('window.wasKept') is True
    ada.is_connected()
    ada.enter('notes', 'Here.')
    bob.sees('notes', 'Here.')
    bob.has_scope(ada.scope())


def test_page_that_was_left_in_the_middle_of_an_edit(arrive: Arrive) -> None:
    """What was entered just before the page was left is sent when it is shown again."""
    ada, bob = arrive().visit(), arrive().visit()
    # Within pagehide, the last moment there is; the socket is closed by then.
    ada.page.evaluate("""
        addEventListener('pagehide', () => {
          const notes = document.querySelector('[name=notes]');
          notes.value = 'unfinished';
          notes.dispatchEvent(new Event('input'));
        })
    """)
    ada.page.goto(ada.demo.url('/'))
    ada.page.go_back(wait_until='commit')
    bob.sees('notes', 'unfinished')
    assert ada.shows('notes') == 'unfinished'


def test_server_that_comes_after_the_page(arrive: Arrive, demo: Demo) -> None:
    """A page whose first attempt fails is like any other: it connects when there is a server, and sends."""
    ada, bob = arrive(knows_outages=True), arrive(knows_outages=True)
    for start in [open_up_to_its_script(person) for person in (ada, bob)]:
        demo.kill()
        start()
    for person in (ada, bob):
        person.is_told('waiting')
    ada.enter('first_name', 'Ada')
    demo.start()
    for person in (ada, bob):
        person.is_connected()
    bob.sees('first_name', 'Ada')
    bob.enter('last_name', 'Lovelace')
    ada.sees('last_name', 'Lovelace')
    ada.has_scope(bob.scope())


def open_up_to_its_script(person: Person) -> Callable[[], None]:
    """Open the three-way page except for its own script; return what lets the page have that."""
    loaded: list[str] = []
    held: list[tuple[Route, APIResponse]] = []
    person.page.on('requestfinished', lambda request: loaded.append(request.url.rpartition('/')[2]))
    person.page.route('**/threeway_databinding.js', lambda route: held.append((route, route.fetch())))
    person.page.goto(person.demo.url(THREEWAY), wait_until='commit')

    def has_all_else() -> bool:
        person.page.evaluate('1')  # lets Playwright tell its events
        return bool(held) and {'angular.min.js', 'django-angular.min.js', 'demo.css'} <= {*loaded}

    eventually(has_all_else, 'the page')
    [(route, response)] = held
    return lambda: route.fulfill(response=response)


def is_away(person: Person) -> None:
    """Wait until the page's binding waits; with the clock stopped the page shows nothing new."""
    eventually(lambda: status(person) == 'waiting', 'the binding to wait')


def is_back(person: Person) -> None:
    """Wait until the page's binding is open."""
    eventually(lambda: status(person) == 'open', 'the binding to be open')


def status(person: Person) -> str:
    """Return the status of the page's binding."""
    return str(person.page.evaluate("angular.element(document.querySelector('.bound')).scope().connection.status"))
