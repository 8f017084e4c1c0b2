"""Tests for djng.relay.room: what is told of who is at a facility, and when."""

from __future__ import annotations

from djng.relay.room import LINGER, PEOPLE, Attendee, Room
from djng.state.steps import Attend

CHANNEL = 'broadcast:-/presence/chat'


def tab(name: str, key: str = 'mary', text: str = '{}') -> Attendee:
    """Return a socket."""
    return Attendee('chat', key, name, text)


def told(room: Room, life: float = 8.0) -> list[Attend]:
    """Return what a process tells now."""
    return room.steps('p', life, (5, 6))


def test_who_comes_is_told_once() -> None:
    """What is new is told, and from then on only that the process lives; the first time it says so."""
    room = Room('chat')
    room.enter(tab('a', text='{"name":"m"}'), 1)
    room.enter(tab('b', text='{"name":"M"}'), 2)
    assert room.is_due(0)
    assert told(room) == [Attend(CHANNEL, 'broadcast', 'p', 8, {'mary': '2 a,b {"name":"M"}'}, True, 5, 6)]
    assert told(room) == [Attend(CHANNEL, 'broadcast', 'p', 8, {}, False, 5, 6)]
    room.renew_at = 2
    assert not room.is_due(1)
    assert room.is_due(2)


def test_who_goes_lingers() -> None:
    """A tab that closes is told; who has none left stays for a while, and comes back as if nothing had been."""
    room = Room('chat')
    for name in 'ab':
        room.enter(tab(name), 1)
    told(room)
    room.leave(tab('a'), 10)
    assert told(room)[0].people == {'mary': '1 b {}'}
    room.leave(tab('b'), 10)
    assert told(room)[0].people == {'mary': '1  {}'}
    room.enter(tab('c'), 2)
    room.is_due(10 + LINGER)
    assert told(room)[0].people == {'mary': '2 c {}'}
    room.leave(tab('c'), 20)
    room.is_due(20 + LINGER)
    [last] = told(room)
    assert (last.people, last.life, bool(room)) == ({'mary': ''}, 0, False)


def test_two_sockets_of_one_tab() -> None:
    """A tab whose new socket opens before the old one is known to be closed is there all the time."""
    room = Room('chat')
    room.enter(tab('a'), 1)
    room.enter(tab('a'), 2)
    told(room)
    room.leave(tab('a'), 10)
    assert told(room)[0].people == {}
    assert not room.is_due(-1)


def test_many_are_told_in_several_steps() -> None:
    """Only the first step of them is the first one."""
    room = Room('chat')
    for n in range(PEOPLE + 1):
        room.enter(tab('a', f'p{n}'), 1)
    steps = told(room)
    assert [(len(step.people), step.is_first, step.life) for step in steps] == [(PEOPLE, True, 8), (1, False, 8)]
    for n in range(PEOPLE + 1):
        room.leave(tab('a', f'p{n}'), 10)
    room.is_due(10 + LINGER)
    assert [step.life for step in told(room)] == [8, 0]


def test_what_was_lost_or_refused() -> None:
    """What is not known is told anew, all of it; what could not be told, again and not at once."""
    room = Room('chat')
    for key in ('mary', 'bob'):
        room.enter(tab('a', key), 1)
    told(room)
    room.tell_anew()
    [step] = told(room)
    assert (set(step.people), step.is_first) == ({'mary', 'bob'}, True)
    room.tell_again({'bob': ''}, 30)
    assert not room.is_due(29)
    assert room.is_due(30)
    assert set(told(room)[0].people) == {'bob'}


def test_who_only_hears() -> None:
    """The list is looked at for them, and there is nothing to keep when they have gone."""
    room = Room('chat')
    room.hearers = 1
    assert told(room) == [Attend(CHANNEL, 'broadcast', least_epoch=5, least_version=6)]
    assert room
    room.hearers = 0
    assert not room
