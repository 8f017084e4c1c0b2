"""A list that everybody may add to: /chat/."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Arrive
from tests.browser.person import Person
from tests.servers import eventually

CHAT = '/chat/'


def join(person: Person, name: str) -> Person:
    """Let somebody go to the chat, and say what their name is."""
    person.visit(CHAT)
    person.enter('name', name)
    person.page.get_by_role('button', name='Join').click()
    expect(person.page.get_by_label('Message', exact=True)).to_be_visible()
    person.is_told('open')
    return person


def say(person: Person, text: str) -> None:
    """Write a message and send it."""
    person.enter('text', text)
    person.page.get_by_role('button', name='Send').click()


def messages(person: Person) -> list[str]:
    """Return the texts that somebody sees, in their order."""
    return person.page.locator('.messages li:not(.empty) p').all_text_contents()


def people(person: Person) -> list[str]:
    """Return who is there, as somebody sees it: names, with what is said of them."""
    return [' '.join(text.split()) for text in person.page.locator('.people li').all_text_contents()]


def sees(person: Person, *expected: str) -> None:
    """Wait until somebody sees just these people."""
    eventually(lambda: people(person) == list(expected), f'{expected} to be there')


#: Writes down each name that is taken off the list.
WATCH_LEAVING = """
() => {
  window.gone = [];
  new MutationObserver((records) => records.forEach((record) => record.removedNodes.forEach((node) => {
    if (node.querySelector && node.querySelector('b')) window.gone.push(node.querySelector('b').textContent);
  }))).observe(document.querySelector('.people'), {childList: true});
}
"""


def test_chat(arrive: Arrive) -> None:
    """Two people talk; each sees who said what, and own words apart from the other's."""
    ada, bob = join(arrive(), 'Ada'), join(arrive(), 'Bob')
    expect(ada.page.locator('.empty')).to_have_text('Nothing has been said yet.')
    say(ada, 'Hello <b>Bob</b> {{ 1 + 1 }}')
    expect(bob.page.locator('.messages p')).to_have_text('Hello <b>Bob</b> {{ 1 + 1 }}')
    say(bob, 'Hello Ada')
    eventually(lambda: len(messages(ada)) == 2, 'the answer')
    for person, own in ((ada, 'Ada'), (bob, 'Bob')):
        expect(person.page.locator('.messages b')).to_have_text(['Ada', 'Bob'])
        expect(person.page.locator('.messages .own b')).to_have_text(own)


def test_late_comer_reads_what_was_said(arrive: Arrive) -> None:
    """Who comes late sees all messages, and changes nothing by coming."""
    ada = join(arrive(), 'Ada')
    for n in range(5):
        say(ada, f'message {n}')
    eve = join(arrive(), 'Eve')
    eventually(lambda: messages(eve) == [f'message {n}' for n in range(5)], 'the history')
    assert messages(ada) == messages(eve)


def test_messages_of_the_same_instant_both_stand(arrive: Arrive) -> None:
    """Two people post before either has heard of the other: all messages are in both lists, in the same order."""
    ada, bob = join(arrive(), 'Ada'), join(arrive(), 'Bob')
    say(ada, 'first')
    eventually(lambda: messages(bob) == ['first'], 'the first message')
    rounds = 10
    for n in range(rounds):
        # Both are sent before Playwright lets either page hear of anything.
        for person in (ada, bob):
            person.page.evaluate(
                """text => {
                  const scope = angular.element(document.querySelector('.say')).scope();
                  scope.$apply(() => { scope.draft.text = text; scope.say(); });
                }""",
                f'{person.page.input_value("[name=name]")} {n}',
            )
    expected = {'first', *(f'{name} {n}' for name in ('Ada', 'Bob') for n in range(rounds))}
    eventually(lambda: set(messages(ada)) == set(messages(bob)) == expected, 'all messages')
    assert messages(ada) == messages(bob)
    assert len(messages(ada)) == len(expected)


def test_what_is_written_offline_is_sent_later(arrive: Arrive) -> None:
    """Somebody loses the network, writes on, and comes back: nothing is lost, nothing is there twice."""
    ada, bob = join(arrive(knows_outages=True), 'Ada'), join(arrive(), 'Bob')
    say(ada, 'before')
    eventually(lambda: messages(bob) == ['before'], 'the first message')
    ada.context.set_offline(True)
    say(ada, 'offline 1')
    say(bob, 'meanwhile')
    say(ada, 'offline 2')
    assert messages(ada)[-2:] == ['offline 1', 'offline 2']
    ada.context.set_offline(False)
    for person in (ada, bob):
        eventually(lambda person=person: len(messages(person)) == 4, 'what was written offline')  # type: ignore[misc]
    assert messages(ada) == messages(bob) == ['before', 'meanwhile', 'offline 1', 'offline 2']


def test_who_is_there(arrive: Arrive) -> None:
    """Everybody sees who is there, themselves first, with how many tabs; who has no name is counted."""
    ada = join(arrive(), 'Ada')
    sees(ada, 'Ada you')
    bob = join(arrive(), 'Bob')
    sees(ada, 'Ada you', 'Bob')
    sees(bob, 'Bob you', 'Ada')
    guest = arrive().visit(CHAT)
    sees(guest, 'Ada', 'Bob', '1 without a name')
    second = bob.context.new_page()
    second.goto(bob.demo.url(CHAT))
    sees(ada, 'Ada you', 'Bob 2 tabs', '1 without a name')
    sees(bob, 'Bob you 2 tabs', 'Ada', '1 without a name')
    second.close()
    sees(ada, 'Ada you', 'Bob', '1 without a name')
    bob.page.goto('about:blank')
    sees(ada, 'Ada you', '1 without a name')


def test_who_loads_the_page_again_stays(arrive: Arrive) -> None:
    """A page that is loaded again, or reached by another name, does not make its visitor vanish meanwhile."""
    ada, bob = join(arrive(), 'Ada'), join(arrive(), 'Bob')
    sees(ada, 'Ada you', 'Bob')
    ada.page.evaluate(WATCH_LEAVING)
    bob.page.reload()
    bob.is_told('open')
    say(bob, 'Here I am')
    eventually(lambda: messages(ada) == ['Here I am'], 'the message')
    bob.page.locator('.rename summary').click()
    bob.enter('name', 'Robert')
    bob.page.get_by_role('button', name='Change').click()
    sees(ada, 'Ada you', 'Robert')
    expect(bob.page.locator('.messages .own b')).to_have_text('Bob')
    assert ada.page.evaluate('window.gone') == []


def test_who_is_there_is_told_by_the_page_itself(arrive: Arrive) -> None:
    """The list is in the page before its socket is open, and right again after the server was killed."""
    ada, bob = join(arrive(knows_outages=True), 'Ada'), join(arrive(knows_outages=True), 'Bob')
    sees(ada, 'Ada you', 'Bob')
    page = bob.context.request.get(bob.demo.url(CHAT)).text()
    assert '"name":"Ada"' in page
    ada.demo.kill()
    ada.is_told('waiting')
    bob.page.goto('about:blank')
    ada.demo.start()
    sees(ada, 'Ada you')


def test_a_name_is_only_a_name(arrive: Arrive) -> None:
    """Whatever somebody is called is neither HTML nor an expression, in anybody's browser."""
    name = '<b>{{ 1 + 1 }}</b>'
    ada, eve = join(arrive(), 'Ada'), join(arrive(), name)
    sees(ada, 'Ada you', name)
    sees(eve, f'{name} you', 'Ada')
    expect(eve.page.locator('.rename summary')).to_have_text(f'You are {name}. Change your name')
