"""Tests for edit() and transact(): several changes as one, made from what is still so."""

from __future__ import annotations

import threading

import pytest

from djng.collection import Collection, Conflict, DictCollection, ListCollection
from tests.state.conftest import Ear


def test_edit_is_one_change(scores: DictCollection, ear: Ear) -> None:
    """What a block has changed is published as one change, also what it has changed inside of a value."""
    scores.update(home=1, away=[1], of='cup', left='x')
    ear.messages()
    with scores.edit() as state:
        state['home'] += 1
        state['away'].append(2)
        state['new'] = {}
        del state['of']
        state['left'] = state['left'].lower()
        assert (state == {'home': 2, 'away': [1, 2], 'new': {}, 'left': 'x'}) is True
        assert 'of' not in state
        assert repr(state) == "{'home': 2, 'away': [1, 2], 'left': 'x', 'new': {}}"
        assert scores['home'] == 1
    [message] = ear.messages()
    assert message.startswith(b'{"home":2,"away":[1,2],"new":{},"$$djng":{')
    assert message.endswith(b',"del":["of"]}}')


def test_edit_that_changes_nothing(scores: DictCollection, chat: ListCollection, ear: Ear) -> None:
    """Who only reads publishes nothing, whatever others do meanwhile."""
    scores.update(home=1.0)
    chat.append(1)
    ear.messages()
    with scores.edit() as state, chat.edit() as messages:
        assert (state['home'], state.get('none'), list(state)) == (1, None, ['home'])
        state['home'] = 1.0
        messages.insert(0, messages.pop())
        scores['away'] = chat.append(2)
        ear.messages()
    assert ear.messages() == []


def test_edit_that_raises(scores: DictCollection) -> None:
    """Where the block raises nothing is written; a value that is no JSON raises at its end."""
    with pytest.raises(ZeroDivisionError):
        with scores.edit() as state:
            state['home'] = 1
            state['away'] = 1 / 0
    with pytest.raises(TypeError):
        with scores.edit() as state:
            state.update(home=1, away=object())
    with pytest.raises(KeyError):
        with scores.edit() as state:
            state['home'] = 1
            del state['none']
    assert scores == {}


def test_unread_properties_may_change(scores: DictCollection) -> None:
    """What the block has not read may change meanwhile, also what it sets itself, and what others set stays."""
    scores.update(home=1, away=1)
    with scores.edit() as state:
        state['home'] += 1
        state['of'] = 'cup'
        scores.update(away=5, of='league', new=1)
    assert scores == {'home': 2, 'away': 5, 'of': 'cup', 'new': 1}


@pytest.mark.parametrize('name', ['home', 'of'])
def test_read_properties_may_not_change(scores: DictCollection, name: str) -> None:
    """A property that was read, or that was looked for, and is another now: a conflict, and nothing is written."""
    scores.update(home=1, away=1)
    with pytest.raises(Conflict, match=r'broadcast:scores has changed while it was edited.*transact'):
        with scores.edit() as state:
            state['away'] = 3
            if 'of' not in state:
                state['home'] = state['home'] + 1
            scores[name] = 9
    assert scores['away'] == 1


def test_read_names(scores: DictCollection) -> None:
    """Who has asked which properties there are, and no more, does not mind other values, but other names."""
    scores.update(a=1, b=2)
    with scores.edit() as state:
        state['count'] = len(state)
        scores['a'] = 7
    assert scores == {'a': 7, 'b': 2, 'count': 2}
    with pytest.raises(Conflict):
        with scores.edit() as state:
            state['count'] = len(state)
            scores['c'] = 3
    assert scores['count'] == 2


def test_edit_of_a_lost_collection(scores: DictCollection, spoken_to: object) -> None:
    """What was read from a collection that is lost meanwhile, is not so any more; what was not there still is not."""
    scores['home'] = 1
    with pytest.raises(Conflict):
        with scores.edit() as state:
            state['home'] += 1
            scores.clear()
    with scores.edit() as state:
        state['home'] = state.get('home', 0) + len(state) + 1
    assert scores == {'home': 1}


def test_edit_of_a_list(chat: ListCollection, ear: Ear) -> None:
    """An array is edited like a list, as one change."""
    chat.extend(['b', 'a', 'd', {'n': 1}])
    ear.messages()
    with chat.edit() as messages:
        messages.append('e')
        messages.sort(key=str)
        messages[-1]['n'] = 2
        messages.insert(0, messages.pop(1))
        messages.extend(['f', 'g'])
        messages.remove('g')
        del messages[1]
        assert messages == ['b', 'd', 'e', {'n': 2}, 'f']
        assert repr(messages) == "['b', 'd', 'e', {'n': 2}, 'f']"
    assert chat == ['b', 'd', 'e', {'n': 2}, 'f']
    [message] = ear.messages()
    assert message.startswith(b'{"1":"d","2":"e","3":{"n":2},"4":"f","$$djng":{')
    with chat.edit() as messages:
        messages.clear()
    assert chat == []


def test_who_appends_minds_nobody(chat: ListCollection) -> None:
    """Who only appends has no conflict with those who append, too; who has looked at the items has."""
    with chat.edit() as messages:
        messages.append('a')
        chat.append('first')
        messages.extend(['b'])
    assert chat == ['first', 'a', 'b']
    with pytest.raises(Conflict):
        with chat.edit() as messages:
            messages.append(len(messages))
            chat.append('c')
    assert chat == ['first', 'a', 'b', 'c']


def test_transact(scores: DictCollection) -> None:
    """A function is called again where others were first, and its result returned."""
    scores.update(home=1)
    calls = []

    def double(state: object) -> int:
        calls.append(state['home'])  # type: ignore[index]
        if len(calls) < 3:
            scores['home'] = 10 * len(calls)
        state['home'] = 2 * state['home']  # type: ignore[index]
        return 7

    assert scores.transact(double) == 7
    assert (calls, scores['home']) == ([1, 10, 20], 40)


def test_transact_gives_up(scores: DictCollection) -> None:
    """After so many attempts it is a conflict, and nothing is written."""
    calls = []

    def meet(state: object) -> None:
        calls.append(state.get('home'))  # type: ignore[attr-defined]
        state['away'] = scores.increment('home')  # type: ignore[index]

    with pytest.raises(Conflict):
        scores.transact(meet, attempts=4)
    assert (calls, dict(scores.items())) == ([None, 1, 2, 3], {'home': 4})


def test_moves_of_several(chat: ListCollection) -> None:
    """Four threads that turn and take items lose none and take none twice."""
    chat.extend(range(20))
    taken: list[int] = []

    def take() -> None:
        own = Collection('chat', broadcast=True, kind=list)
        for _ in range(5):
            taken.append(own.pop(0))
            own.append(f'after {taken[-1]}')

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(20))
    assert sorted(chat) == sorted(f'after {n}' for n in range(20))
