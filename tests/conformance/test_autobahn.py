"""djng's connection is a conforming WebSocket server endpoint."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conformance import run, shortcomings

#: Cases without a plain OK, by design: text that is no UTF-8 is noticed when its message is whole, not fragment by
#: fragment (6.4, where either is allowed); the others are informational whatever a server does: a close frame right
#: behind a large message, and close codes that RFC 6455 leaves undefined.
BY_DESIGN = {'6.4.1', '6.4.2', '6.4.3', '6.4.4', '7.1.6', '7.13.1', '7.13.2'}


def what_fails(results: list[Any]) -> list[str]:
    """Return the lines of the ``results`` that are not as they should be."""
    allowed = tuple(f'{case}: ' for case in BY_DESIGN)
    failed = {result.case_id for result in results if not result.passed}
    return [line for line in shortcomings(results) if not line.startswith(allowed) or line.partition(':')[0] in failed]


# The compression cases leave the files open that they read.
@pytest.mark.filterwarnings('ignore:unclosed file:ResourceWarning')
@pytest.mark.filterwarnings('ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning')
@pytest.mark.parametrize(
    ('patterns', 'count'),
    [
        pytest.param(['1.*'], 16, id='framing'),
        pytest.param(['2.*'], 11, id='pings'),
        pytest.param(['3.*'], 7, id='reserved bits'),
        pytest.param(['4.*'], 10, id='opcodes'),
        pytest.param(['5.*'], 20, id='fragmentation'),
        pytest.param(['6.*'], 145, id='utf-8'),
        pytest.param(['7.*'], 37, id='closing'),
        pytest.param(['9.*'], 54, id='limits'),
        pytest.param(['10.*'], 1, id='pieces'),
        # A thousand messages each; above all of a kilobyte, from which on djng compresses.
        pytest.param([f'12.{n}.4' for n in range(1, 6)], 5, id='compression'),
        pytest.param([f'13.{n}.{size}' for n in range(1, 8) for size in (3, 4)], 14, id='ways to compress'),
    ],
)
def test_autobahn_cases_pass(patterns: list[str], count: int) -> None:
    """All cases of the group pass strictly, but for those that are otherwise by design."""
    results = asyncio.run(run(patterns))
    assert what_fails(results) == []
    assert len(results) == count
