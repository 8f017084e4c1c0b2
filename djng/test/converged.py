"""Whether all browsers show the same, which is what Redis has; and who shows what where they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from djng.channels import audience_of
from djng.collection.values import texts_of
from djng.redis_store import label
from djng.speaking import run
from djng.state.merge import Collection, dump
from djng.state.steps import Kept, Snapshot
from djng.test.binding import Binding
from djng.test.heard import Position
from djng.test.layers import by_name

#: Characters of a collection that a message shows, and properties of which it tells the difference.
WIDTH, PROPERTIES = 300, 20


class Look(NamedTuple):
    """One browser at one moment."""

    name: str
    facility: str
    #: What keeps it from being at rest, in words; None where nothing does.
    trouble: str | None
    #: Whether that will not pass by itself.
    is_stuck: bool
    #: By its channels, where it is in their life, and what it knows them to hold.
    known: dict[str, tuple[Position | None, Collection]]
    shown: Collection
    #: What it should show, by its own rule.
    due: Collection


def look_at(binding: Binding[Any]) -> Look:
    """Look at a browser."""
    with binding.lock:
        browser = binding.browser
        trouble, is_stuck = _trouble(binding)
        known = {
            channel: (browser.position(label), browser.confirmed(label)) for label, channel in binding.channels.items()
        }
        return Look(binding.name, binding.facility, trouble, is_stuck, known, browser.scope.copy(), browser.due())


def _trouble(binding: Binding[Any]) -> tuple[str | None, bool]:
    browser, socket = binding.browser, binding.socket
    edited = ', '.join(dump(list(change.push)) if change.push else dump(change.set) for change in browser.overlay)
    if socket.error:
        return f'could not read what the server said: {socket.error!r}', True
    if socket.refusal:
        return f'was turned out: {socket.refusal}', True
    if not socket.is_open:
        return ('has lost its socket', False) if socket.comes_back else ('is cut off: heal() it', True)
    if not browser.is_ready or binding.channels.keys() != {*browser.subscribed}:
        return 'waits for the snapshot', False
    if browser.is_quiet:
        return None, False
    if browser.published:
        return f'waits for an answer to {edited}', False
    return f'may not publish, and has edited {edited}', True


def kept_on(channels: Iterable[str]) -> dict[str, Kept]:
    """Return what Redis has on ``channels``."""
    names = [*channels]
    outcomes: list[Any] = run([Snapshot(name, label(name)) for name in names])
    return dict(zip(names, outcomes, strict=True))


def faults(looks: Sequence[Look], kept: Mapping[str, Kept]) -> list[str]:
    """Return in words what keeps these browsers from showing the same as Redis; nothing where they do."""
    told = [f'{look.name} {look.trouble}' for look in looks if look.trouble]
    for channel, there in kept.items():
        texts, here = texts_of(there), Position(there.e, there.v)
        for look in looks:
            if channel not in look.known:
                continue
            position, known = look.known[channel]
            if (known or {}) != (texts or {}):
                told.append(
                    f'{look.name} does not have what Redis has for {_whom(channel)}: {_difference(known, texts)}'
                )
            elif position != here:
                told.append(f'{look.name} knows {_place(position)} for {_whom(channel)}, Redis has {_place(here)}')
    told += [
        f'{look.name} does not show what it has: {_difference(look.shown, look.due)}'
        for look in looks
        if not look.trouble and (look.shown or {}) != (look.due or {})
    ]
    return told


def report(looks: Sequence[Look], kept: Mapping[str, Kept]) -> str:
    """Return who shows what, a line for each."""
    lines = []
    for facility in dict.fromkeys(look.facility for look in looks):
        there = {channel: each for channel, each in kept.items() if audience_of(channel).facility == facility}
        rows = [(f'Redis for {_whom(channel)}', f'version {each.v}', texts_of(each)) for channel, each in there.items()]
        rows += [(look.name, _versions(look), look.shown) for look in looks if look.facility == facility]
        width = max(len(who) for who, _, _ in rows)
        lines.append(f'{facility!r}:')
        lines += [f'    {who:{width}}  {version:11}  {_short(dump(texts))}' for who, version, texts in rows]
    return '\n'.join(lines)


def _whom(channel: str) -> str:
    audience, name, _ = audience_of(channel)
    return audience if name is None else f'{audience} {name}'


def _versions(look: Look) -> str:
    known = [str(position.version) for position, _ in look.known.values() if position]
    return f'version {"+".join(known)}' if known else 'no version'


def _place(position: Position | None) -> str:
    return 'no version' if position is None else f'version {position.version} of epoch {position.epoch}'


def _difference(mine: Collection, theirs: Collection) -> str:
    """Return which entries are not the same; ``theirs`` is what they should be."""
    one, other = by_name(mine), by_name(theirs)
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    told = [f'{name} is {_value(one, name)} instead of {_value(other, name)}' for name in names[:PROPERTIES]]
    more = [f'and {len(names) - PROPERTIES} more'] if len(names) > PROPERTIES else []
    return ', '.join([*told, *more]) or f'{_short(dump(mine))} instead of {_short(dump(theirs))}'


def _value(texts: Mapping[str, str], name: str) -> str:
    return _short(texts[name]) if name in texts else 'missing'


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f'{text[:WIDTH]}…'
