"""Somebody who looks at the demo in a browser of their own."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, WebSocket, expect

from tests.browser.demo import Demo
from tests.servers import PATIENCE, eventually

THREEWAY = '/threeway_databinding/'

#: What the browser says of a server that is away.
LOST_CONNECTION = ('WebSocket connection to ', 'Failed to load resource: net::ERR_')

#: Draws rather short waits from the client's backoff: its longest would be half a minute. Not the shortest: Chromium
#: itself holds up a page that has failed to open a dozen sockets.
SHORT_WAITS = 'Math.random = () => 0.2;'

READ_FIELD = """
([form, name]) => {
  const controls = Array.from(document.querySelectorAll(`${form} [name="${name}"]`));
  const [first] = controls;
  switch (first && first.type) {
    case undefined: return null;
    case 'radio': return controls.filter(({checked}) => checked).map(({value}) => value).join();
    case 'checkbox': return first.value === 'on'
      ? first.checked : controls.filter(({checked}) => checked).map(({value}) => value);
    case 'select-multiple': return Array.from(first.selectedOptions, ({value}) => value);
    default: return first.value;
  }
}
"""


class Person:
    """A browser context with one page; ``complaints`` is all that should not have happened in it."""

    def __init__(self, demo: Demo, context: BrowserContext, *, knows_outages: bool = False) -> None:
        self.demo = demo
        self.context = context
        self.complaints: list[str] = []
        #: How an error in the console begins that is none, because the test takes the server away.
        self.forgiven: tuple[str, ...] = LOST_CONNECTION if knows_outages else ()
        context.set_default_timeout(PATIENCE * 1000)
        context.add_init_script(SHORT_WAITS)
        context.on('request', self._asked)
        context.on('page', self._watch)
        self.page = context.new_page()

    def _watch(self, page: Page) -> None:
        page.on('console', self._heard)
        page.on('pageerror', lambda error: self.complaints.append(f'error on the page: {error}'))
        page.on('websocket', self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == 'error' and not message.text.startswith(self.forgiven):
            self.complaints.append(f'in the console: {message.text}')

    def _asked(self, request: Request | WebSocket) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ('data', 'blob') and parts.hostname != '127.0.0.1':
            self.complaints.append(f'asked another host: {request.url}')

    def visit(self, path: str = THREEWAY) -> Person:
        """Go to a page of the demo; if it is the three-way one, wait until it is connected."""
        self.page.goto(self.demo.url(path))
        if path == THREEWAY:
            self.is_connected()
        return self

    def is_told(self, status: str) -> None:
        """Wait until the page shows this state of its connection."""
        expect(self.page.locator('.connection')).to_have_attribute('data-status', status)

    def is_connected(self) -> None:
        """Wait until the page says that it is connected."""
        self.is_told('open')
        expect(self.page.get_by_role('status')).to_have_text('Connected: what you enter appears everywhere.')

    def enter(self, name: str, value: Any) -> None:
        """Enter a value into a field as a person does, whatever kind of field it is."""
        field = self.page.locator(f'main form [name="{name}"]')
        kind = field.first.evaluate('control => control.type')
        if kind == 'radio':
            self.page.locator(f'main form [name="{name}"][value="{value}"]').check()
        elif isinstance(value, bool):
            field.set_checked(value)
        elif kind == 'checkbox':
            for box in field.all():
                box.set_checked(box.get_attribute('value') in value)
        elif kind.startswith('select'):
            field.select_option(value)
        else:
            field.fill(value)

    def type(self, name: str, text: str) -> None:
        """Type at the end of a text field, key by key."""
        field = self.page.locator(f'main form [name="{name}"]')
        field.press('End')
        field.press_sequentially(text)

    def shows(self, name: str) -> Any:
        """Return what a field shows: text, the values chosen, or whether it is ticked."""
        return self.page.evaluate(READ_FIELD, ['main form', name])

    def sees(self, name: str, value: Any) -> None:
        """Wait until a field shows ``value``."""
        self._until(lambda: self.shows(name) == value, f'{name} to be {value!r}')

    def scope(self) -> Any:
        """Return the object that is printed on the page."""
        text = self.page.locator('.scope code').text_content() or ''
        return json.loads(text.partition('=')[2])

    def has_scope(self, scope: Any) -> None:
        """Wait until ``scope`` is printed on the page."""
        self._until(lambda: self.scope() == scope, f'the scope to be {scope}')

    def _until(self, condition: Any, what: str) -> None:
        try:
            eventually(condition, what)
        except AssertionError as error:
            raise AssertionError(f'{error}; the scope is {self.scope()}') from None

    def leave(self) -> None:
        """Close the browser, after all that it has to complain of was heard."""
        for page in self.context.pages:
            try:
                page.evaluate('1')
            except Error as error:
                self.complaints.append(f'the page is gone: {error}')
        self.context.close()
