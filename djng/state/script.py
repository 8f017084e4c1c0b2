"""The script that Redis runs, put together from its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from djng.state.merge import MOST_ITEMS

#: Seconds that a client may be away and is still known to have made a change before.
CLIENT_MEMORY = 86400

_RULES = ['entries', 'edits', 'keeping', 'change', 'seeding', 'moving']
_STEPS = ['submit', 'relay', 'take', 'found', 'snapshot', 'renew', 'attend']


def _text(name: str) -> str:
    return Path(__file__).with_name(f'{name}.lua').read_text(encoding='utf-8')


# One script for all steps, so that Redis knows all of them or none: a step that has to load it is not overtaken.
SCRIPT = '\n'.join(
    [
        f'local MOST_ITEMS, CLIENT_MEMORY = {MOST_ITEMS}, {CLIENT_MEMORY}',
        *map(_text, _RULES),
        *(f"if ARGV[1] == '{step}' then\n{_text(step)}end" for step in _STEPS),
    ]
).encode()
SHA = hashlib.sha1(SCRIPT, usedforsecurity=False).hexdigest()
