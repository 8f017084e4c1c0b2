"""How much one visitor may say."""

from __future__ import annotations

from djng.relay.allowance import Allowance


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    """The burst may be spent at once, what comes back by and by is the rate, and never more than the burst."""
    allowance = Allowance(100.0, messages=(10, 50), size=(1000, 1_000_000))
    assert all(allowance.spend(100.0, 1) for _ in range(50))
    assert not allowance.spend(100.0, 1)
    allowance = Allowance(100.0, messages=(10, 50), size=(1000, 1_000_000))
    assert all(allowance.spend(100.0, 1) for _ in range(50))
    assert all(allowance.spend(101.0, 1) for _ in range(10))
    assert not allowance.spend(101.0, 1)


def test_size_counts_too() -> None:
    """Few large messages spend the bytes."""
    allowance = Allowance(0.0, messages=(10, 50), size=(1000, 5000))
    assert allowance.spend(0.0, 5000)
    assert allowance.spend(2.0, 2000)
    assert not allowance.spend(2.0, 1)
