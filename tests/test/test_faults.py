"""What a page tells of changes that were refused, until it is mended."""

from __future__ import annotations

from djng.test.faults import Faults

WRONG = ['It is wrong.']


def test_a_property_is_mended() -> None:
    """What was wrong about a property is past when it changes, by whomever; the rest is told on."""
    faults = Faults()
    faults.blame(['home'], {'home': WRONG})
    faults.blame(['away'], {'away': WRONG})
    faults.pardon(['other'])
    assert faults.errors == {'home': WRONG, 'away': WRONG}
    faults.pardon(['home'])
    assert faults.errors == {'away': WRONG}


def test_one_that_was_not_touched() -> None:
    """Where a property is to blame that the change did not touch, that is past when either changes."""
    for mended in ('first', 'last'):
        faults = Faults()
        faults.blame(['first'], {'last': WRONG})
        faults.pardon([mended])
        assert faults.errors == {}


def test_the_whole() -> None:
    """What concerns no property is past with the next edit of any."""
    faults = Faults()
    faults.blame(['home'], {'': WRONG})
    faults.pardon(['away'])
    assert faults.errors == {'': WRONG}
    faults.pardon(['', 'away'])
    assert faults.errors == {}


def test_blamed_twice() -> None:
    """What two changes are to blame for stands until both are mended."""
    faults = Faults()
    faults.blame(['first'], {'last': WRONG})
    faults.blame(['other'], {'last': ['Another reason.']})
    faults.pardon(['first'])
    assert faults.errors == {'last': ['Another reason.']}
    faults.pardon(['other'])
    assert faults.errors == {}
