"""What of a frame, and of a whole collection, is left for who may read only some of the properties; pure, on texts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from djng.state.frame import ABOUT
from djng.state.merge import name_text
from djng.state.reading import NotJSON, decode, object_members
from djng.state.steps import Kept

#: What is told of a change besides its properties: where it belongs, and whose it is. Neither the digest of a foreign
#: text, from which the text could be guessed, nor the length of an array.
_TOLD = ('c', 'e', 'v', 'o', 's')


def change_for(message: bytes, names: frozenset[str]) -> bytes | None:
    """Return what the script has published, with the properties in ``names`` alone; None for what is no JSON.

    Where nothing is left, and of an array always, it tells that there was a change, so that no version is missing.
    """
    try:
        about, shown = '{}', []
        for name, text, _ in object_members(message.decode()):
            if name == ABOUT:
                about = text
            elif name in names:
                shown.append(f'{name_text(name)}:{text}')
        told = {name: text for name, text, _ in object_members(about)}
        gone = [] if 'n' in told else [name for name in decode(told.get('del', '[]')) if name in names]
    except (NotJSON, UnicodeDecodeError):
        return None
    tail = [f'"{name}":{told[name]}' for name in _TOLD if name in told]
    if gone:
        tail.append(f'"del":[{",".join(map(name_text, gone))}]')
    if 'n' in told:
        shown = []
    return _object([*shown, f'"{ABOUT}":{_object(tail)}']).encode()


def kept_for(kept: Kept, names: frozenset[str]) -> Kept:
    """Return what is kept, with the properties in ``names`` alone: an array, which is seen as a whole, has none."""
    shown = []
    if kept.kind == 'object' and kept.text is not None:
        # What is no JSON is another program's, and nobody knows what it tells.
        with contextlib.suppress(NotJSON, UnicodeDecodeError):
            members = object_members(kept.text.decode())
            shown = [f'{name_text(name)}:{text}' for name, text, _ in members if name in names]
    return kept._replace(kind='object' if shown else None, n=len(shown), text=_object(shown).encode())


def errors_for(errors: dict[str, list[str]], names: frozenset[str], said: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return what is wrong with a change, for its author who has ``said`` so much: nothing of what is not seen."""
    seen = {'', *said}
    return {name: reasons for name, reasons in errors.items() if name in names or name in seen}


def _object(members: Iterable[str]) -> str:
    return f'{{{",".join(members)}}}'
