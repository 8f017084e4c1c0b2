"""The server decides, and every browser shows what it has decided: /game/."""

from __future__ import annotations

import re
import time
from functools import partial

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Arrive
from tests.browser.demo import Demo
from tests.browser.person import Person
from tests.servers import eventually

FIELDS = [
    *('Top left', 'Top centre', 'Top right'),
    *('Centre left', 'Centre', 'Centre right'),
    *('Bottom left', 'Bottom centre', 'Bottom right'),
]

#: Presses a field at a time; the page hears of nothing before.
PRESS_AT = """([field, time]) => setTimeout(() => {
  while (Date.now() < time);
  document.querySelectorAll('.grid button')[field].click();
})"""


def come(person: Person, address: str = '/game/') -> Person:
    """Let somebody go to a new game, or to the one with this address."""
    person.visit(address).is_told('open')
    return person


def table(arrive: Arrive, **options: bool) -> tuple[Person, Person, Person]:
    """Return one who plays X, one who plays O, and one who watches."""
    ada = come(arrive(**options))
    address = address_of(ada)
    bob, eve = come(arrive(**options), address), come(arrive(**options), address)
    for person, mark in ((ada, 'X'), (bob, 'O')):
        button(person, f'Play {mark}').click()
        expect(person.page.locator('.connection')).to_contain_text(f'you play {mark}')
    for person in (ada, bob, eve):
        reads(person, re.compile('turn|next'))
    return ada, bob, eve


def address_of(person: Person) -> str:
    """Return where the game is to which somebody invites."""
    shown = person.page.locator('.address code').inner_text()
    assert shown == person.page.url
    return shown.removeprefix(person.demo.url(''))


def button(person: Person, name: str) -> Locator:
    """Return the button of that name."""
    return person.page.get_by_role('button', name=name, exact=True)


def press(person: Person, field: int) -> None:
    """Press a field."""
    person.page.locator('.grid button').nth(field).click()


def board(page: Page | Person) -> str:
    """Return what the fields are called to who cannot see them, row by row."""
    page = page.page if isinstance(page, Person) else page
    labels = page.locator('.grid button').evaluate_all('all => all.map((each) => each.ariaLabel)')
    assert [label.partition(':')[0] for label in labels] == FIELDS
    marks = {'X': 'x', 'O': 'o', 'free': '.'}
    return ''.join(marks[label.partition(': ')[2]] for label in labels)


def see(position: str, *people: Person | Page) -> None:
    """Wait until all of these see the same board."""
    eventually(lambda: all(board(person) == position for person in people), position)


def reads(person: Person, text: str | re.Pattern[str]) -> None:
    """Wait until the page says this of the game."""
    expect(person.page.locator('.news')).to_contain_text(text)


def is_refused(person: Person, text: str) -> None:
    """Wait until somebody is told why not."""
    expect(person.page.get_by_role('alert')).to_have_text(text)


def play(fields: list[int], *people: Person) -> None:
    """Let two people take these fields in turn; each waits until all have seen the one before."""
    for number, field in enumerate(fields):
        press(people[number % 2], field)
        for person in people:
            label = f'{FIELDS[field]}: {"XO"[number % 2]}'
            expect(person.page.locator('.grid button').nth(field)).to_have_attribute('aria-label', label)


def test_game(arrive: Arrive) -> None:
    """Two play, one watches; all see each move, whose turn it is, who has won and how, and the next game."""
    ada, bob, eve = table(arrive)
    reads(ada, 'It is your turn.')
    reads(bob, 'X is next.')
    play([4, 0, 2, 5], ada, bob, eve)
    reads(ada, 'It is your turn.')
    reads(eve, 'X is next.')
    press(ada, 6)
    see('o.x.xox..', ada, bob, eve)
    reads(ada, 'You have won!')
    reads(bob, 'X has won.')
    reads(eve, 'X has won.')
    for person in (ada, bob, eve):
        expect(person.page.locator('.strokes path')).to_have_count(1)
        expect(person.page.locator('.grid button.won')).to_have_count(3)
        expect(person.page.locator('.seat.x .wins')).to_have_text('1 won')
    expect(button(eve, 'Play again')).to_have_count(0)
    button(bob, 'Play again').click()
    see('.........', ada, bob, eve)
    # Who has lost begins.
    reads(bob, 'It is your turn.')
    reads(ada, 'O is next.')
    for person in (ada, bob, eve):
        expect(person.page.locator('.strokes path')).to_have_count(0)


def test_draw(arrive: Arrive) -> None:
    """A full board without a line is drawn, and counted as that."""
    ada, bob, eve = table(arrive)
    play([0, 1, 2, 4, 3, 5, 7, 6, 8], ada, bob, eve)
    for person in (ada, bob, eve):
        reads(person, 'Drawn: nobody has won.')
        expect(person.page.locator('.seat.o .wins')).to_have_text('0 won, 1 drawn')


def test_foreign_and_late_moves(arrive: Arrive) -> None:
    """Whoever may not move is told why, at once, and alone; all boards show what is true."""
    ada, bob, eve = table(arrive)
    press(bob, 0)
    is_refused(bob, 'It is not your turn: X is next.')
    press(eve, 0)
    is_refused(eve, 'You are only watching.')
    see('.........', ada, bob, eve)
    press(ada, 4)
    see('....x....', ada, bob, eve)
    press(bob, 4)
    is_refused(bob, 'This field is taken.')
    press(ada, 1)
    is_refused(ada, 'It is not your turn: O is next.')
    see('....x....', ada, bob, eve)
    # The message goes with the next move.
    press(bob, 0)
    is_refused(bob, '')
    see('o...x....', ada, bob, eve)
    play([2, 5], ada, bob)
    press(ada, 6)
    reads(bob, 'X has won.')
    press(bob, 8)
    is_refused(bob, 'The game is over.')
    see('o.x.xox..', ada, bob, eve)


def test_moves_of_the_same_instant(arrive: Arrive) -> None:
    """Both players, two tabs of one, and a spectator press at once: one move counts, all others are told."""
    ada, bob, eve = table(arrive)
    tab = ada.context.new_page()
    tab.goto(ada.page.url)
    expect(tab.locator('.connection')).to_have_attribute('data-status', 'open')
    pages = [ada.page, tab, bob.page, eve.page]
    for taken in range(4):
        free = [field for field, mark in enumerate(board(eve)) if mark == '.']
        soon = time.time() * 1000 + 500
        for field, page in zip(free, pages, strict=False):
            page.evaluate(PRESS_AT, [field, soon])
        eventually(partial(have_moved, pages, taken + 1), 'one move')
        expect(eve.page.get_by_role('alert')).to_have_text('You are only watching.')
        eventually(
            lambda: [page.get_by_role('alert').inner_text() for page in pages[:3]].count('') == 1, 'two refusals'
        )
    assert sorted(board(eve).replace('.', '')) == ['o', 'o', 'x', 'x']


def is_told(page: Page) -> bool:
    """Whether somebody is told anything there."""
    return page.get_by_role('alert').inner_text() != ''


def have_moved(pages: list[Page], number: int) -> bool:
    """Whether all see the same board, with that many marks."""
    (position, *others) = {board(page) for page in pages}
    return not others and len(position.replace('.', '')) == number


def test_coming_back(arrive: Arrive) -> None:
    """Who reloads, opens a second tab, or goes away and comes back has the same seat; the game waits."""
    ada, bob, eve = table(arrive)
    play([4, 0], ada, bob)
    ada.page.reload()
    ada.is_told('open')
    reads(ada, 'It is your turn.')
    tab = ada.context.new_page()
    ada.page.close()
    tab.goto(eve.page.url)
    expect(tab.locator('.connection')).to_contain_text('you play X')
    see('o...x....', tab, bob, eve)
    tab.locator('.grid button').nth(8).click()
    see('o...x...x', tab, bob, eve)
    reads(bob, 'It is your turn.')


def test_who_is_there(arrive: Arrive) -> None:
    """Both see whether the other one is there, and how many watch."""
    ada, bob, eve = table(arrive)
    for person in (ada, bob, eve):
        expect(person.page.locator('.connection')).to_contain_text('1 watching.')
    expect(ada.page.locator('.seat.o .who')).to_have_text('Another player')
    bob.page.close()
    expect(ada.page.locator('.seat.o .who')).to_have_text('Another player, away')
    come(arrive(storage_state=bob.context.storage_state()), address_of(ada))
    expect(ada.page.locator('.seat.o .who')).to_have_text('Another player')


def test_seat_that_is_left(arrive: Arrive) -> None:
    """Who stands up watches; who has watched sits down, and goes on with the game."""
    ada, bob, eve = table(arrive)
    play([4, 0], ada, bob)
    expect(button(eve, 'Play X')).to_have_count(0)
    button(ada, 'Stand up').click()
    expect(ada.page.locator('.connection')).to_contain_text('you are watching')
    for person in (ada, bob, eve):
        reads(person, 'Waiting for somebody who plays X.')
    expect(button(bob, 'Play X')).to_have_count(0)
    button(eve, 'Play X').click()
    reads(eve, 'It is your turn.')
    press(eve, 8)
    see('o...x...x', ada, bob, eve)


def test_move_without_a_connection(arrive: Arrive) -> None:
    """A move waits for the connection, and is the only one that does."""
    ada, bob, eve = table(arrive, knows_outages=True)
    play([4], ada, bob)
    bob.context.set_offline(True)
    press(bob, 2)
    press(bob, 0)
    is_refused(bob, 'Your move is on its way.')
    see('..o.x....', bob)
    expect(bob.page.locator('.grid .unsent')).to_have_count(1)
    see('....x....', ada, eve)
    bob.context.set_offline(False)
    see('..o.x....', ada, bob, eve)
    expect(bob.page.locator('.grid .unsent')).to_have_count(0)
    reads(bob, 'X is next.')


def test_late_move_of_an_outage(arrive: Arrive) -> None:
    """What somebody has moved without a connection does not count when the board has changed meanwhile."""
    ada, bob, eve = table(arrive, knows_outages=True)
    play([4], ada, bob)
    # Another tab of his, which has the connection.
    tab = come(arrive(storage_state=bob.context.storage_state()), address_of(bob))
    bob.context.set_offline(True)
    press(bob, 0)
    press(tab, 2)
    see('..o.x....', ada, eve, tab)
    press(ada, 8)
    bob.context.set_offline(False)
    see('..o.x...x', ada, bob, eve, tab)
    is_refused(bob, 'Too late: the board has changed meanwhile.')
    press(bob, 0)
    see('o.o.x...x', ada, bob, eve, tab)


def test_server_that_goes_away(arrive: Arrive, demo: Demo) -> None:
    """The server is killed and comes back: the game is as it was, and a move made meanwhile counts."""
    ada, bob, eve = table(arrive, knows_outages=True)
    play([4, 0], ada, bob)
    demo.kill()
    ada.is_told('waiting')
    press(ada, 8)
    demo.start()
    for person in (ada, bob, eve):
        person.is_told('open')
    see('o...x...x', ada, bob, eve)
    reads(bob, 'It is your turn.')


def test_keyboard(arrive: Arrive) -> None:
    """Arrow keys lead from field to field, and not beyond the board; Enter and space take one."""
    ada, bob, _ = table(arrive)
    keys = ada.page.keyboard
    ada.page.locator('.grid button').first.focus()
    for key in ('ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowLeft'):
        keys.press(key)
    expect(ada.page.locator(':focus')).to_have_attribute('aria-label', 'Centre: free')
    keys.press('Enter')
    expect(ada.page.locator(':focus')).to_have_attribute('aria-label', 'Centre: X')
    bob.page.locator('.grid button').last.focus()
    bob.page.keyboard.press('Space')
    see('....x...o', ada, bob)


def test_first_paint(arrive: Arrive) -> None:
    """Who comes late sees the board before the socket is open."""
    ada, bob, _ = table(arrive)
    play([4, 0], ada, bob)
    late = arrive()
    late.context.add_init_script('window.WebSocket = function () { this.close = () => 0; };')
    late.visit(address_of(ada)).is_told('connecting')
    see('o...x....', late)
