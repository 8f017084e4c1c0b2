"""What a message on a channel is: one that the script published says so by its end, all others are foreign."""

from __future__ import annotations

import re
from typing import NamedTuple

from djng.state.merge import Kind

# The script writes these members, in this order and without white space, behind all else. The last one counts: what
# stands before it is an author's, what stands within a string has a backslash before each of its quotation marks, and
# what stands deeper has more braces behind it.
_START = b'"$$djng":{"c":'
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_ABOUT = re.compile(
    rb'"\$\$djng":\{"c":'
    + _STRING
    + rb',"e":(\d+),"v":(\d+)(,"n":\d+)?(?:,"t":(\d+),"f":"([0-9a-f]{40})")?'
    + rb'(?:,"o":"([0-9a-f]+)"|,"o":'
    + _STRING
    + rb')?(?:,"s":(\d+))?(?:,"del":\[(?:'
    + _STRING
    + rb',?)*\])?\}\}'
)


class Heard(NamedTuple):
    """A message that the script published: for bound sockets as it is."""

    e: int
    #: 0 where a foreign text changed nothing: no browser may take that for the next change.
    v: int
    kind: Kind
    #: How many foreign texts are taken in by now, and the SHA-1 of this one, which plain sockets have had as it came;
    #: None where the message stems from no foreign text.
    t: int | None
    f: str | None
    #: What plain sockets are to be sent; None for what they have had, and for an array's change, of which they need
    #: all items.
    plain: bytes | None
    #: The author's public name, and the number of the change; None where it has none.
    author: bytes | None = None
    s: int | None = None


def heard(message: bytes) -> Heard | None:
    """Return what ``message`` says about itself, None for a foreign one."""
    if not message.endswith(b'}}'):
        return None
    at = message.rfind(_START)
    about = _ABOUT.fullmatch(message, at) if at >= 0 else None
    if about is None:
        return None
    kind: Kind = 'array' if about[3] else 'object'
    plain = None
    if kind == 'object' and about[4] is None:
        plain = message[:at].removesuffix(b',') + b'}'
    return Heard(
        int(about[1]),
        int(about[2]),
        kind,
        None if about[4] is None else int(about[4]),
        None if about[5] is None else about[5].decode(),
        plain,
        about[6],
        None if about[7] is None else int(about[7]),
    )
