"""The server speaks, and every browser shows it: /scoreboard/."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Arrive
from tests.browser.demo import MANAGE, Demo
from tests.browser.person import Person
from tests.servers import PATIENCE, Server, eventually

SCOREBOARD = '/scoreboard/'

#: Lets no socket begin to open before `release()`.
HELD_BACK = """
const Real = WebSocket;
const released = new Promise((resolve) => { window.release = resolve; });
window.WebSocket = function (url) {
  let real = null;
  const held = {readyState: 0, send: (text) => real.send(text), close: (...why) => real && real.close(...why)};
  released.then(() => {
    real = new Real(url);
    ['onopen', 'onmessage', 'onclose', 'onerror'].forEach((name) => {
      real[name] = (event) => { held.readyState = real.readyState; held[name] && held[name](event); };
    });
  });
  return held;
};
"""

#: Notes each score that is to be seen, from the first moment on.
NOTED = """
window.noted = [];
new MutationObserver(() => {
  const goals = Array.from(document.querySelectorAll('.goals'), ({textContent}) => textContent).join();
  if (goals.includes('0') || noted.length) {
    noted[noted.length - 1] === goals || noted.push(goals);
  }
}).observe(document, {childList: true, characterData: true, subtree: true});
"""


def come(person: Person) -> Person:
    """Let somebody go to the scoreboard."""
    person.visit(SCOREBOARD).is_told('open')
    return person


def goals(person: Person) -> list[str]:
    """Return the goals that somebody sees, in the order of the teams."""
    return person.page.locator('.goals').all_text_contents()


def press(person: Person, name: str) -> None:
    """Press a button, whose page stays as it is."""
    person.page.get_by_role('button', name=name, exact=True).click()


def test_goals_of_a_view(arrive: Arrive) -> None:
    """A goal that a view counts is in every browser at once, with its news; the pages are not loaded anew."""
    ada, bob = come(arrive()), come(arrive())
    assert goals(ada) == [''] * 6
    expect(ada.page.locator('.age')).to_have_text('Nothing is being played yet.')
    for person in (ada, bob):
        person.page.evaluate('window.stayed = true')
    press(ada, 'Kick off')
    eventually(lambda: goals(ada) == goals(bob) == ['0'] * 6, 'the kick-off')
    press(bob, 'Goal for Turing Town')
    press(ada, 'Goal for Turing Town')
    press(ada, 'Goal for Liskov City')
    eventually(lambda: goals(ada) == goals(bob) == ['0', '2', '0', '0', '1', '0'], 'three goals')
    for person in (ada, bob):
        expect(person.page.locator('.news li')).to_have_count(3)
        expect(person.page.locator('.news')).to_contain_text('Goal for Turing Town, 0:2')
        expect(person.page.locator('.goals.changed').first).to_be_visible()
        assert person.page.evaluate('window.stayed') is True


def test_match_day_by_a_command(arrive: Arrive, demo: Demo) -> None:
    """A command in a terminal plays a match day: every browser sees each goal; who comes late sees all of them."""
    ada, bob = come(arrive()), come(arrive())
    for person in (ada, bob):
        person.page.evaluate(
            """() => {
              const list = document.querySelector('.board');
              window.seen = new Set();
              new MutationObserver(() => list.querySelectorAll('.news li').forEach(
                item => window.seen.add(item.firstChild.textContent.trim())
              )).observe(list, {childList: true, characterData: true, subtree: true});
            }"""
        )
    play = Server([*MANAGE, 'play', '--goals', '20', '--pause', '0.1'], env=demo.environment)
    try:
        assert play.wait() == 0, play.output()
    finally:
        play.stop()
    said = [f'Goal for {line}' for line in play.output().splitlines()]
    assert len(said) == 20
    for person in (ada, bob):
        eventually(lambda person=person: set(person.page.evaluate('[...window.seen]')) == set(said), 'all news')  # type: ignore[misc]
    eve = come(arrive())
    eventually(lambda: goals(eve) == goals(ada) == goals(bob), 'the final score')
    assert sum(map(int, goals(eve))) == 20


def test_age_of_the_last_update(arrive: Arrive) -> None:
    """The page says how long ago the last update was, by the server's clock, and that grows while nothing happens."""
    ada = arrive()
    ada.page.clock.install(time='2020-01-01T00:00:00Z')
    come(ada)
    press(ada, 'Kick off')
    age = ada.page.locator('.age')
    expect(age).to_have_text('Last update 0 s ago', timeout=PATIENCE * 1000)
    ada.page.clock.fast_forward('00:42')
    expect(age).to_have_text('Last update 42 s ago')
    ada.page.clock.fast_forward('02:00')
    expect(age).to_have_text('Last update 2 min ago')
    press(ada, 'Goal for Turing Town')
    expect(ada.page.locator('.news li')).to_have_count(1)


def test_nobody_but_the_server_says_the_score(arrive: Arrive) -> None:
    """What somebody changes on the own page is not sent."""
    ada, bob = come(arrive()), come(arrive())
    press(ada, 'Kick off')
    eventually(lambda: goals(bob) == ['0'] * 6, 'the kick-off')
    ada.page.evaluate(
        "() => { const scope = angular.element(document.querySelector('[ng-app]')).scope();"
        ' scope.$apply(() => { scope.board.north = [9, 9]; }); }'
    )
    press(ada, 'Goal for Liskov City')
    eventually(lambda: goals(bob) == ['0', '0', '0', '0', '1', '0'], 'a goal')


def test_first_paint(arrive: Arrive) -> None:
    """The score is there before the socket opens; what has happened since then comes with it, and nothing else."""
    ada, bob = come(arrive()), arrive()
    press(ada, 'Kick off')
    press(ada, 'Goal for Turing Town')
    eventually(lambda: goals(ada) == ['0', '1', '0', '0', '0', '0'], 'a goal')
    bob.context.add_init_script(HELD_BACK)
    bob.context.add_init_script(NOTED)
    bob.visit(SCOREBOARD).is_told('connecting')
    assert goals(bob) == goals(ada)
    expect(bob.page.locator('.news li')).to_have_count(1)
    press(ada, 'Goal for Liskov City')
    eventually(lambda: goals(ada) == ['0', '1', '0', '0', '1', '0'], 'another goal')
    bob.page.evaluate('release()')
    bob.is_told('open')
    eventually(lambda: goals(bob) == goals(ada), 'what has happened meanwhile')
    assert bob.page.evaluate('noted') == ['0,1,0,0,0,0', '0,1,0,0,1,0']
