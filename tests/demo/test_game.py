"""The referee of the demo's noughts and crosses, spoken to without the demo's page: /ws/game-…"""

from __future__ import annotations

import contextlib
import http.client
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.bound import Bound
from tests.browser.demo import Demo
from tests.servers import Redis
from tests.sockets import BOTH

GAME = 'tea-time'


class Guest(Bound):
    """Somebody who has seen the page of a game, and speaks to its facility; ``id`` is how the game knows them."""

    id = cookie = ''

    def sits(self, mark: str) -> Guest:
        """Sit down, and wait until that is so."""
        self.say({mark: self.id})
        self.hear_until(lambda guest: guest.value.get(mark) == self.id)
        return self

    def tries(self, **change: Any) -> Any:
        """Say a change, and return why it is refused; None where it is not."""
        errors = self.answer(self.say(change)).get('errors')
        return errors and errors['']

    def answer(self, s: int) -> Any:
        """Return what the server says of the own change with this number."""
        own = {None, self.hello['me']}
        self.hear_until(lambda guest: guest.last.get('s') == s and guest.last.get('o') in own)
        return self.last

    @property
    def last(self) -> Any:
        """What the last frame says of itself."""
        return self.frames[-1]['$$djng']


@pytest.fixture(scope='module')
def shared_demo(redis_server: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The module's demo, serving."""
    demo = Demo(redis_server.port, tmp_path_factory.mktemp('demo') / 'demo.sqlite3')
    demo.start()
    yield demo
    demo.kill()


Enter = Callable[..., Guest]


@pytest.fixture
def enter(shared_demo: Demo, redis_clean: Redis) -> Iterator[Enter]:
    """Call it for one more guest; with the headers of another one for a second tab of theirs."""
    with contextlib.ExitStack() as stack:

        def enter(cookie: str | None = None) -> Guest:
            address = f'127.0.0.1:{shared_demo.port}'
            headers = {'Cookie': cookie} if cookie else {}
            site = stack.enter_context(contextlib.closing(http.client.HTTPConnection(address)))
            site.request('GET', f'/game/{GAME}/', headers=headers)
            page = site.getresponse()
            cookie = cookie or str(page.headers['Set-Cookie']).partition(';')[0]
            found = re.search(r'data-me="(\w+)"', page.read().decode())
            assert found
            client_id = format(len(guests), '032x')
            url = f'ws://{address}/ws/game-{GAME}?{BOTH}&djng={client_id}'
            headers = {'Cookie': cookie, 'Origin': f'http://{address}'}
            guest = Guest(stack.enter_context(connect(url, additional_headers=headers, compression=None)))
            guest.id, guest.cookie = found[1], cookie
            guests.append(guest)
            guest.knows()
            return guest

        guests: list[Guest] = []
        yield enter


def test_move_and_what_follows_is_one_change(enter: Enter) -> None:
    """A move comes back to all with what follows from it, in one frame."""
    ada, bob = enter().sits('x'), enter().sits('o')
    assert ada.tries(moves=[4]) is None
    bob.hear_until(lambda guest: guest.value.get('moves') == [4])
    heard = {name: value for name, value in bob.frames[-1].items() if name != '$$djng'}
    assert heard == {'moves': [4], 'turn': 'o'}


def test_foreign_and_late_moves(enter: Enter) -> None:
    """Who watches, who is not next, who takes what is taken, and who is too late, is told so; nothing changes."""
    ada, bob, eve = enter().sits('x'), enter().sits('o'), enter()
    assert bob.tries(moves=[0]) == ['It is not your turn: X is next.']
    assert ada.tries(moves=[4]) is None
    assert eve.tries(moves=[4, 0]) == ['You are only watching.']
    assert bob.tries(moves=[4, 4]) == ['This field is taken.']
    assert bob.tries(moves=[3]) == ['Too late: the board has changed meanwhile.']
    bob.tell(sync=1)
    eve.tell(sync=1)
    for guest in (bob, eve):
        guest.hear_until(lambda guest: 'full' in guest.last)
        assert guest.value['moves'] == [4]


def test_nobody_says_who_has_won(enter: Enter) -> None:
    """What only follows from the moves cannot be written, by players neither."""
    ada = enter().sits('x')
    answer = ada.answer(ada.say({'winner': 'x', 'score': {'x': 99, 'o': 0, 'drawn': 0}}))
    assert set(answer['errors']) == {'winner', 'score'}


def test_seat_belongs_to_the_session(enter: Enter) -> None:
    """A second tab has the seat of the first; somebody else has not, whoever they say they are."""
    ada, bob = enter().sits('x'), enter().sits('o')
    again = enter(ada.cookie)
    assert again.id == ada.id != bob.id
    assert again.tries(moves=[4]) is None
    assert bob.tries(x=None) == ['This seat is not yours.']
    assert again.tries(x=None) is None
    assert bob.tries(x=ada.id) == ['Sit down for yourself only.']


def test_seat_taken_at_the_same_instant(enter: Enter) -> None:
    """Of several who sit down at once, one does; all others are told."""
    guests = [enter() for _ in range(8)]
    answers = at_once([partial(guest.tries, x=guest.id) for guest in guests])
    assert sorted(map(str, answers)) == sorted(['None', *["['Somebody else plays X already.']"] * 7])


def test_moves_of_the_same_instant(enter: Enter) -> None:
    """Of what both players, and second tabs of theirs, say at once, one move counts, each time."""
    ada, bob = enter().sits('x'), enter().sits('o')
    tabs = [ada, bob, *(enter(guest.cookie) for guest in (ada, bob) for _ in range(2))]
    for taken in range(4):
        before = ada.value.get('moves', [])
        assert len(before) == taken
        free = [field for field in (4, 0, 2, 1, 7, 6, 3, 5, 8) if field not in before]
        answers = at_once([partial(tab.tries, moves=[*before, free[n]]) for n, tab in enumerate(tabs)])
        assert answers.count(None) == 1, answers
        refusals = {answer[0].partition(':')[0] for answer in answers if answer}
        assert refusals <= {'It is not your turn', 'Too late'}
        for tab in tabs:
            tab.hear_until(partial(has_moves, taken + 1))
            assert tab.value['moves'] == ada.value['moves']


def has_moves(number: int, guest: Guest) -> bool:
    """Whether somebody knows of that many moves."""
    return len(guest.value.get('moves', [])) == number


def at_once(tries: list[Callable[[], Any]]) -> list[Any]:
    """Call all of ``tries`` at the same instant, and return what each returns."""
    answers: list[Any] = [...] * len(tries)
    gate = threading.Barrier(len(tries))

    def go(number: int) -> None:
        gate.wait()
        answers[number] = tries[number]()

    threads = [threading.Thread(target=go, args=(number,)) for number in range(len(tries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
