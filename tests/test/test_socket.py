"""A simulated browser's socket comes back as long as it may, and says why where it does not."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from djng import facilities
from djng.relay.admission import Refused
from djng.test import Browsers, NotConverged, SocketRefused
from djng.test.browser import Browser


def test_a_server_that_is_away_for_a_while(browsers: Browsers) -> None:
    """While the server lets nobody in for the moment, it is asked again, and what is edited waits."""
    mary = browsers.bind('scores')
    refused = []

    def admit(request: object) -> None:
        refused.append(request)
        raise Refused('busy', status=503, code=None)

    with patch.object(browsers.relay, 'admit', admit):
        facilities.revoke('scores')
        browsers.wait_until(lambda: len(refused) > 2, 'mary to try again')
        mary['home'] = 1
        assert mary.status == 'waiting'
        with pytest.raises(NotConverged, match='browser 1 has lost its socket'):
            browsers.assert_converged(patience=0.1)
    browsers.assert_converged()
    assert browsers.bind('scores') == {'home': 1}


def test_a_handshake_that_is_refused_for_good(browsers: Browsers) -> None:
    """Whoever is refused without a close code does not come back either."""
    mary = browsers.bind('scores')
    with patch.object(browsers.relay, 'admit', side_effect=Refused('no', status=403, code=None)):
        facilities.revoke('scores')
        browsers.wait_until(lambda: mary.status == 'closed', 'mary to give up')
        with pytest.raises(SocketRefused, match='403 Forbidden: no'):
            mary.heal()
    mary.heal()
    assert mary.status == 'open'
    mary['home'] = 1
    browsers.assert_converged()


def test_a_frame_that_cannot_be_read(browsers: Browsers) -> None:
    """What goes wrong while a frame is read is told where all are to converge, and where it is waited for."""
    mary, paul = browsers.bind('scores'), browsers.bind('scores')
    with patch.object(mary.browser, 'receive', side_effect=ZeroDivisionError('no')):
        paul['home'] = 1
        with pytest.raises(NotConverged, match='browser 1 could not read what the server said: ZeroDivisionError'):
            browsers.assert_converged()
    with pytest.raises(ZeroDivisionError):
        mary.heal()


def test_a_server_that_says_nothing(browsers: Browsers) -> None:
    """A browser that is told nothing by the server is not waited for without end."""
    browsers.patience = 0.1
    with patch.object(Browser, 'is_ready', False):
        with pytest.raises(NotConverged, match=r"waited 0\.1 s for browser 1 to be bound to 'scores'"):
            browsers.bind('scores')
    browsers.patience = 10
    browsers.assert_converged()


def test_cut_while_it_comes_back(browsers: Browsers) -> None:
    """A socket that was lost, and is then cut, stays away until it is healed."""
    mary = browsers.bind('scores')
    with patch.object(browsers.relay, 'admit', side_effect=Refused('busy', status=503, code=None)):
        facilities.revoke('scores')
        browsers.wait_until(lambda: mary.status == 'waiting', 'mary to be turned out')
        mary.cut()
    mary['home'] = 1
    with pytest.raises(NotConverged, match='cut off'):
        browsers.assert_converged()
    mary.heal()
    browsers.assert_converged()
