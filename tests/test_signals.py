"""Signals whose senders are facilities, and what is logged because somebody listens."""

from __future__ import annotations

from typing import Any

from djng import signals


def test_a_sender_is_a_name() -> None:
    """Receivers for a facility are found by its name, not by which string that is; others are not asked to log."""
    calls = []

    def receive(sender: str, **kwargs: Any) -> None:
        calls.append(sender)

    name = '-'.join(['auction', '5'])
    signals.collection_changed.connect(receive, sender=name)
    signals.collection_changed.send('-'.join(['auction', '5']))
    signals.collection_changed.send('auction-6')
    assert calls == ['auction-5']
    assert signals.change_log('broadcast:auction-5') is not None
    assert signals.change_log('user:mary:auction-5') is not None
    assert signals.change_log('broadcast:auction-6') is None
    assert signals.collection_changed.disconnect(receive, sender='-'.join(['auction', '5']))
    assert signals.change_log('broadcast:auction-5') is None


def test_what_a_receiver_changes_is_known() -> None:
    """Within a receiver the log is told how long the chain of changes is, and only there."""

    def receive(**kwargs: Any) -> None:
        pass

    def depth() -> int:
        log = signals.change_log('broadcast:scores')
        assert log is not None
        return log.depth

    signals.collection_changed.connect(receive)
    assert depth() == 0
    with signals.receiving(0):
        assert depth() == 1
        with signals.receiving(4):
            assert depth() == 5
    assert depth() == 0
    signals.collection_changed.disconnect(receive)


def test_sockets_are_logged_for_either_signal() -> None:
    """Who wants to know that a socket closes needs to know that it was opened."""

    def receive(**kwargs: Any) -> None:
        pass

    assert signals.socket_log('scores') is None
    for signal in (signals.socket_opened, signals.socket_closed):
        signal.connect(receive, sender='scores')
        assert signals.is_listened_to()
        assert signals.socket_log('scores') is not None
        assert signals.socket_log('others') is None
        signal.disconnect(receive, sender='scores')
    assert not signals.is_listened_to()
