"""Two people in one form at once: nobody's letters disappear, and in the end all browsers show the same."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import Any

from tests.browser.conftest import Arrive
from tests.browser.person import Person
from tests.servers import Redis, eventually

#: Milliseconds for which each key is held down; with two people in turn, each types 10 keys/s.
HELD = 50

#: Notes whatever the page itself writes into a field, and whether an edit of its own was still on its way then.
WATCH = """
field => {
  const {get, set} = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value');
  window.written = [];
  Object.defineProperty(field, 'value', {
    get() { return get.call(this); },
    set(text) {
      window.written.push([get.call(this), text, field.classList.contains('djng-pending')]);
      set.call(this, text);
    },
  });
}
"""


def kept(redis: Redis) -> Any:
    """Return the collection as Redis keeps it."""
    return json.loads(redis.client.get('broadcast:subscribe_data') or b'null')


def watch(person: Person, name: str) -> None:
    """Note from now on what is written into a field other than by its user."""
    person.page.locator(f'main form [name="{name}"]').evaluate(WATCH)


def written(person: Person) -> list[tuple[str, str, bool]]:
    """Return what was noted: the text before, the text after, and whether an own edit was on its way."""
    return [tuple(entry) for entry in person.page.evaluate('window.written')]


def begin(person: Person, name: str) -> None:
    """Put the caret at the end of a field, and watch the field."""
    person.page.locator(f'main form [name="{name}"]').press('End')
    watch(person, name)


def agree(redis: Redis, *people: Person) -> Any:
    """Wait until all show the same as Redis keeps; return it."""
    eventually(lambda: len({json.dumps(x, sort_keys=True) for x in [kept(redis), *(p.scope() for p in people)]}) == 1)
    return kept(redis)


def test_two_fields_at_once(arrive: Arrive, redis_clean: Redis) -> None:
    """Two people type into different fields, ten keys a second each: both have both texts, and so has a third one."""
    ada, bob = arrive().visit(), arrive().visit()
    texts = {'first_name': 'Augusta Ada King-Noel', 'last_name': 'Countess of Lovelace'}
    begin(ada, 'first_name')
    begin(bob, 'last_name')
    typed = dict.fromkeys(texts, '')
    for keys in zip_longest(*texts.values(), fillvalue=''):
        for person, name, key in zip((ada, bob), texts, keys, strict=True):
            if key:
                person.page.keyboard.press(key, delay=HELD)
                typed[name] += key
            assert person.shows(name) == typed[name]
    state = agree(redis_clean, ada, bob)
    assert {name: state[name] for name in texts} == texts
    eve = arrive().visit()
    eve.has_scope(state)
    assert written(ada) == written(bob) == []


def test_one_field_at_once(arrive: Arrive, redis_clean: Redis) -> None:
    """Two people type into the same field: no letter on its way is taken back, and both end with one text."""
    ada, bob = arrive().visit(), arrive().visit()
    for person in (ada, bob):
        begin(person, 'first_name')
    for a, b in zip('abcdefghijklmnopqrst', 'ABCDEFGHIJKLMNOPQRST', strict=True):
        ada.page.keyboard.press(a, delay=HELD)
        bob.page.keyboard.press(b, delay=HELD)
    agree(redis_clean, ada, bob)
    assert ada.shows('first_name') == bob.shows('first_name') != ''
    for person in (ada, bob):
        assert [entry for entry in written(person) if entry[2]] == []


def test_caret_keeps_its_place(arrive: Arrive) -> None:
    """Somebody else changes the field in which the caret stands: it stays where it was."""
    ada, bob = arrive().visit(), arrive().visit()
    ada.enter('notes', 'one two three')
    bob.sees('notes', 'one two three')
    field = bob.page.locator('main form [name="notes"]')
    field.evaluate('field => { field.focus(); field.setSelectionRange(3, 7); }')
    ada.type('notes', ' four')
    bob.sees('notes', 'one two three four')
    assert field.evaluate('field => [field.selectionStart, field.selectionEnd]') == [3, 7]


def test_offline_and_back(arrive: Arrive, redis_clean: Redis) -> None:
    """One loses the network, types on, and comes back: what both typed is there, and no letter was taken back."""
    ada, bob = arrive(knows_outages=True).visit(), arrive().visit()
    begin(ada, 'first_name')
    ada.page.keyboard.type('Ada', delay=HELD)
    bob.sees('first_name', 'Ada')
    ada.context.set_offline(True)
    ada.page.keyboard.type(' King', delay=HELD)
    bob.type('last_name', 'Lovelace')
    ada.context.set_offline(False)
    ada.page.keyboard.type('-Noel', delay=HELD)
    state = agree(redis_clean, ada, bob)
    assert (state['first_name'], state['last_name']) == ('Ada King-Noel', 'Lovelace')
    assert written(ada) == []


def test_what_others_change_and_what_waits_can_be_seen(arrive: Arrive) -> None:
    """A field that somebody else has just changed is marked for a while, and one whose change is on its way."""
    ada, bob = arrive(knows_outages=True).visit(), arrive().visit()

    def classes(person: Person, name: str) -> set[str]:
        return set(person.page.locator(f'main form [name="{name}"]').evaluate('field => [...field.classList]'))

    bob.enter('last_name', 'Lovelace')
    eventually(lambda: 'djng-remote' in classes(ada, 'last_name'), 'the mark of a remote change')
    assert 'djng-remote' not in classes(bob, 'last_name')
    eventually(lambda: 'djng-remote' not in classes(ada, 'last_name'), 'the end of the mark')
    ada.context.set_offline(True)
    ada.enter('first_name', 'Ada')
    eventually(lambda: 'djng-pending' in classes(ada, 'first_name'), 'the mark of what waits')
    ada.context.set_offline(False)
    eventually(lambda: 'djng-pending' not in classes(ada, 'first_name'), 'the end of the mark')
    bob.sees('first_name', 'Ada')
