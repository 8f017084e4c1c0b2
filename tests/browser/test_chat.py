"""A list that everybody may add to: /chat/."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Arrive
from tests.browser.person import Person
from tests.servers import eventually

CHAT = '/chat/'


def join(person: Person, name: str) -> Person:
    """Let somebody go to the chat, and say what their name is."""
    person.visit(CHAT).is_told('open')
    person.enter('name', name)
    return person


def say(person: Person, text: str) -> None:
    """Write a message and send it."""
    person.enter('text', text)
    person.page.get_by_role('button', name='Send').click()


def messages(person: Person) -> list[str]:
    """Return the texts that somebody sees, in their order."""
    return person.page.locator('.messages li:not(.empty) p').all_text_contents()


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
                  scope.$apply(() => { scope.me.text = text; scope.say(); });
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
