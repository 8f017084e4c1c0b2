"""The rules of the demo's noughts and crosses: ``demo/noughts.py``."""

from __future__ import annotations

from typing import Any

import pytest

from demo.noughts import NEW, Refused, decide

#: Two who play.
ADA, BOB, EVE = 'ada', 'bob', 'eve'


def seated(**more: Any) -> dict[str, Any]:
    """Return a game at which Ada plays X, and Bob O."""
    game = decide({}, {'x': ADA}, ADA)
    return {**decide(game, {**game, 'o': BOB}, BOB), **more}


def played(*moves: int) -> dict[str, Any]:
    """Return the game in which these fields were taken."""
    game = seated()
    for number, _ in enumerate(moves):
        game = decide(game, {**game, 'moves': [*moves[: number + 1]]}, (ADA, BOB)[number % 2])
    return game


def refused(before: dict[str, Any], player: str, **wanted: Any) -> str:
    """Return why somebody may not have it so; what was there is as it was."""
    copy = repr(before)
    with pytest.raises(Refused) as refusal:
        decide(before, {**before, **wanted}, player)
    assert repr(before) == copy
    return str(refusal.value)


def test_all_games() -> None:
    """Of the 5,478 positions that can be reached, 958 are ends: X has won 626, O 316, and 16 are drawn."""
    ends = {'x': 0, 'o': 0, 'nobody': 0}
    known = {(frozenset[int](), frozenset[int]())}
    todo: list[list[int]] = [[]]
    while todo:
        moves = todo.pop()
        game = played(*moves) if len(moves) < 2 else {**seated(), **decide_last(moves)}
        if game['winner']:
            ends[game['winner']] += 1
            assert game['turn'] is None
            continue
        assert game['turn'] == 'xo'[len(moves) % 2]
        for field in set(range(9)) - set(moves):
            further = [*moves, field]
            position = frozenset(further[::2]), frozenset(further[1::2])
            if position not in known:
                known.add(position)
                todo.append(further)
    assert len(known) == 5478
    assert ends == {'x': 626, 'o': 316, 'nobody': 16}


def decide_last(moves: list[int]) -> dict[str, Any]:
    """Return what comes of the last one of ``moves``."""
    before = seated(moves=moves[:-1], turn='xo'[(len(moves) - 1) % 2])
    result: dict[str, Any] = decide(before, {**before, 'moves': moves}, (ADA, BOB)[(len(moves) - 1) % 2])
    return result


def test_winner() -> None:
    """Who has three in a line has won, and the line is told; a last field may complete two."""
    game = played(0, 3, 1, 4, 2)
    assert (game['winner'], game['line'], game['turn']) == ('x', [[0, 1, 2]], None)
    assert game['score'] == {'x': 1, 'o': 0, 'drawn': 0}
    assert played(0, 1, 2, 3, 4, 5, 6)['line'] == [[2, 4, 6]]
    assert played(0, 1, 2, 3, 6, 5, 8, 7, 4)['line'] == [[0, 4, 8], [2, 4, 6]]


def test_draw() -> None:
    """A full board without a line is nobody's."""
    game = played(0, 1, 2, 4, 3, 5, 7, 6, 8)
    assert (game['winner'], game['line'], game['score']['drawn']) == ('nobody', None, 1)


def test_seats() -> None:
    """A free seat is taken by who sits down, for themselves, and once; nobody takes another's."""
    assert refused(seated(), EVE, x=EVE) == 'Somebody else plays X already.'
    assert refused(seated(), EVE, o=None) == 'This seat is not yours.'
    assert refused({}, EVE, x=ADA) == 'Sit down for yourself only.'
    assert refused(seated(o=None), ADA, o=ADA) == 'You play X already.'
    assert refused(seated(x=None), BOB, x=7) == 'Sit down for yourself only.'
    assert refused(seated(), BOB, x='') == 'This seat is not yours.'
    assert refused(seated(), BOB, x=[BOB]) == 'Sit down for yourself only.'


def test_seat_that_is_left() -> None:
    """Who stands up gives up the score; another may go on with the game, but where both have left it is a new one."""
    game = played(0, 4)
    game['score'] = {'x': 2, 'o': 1, 'drawn': 0}
    game = decide(game, {**game, 'x': None}, ADA)
    assert (game['x'], game['moves'], game['score']) == (None, [0, 4], NEW['score'])
    assert refused(game, BOB, moves=[0, 4, 8]) == 'Nobody plays X yet.'
    taken = decide(game, {**game, 'x': EVE}, EVE)
    assert decide(taken, {**taken, 'moves': [0, 4, 8]}, EVE)['turn'] == 'o'
    left = decide(game, {**game, 'o': None}, BOB)
    assert left == NEW


def test_seat_and_move_at_once() -> None:
    """Who has sat down and moved while there was no connection has done both."""
    game = seated(x=None)
    game = decide(game, {**game, 'x': EVE, 'moves': [4]}, EVE)
    assert (game['x'], game['moves'], game['turn']) == (EVE, [4], 'o')


def test_foreign_moves() -> None:
    """Who watches does not move, nor who is not next; nor anybody where one is missing."""
    assert refused(played(4), EVE, moves=[4, 0]) == 'You are only watching.'
    assert refused(played(4), ADA, moves=[4, 0]) == 'It is not your turn: O is next.'
    assert refused(seated(), BOB, moves=[4]) == 'It is not your turn: X is next.'
    assert refused(seated(o=None), ADA, moves=[4]) == 'Nobody plays O yet.'


def test_late_moves() -> None:
    """A move on a taken field, after the end, or on a board that has changed meanwhile comes too late."""
    assert refused(played(4), BOB, moves=[4, 4]) == 'This field is taken.'
    assert refused(played(0, 3, 1, 4, 2), BOB, moves=[0, 3, 1, 4, 2, 8]) == 'The game is over.'
    assert refused(played(4), BOB, moves=[0]) == 'Too late: the board has changed meanwhile.'
    assert refused(played(4, 0), ADA, moves=[3]) == 'Too late: the board has changed meanwhile.'
    # What was said before a rematch is no first move of the next game.
    again = played(0, 3, 1, 4, 2)
    again = decide(again, {**again, 'moves': []}, ADA)
    assert refused(again, BOB, moves=[0, 3, 1, 4, 8]) == 'One move at a time.'


@pytest.mark.parametrize('moves', [None, 4, 'x', {}, [9], [-1], [True], ['4'], [1.0], [[4]], [None]])
def test_nonsense(moves: Any) -> None:
    """What is no list of fields is refused."""
    assert refused(seated(), ADA, moves=moves) == 'This is no move.'


def test_somebody_without_a_session() -> None:
    """Whom nobody would know again neither sits down nor moves."""
    with pytest.raises(Refused, match='cookies'):
        decide({}, {'x': None, 'moves': [4]}, None)


def test_several_moves_at_once() -> None:
    """Nobody moves for the other one, too."""
    assert refused(seated(), ADA, moves=[0, 1, 2]) == 'One move at a time.'


def test_rematch() -> None:
    """When a game is over, one of the two begins again, and the other one has the first move."""
    assert refused(played(4), ADA, moves=[]) == 'The game is not over yet.'
    over = played(0, 3, 1, 4, 2)
    assert refused(over, EVE, moves=[]) == 'You are only watching.'
    again = decide(over, {**over, 'moves': []}, BOB)
    assert (again['moves'], again['turn'], again['winner'], again['line']) == ([], 'o', None, None)
    assert again['score'] == over['score']
    # The other one has pressed it at the same instant.
    assert decide(again, {**again, 'moves': []}, ADA) == again
    assert refused(again, ADA, moves=[4]) == 'It is not your turn: O is next.'
    assert decide(again, {**again, 'moves': [4]}, BOB)['turn'] == 'x'
