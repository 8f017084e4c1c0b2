"""The rules of noughts and crosses: who may do what to a game, and what becomes of it."""

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]

#: A game that nobody has touched: the fields, from 0 to 8, in the order in which they were taken; who sits where, who
#: begins, who is next, who has won (`nobody` where it is drawn), with which line, and what came of the games before.
NEW = {
    'moves': [],
    'x': None,
    'o': None,
    'first': 'x',
    'turn': 'x',
    'winner': None,
    'line': None,
    'score': {'x': 0, 'o': 0, 'drawn': 0},
}

#: What players say; the rest follows from it.
SAID = ('x', 'o', 'moves')


class Refused(Exception):
    """Why something may not be done."""


def decide(before, after, player):
    """Return the game that comes of what `player` says: it is `before`, and is to be `after`.

    A move adds a field to `moves`, a rematch empties them; `x` and `o` are who sits there, or None. Raises Refused.
    """
    if player is None:
        raise Refused('Your browser keeps no cookies: nobody would know you again.')
    game = {**NEW, **before}
    for mark in 'xo':
        if after.get(mark) != game[mark]:
            take_seat(game, mark, after.get(mark), player)
    known = before.get('moves', [])
    moves = after.get('moves', known)
    if moves != known:
        begin_again(game, player) if moves == [] else move(game, moves, player)
    return game


def take_seat(game, mark, who, player):
    if who is None and game[mark] == player:
        game['score'] = NEW['score']
        if game[other(mark)] is None:
            # Whoever comes next begins with an empty board.
            game.update(follow('x', []))
    elif who != player:
        raise Refused('Sit down for yourself only.' if who else 'This seat is not yours.')
    elif game[mark] is not None:
        raise Refused(f'Somebody else plays {mark.upper()} already.')
    elif game[other(mark)] == player:
        raise Refused(f'You play {other(mark).upper()} already.')
    game[mark] = who


def begin_again(game, player):
    if player not in (game['x'], game['o']):
        raise Refused('You are only watching.')
    if not game['winner']:
        raise Refused('The game is not over yet.')
    game.update(follow(other(game['first']), []))


def move(game, moves, player):
    if player not in (game['x'], game['o']):
        raise Refused('You are only watching.')
    if not (isinstance(moves, list) and moves and all(type(field) is int and 0 <= field <= 8 for field in moves)):
        raise Refused('This is no move.')
    if game['winner']:
        raise Refused('The game is over.')
    if moves[: len(game['moves'])] != game['moves']:
        raise Refused('Too late: the board has changed meanwhile.')
    if len(moves) > len(game['moves']) + 1:
        raise Refused('One move at a time.')
    turn = game['turn']
    if not (game['x'] and game['o']):
        raise Refused(f'Nobody plays {"O" if game["x"] else "X"} yet.')
    if game[turn] != player:
        raise Refused(f'It is not your turn: {turn.upper()} is next.')
    if moves[-1] in game['moves']:
        raise Refused('This field is taken.')
    game.update(follow(game['first'], moves))
    if game['winner']:
        result = 'drawn' if game['winner'] == 'nobody' else game['winner']
        game['score'] = {**game['score'], result: game['score'][result] + 1}


def follow(first, moves):
    """Return what follows from the `moves` of a game that the mark `first` has begun."""
    taken = {first: set(moves[::2]), other(first): set(moves[1::2])}
    won = [(mark, line) for mark in taken for line in LINES if taken[mark].issuperset(line)]
    winner = won[0][0] if won else 'nobody' if len(moves) == 9 else None
    return {
        'moves': moves,
        'first': first,
        'turn': None if winner else [first, other(first)][len(moves) % 2],
        'winner': winner,
        # Two at once, where the last field completes both.
        'line': [list(line) for _, line in won] or None,
    }


def other(mark):
    return 'o' if mark == 'x' else 'x'
