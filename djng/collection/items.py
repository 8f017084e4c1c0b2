"""What was done to a list, item by item: which were set, taken out, put in and appended."""

from __future__ import annotations

from difflib import SequenceMatcher

from djng.state.merge import Change

#: Items between the first and the last difference up to which each finds its own again; beyond, they are told by index.
MOST_COMPARED = 300


def difference(before: list[str], after: list[str]) -> Change | None:
    """Return the change that makes an array of ``before`` one of ``after``, None where they are the same.

    What others edit meanwhile goes with its items, see :doc:`convergence`.
    """
    if before == after:
        return None
    shorter = min(len(before), len(after))
    start = next((index for index in range(shorter) if before[index] != after[index]), shorter)
    behind = next((n for n in range(shorter - start) if before[-1 - n] != after[-1 - n]), shorter - start)
    olds, news = before[start : len(before) - behind], after[start : len(after) - behind]
    if max(len(olds), len(news)) <= MOST_COMPARED:
        steps = [
            step[1:] for step in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes() if step[0] != 'equal'
        ]
    else:
        steps = [(0, len(olds), 0, len(news))]
    texts: dict[str, str] = {}
    gone: list[str] = []
    come: list[tuple[int, tuple[str, ...]]] = []
    push: tuple[str, ...] = ()
    for old, old_end, new, new_end in steps:
        same = min(old_end - old, new_end - new)
        texts |= {str(start + old + n): news[new + n] for n in range(same) if olds[old + n] != news[new + n]}
        gone += [str(start + index) for index in range(old + same, old_end)]
        if rest := tuple(news[new + same : new_end]):
            if start + old_end == len(before):
                push = rest
            else:
                come.append((start + old_end, rest))
    return Change('array', texts, tuple(gone), None, push, tuple(come))
