"""Browsers in Django's test cases."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from unittest import TestResult

from django.test import LiveServerTestCase

from djng.test.binding import Binding
from djng.test.browsers import Browsers
from djng.test.server import SocketServerThread


class BindingMixin:
    """Makes one of a :class:`~django.test.LiveServerTestCase`, or what is derived from it, in which browsers are bound.

    Each test has a relay, and a place in Redis, of its own.
    """

    server_thread_class = SocketServerThread
    #: Seconds that anything is waited for; an attribute of the class.
    patience = Browsers.patience
    #: What the methods below are done with.
    browsers: Browsers

    @classmethod
    def setUpClass(cls) -> None:
        """Refuse a class whose tests are transactions, or without a server."""
        if not issubclass(cls, LiveServerTestCase):
            raise TypeError(
                f'{cls.__name__} is made of a LiveServerTestCase, or one derived from it: '
                'what a TestCase writes is hidden from the relay.'
            )
        super().setUpClass()  # type: ignore[misc]

    def run(self, result: TestResult | None = None) -> TestResult | None:
        """Run the test among browsers; where these cannot be had, it is in error."""
        case: Any = self
        result = case.defaultTestResult() if result is None else result
        browsers = Browsers(case.server_thread)
        browsers.patience = self.patience
        try:
            browsers.__enter__()
        except Exception:
            result.startTest(case)
            result.addError(case, sys.exc_info())
            result.stopTest(case)
            return result
        self.browsers = browsers
        try:
            ran: TestResult | None = super().run(result)  # type: ignore[misc]
            return ran
        finally:
            try:
                browsers.__exit__()
            except Exception:
                result.addError(case, sys.exc_info())

    def bind(self, facility: str, *arguments: Any, **more: Any) -> Any:
        """Open another browser, and bind it; see :meth:`Browsers.bind`."""
        return self.browsers.bind(facility, *arguments, **more)

    def assert_converged(self, *bindings: Binding[Any], patience: float | None = None) -> None:
        """Wait until all browsers, or these, show the same as Redis; see :meth:`Browsers.assert_converged`."""
        self.browsers.assert_converged(*bindings, patience=patience)

    def run_receivers(self) -> int:
        """Call the receivers of djng's signals for all that has happened; see :meth:`Browsers.run_receivers`."""
        return self.browsers.run_receivers()

    def wait_until(self, condition: Callable[[], object], what: str = 'the condition') -> None:
        """Wait until ``condition()`` is true; see :meth:`Browsers.wait_until`."""
        self.browsers.wait_until(condition, what)


class BindingTestCase(BindingMixin, LiveServerTestCase):
    """A test case with simulated browsers; ``live_server_url`` serves the project's pages for a real one."""
