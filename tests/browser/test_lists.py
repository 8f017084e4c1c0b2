"""A list that several people change at once, in two browsers: what each of them has done is done."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.conftest import Arrive
from tests.browser.person import Person
from tests.browser.test_chat import join, messages, say
from tests.servers import Redis, eventually

#: Changes the array on the scope, as a controller does.
CHANGE = """
([old, text]) => {
  const scope = angular.element(document.querySelector('.messages')).scope();
  scope.$apply(() => {
    const index = scope.messages.findIndex((message) => message.text === old);
    scope.messages.splice(index, 1, ...(text === null ? [] : [{...scope.messages[index], text}]));
  });
}
"""


def take_out(person: Person, text: str) -> None:
    """Take a message out."""
    person.page.evaluate(CHANGE, [text, None])


def rewrite(person: Person, old: str, text: str) -> None:
    """Give a message another text."""
    person.page.evaluate(CHANGE, [old, text])


def see(people: tuple[Person, ...], expected: list[str]) -> None:
    """Wait until all see the same messages."""
    eventually(lambda: all(messages(person) == expected for person in people), f'{expected}')


def test_two_change_a_list_while_one_is_away(arrive: Arrive, redis_clean: Redis) -> None:
    """One without a network takes out, rewrites and writes messages, another one does, too: all of it is done."""
    ada, bob = join(arrive(knows_outages=True), 'Ada'), join(arrive(), 'Bob')
    texts = ['one', 'two', 'three', 'four', 'five']
    for text in texts:
        say(ada, text)
    see((ada, bob), texts)
    ada.context.set_offline(True)
    expect(ada.page.locator('.connection')).to_have_attribute('data-status', 'waiting')
    take_out(ada, 'two')
    rewrite(ada, 'four', 'four, by Ada')
    say(ada, 'six')
    take_out(bob, 'three')
    take_out(bob, 'one')
    say(bob, 'seven')
    assert messages(bob) == ['two', 'four', 'five', 'seven']
    ada.context.set_offline(False)
    expected = ['four, by Ada', 'five', 'seven', 'six']
    see((ada, bob), expected)
    kept = json.loads(redis_clean.client.get('broadcast:chat') or b'null')
    assert [message['text'] for message in kept] == expected


def test_two_take_out_another_message_at_once(arrive: Arrive) -> None:
    """Neither has heard of the other: both messages are gone, and nothing else is."""
    ada, bob = join(arrive(), 'Ada'), join(arrive(), 'Bob')
    for number in range(12):
        say(ada, f'message {number}')
    left = [f'message {number}' for number in range(12)]
    see((ada, bob), left)
    for _ in range(3):
        mine, others = left[1], left[-2]
        take_out(ada, mine)
        take_out(bob, others)
        left = [text for text in left if text not in (mine, others)]
        see((ada, bob), left)
