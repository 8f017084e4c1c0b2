"""Browsers in a test: a relay of their own on a free port, a place of their own in Redis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, overload

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test import Client, modify_settings

from djng.test import converged
from djng.test.asking import address_of, cookies_of
from djng.test.binding import Binding
from djng.test.errors import NotConverged
from djng.test.mapping import DictBinding
from djng.test.place import own_place
from djng.test.receivers import run_receivers
from djng.test.sequence import ListBinding
from djng.test.server import SocketServerThread, live_server

if TYPE_CHECKING:
    from djng.test.relay import EndingRelay

#: What a browser hears and may write to, unless it is said.
CHANNELS = ('subscribe-broadcast', 'publish-broadcast')

#: Seconds between two looks whether something has come true: at first, and at the most.
LOOK_MIN, LOOK_MAX = 0.001, 0.02


class Browsers:
    """A context: while it is open browsers can be bound, and all that is published in this process is for them alone.

    ``thread`` is Django's live server where there is one, as started by :class:`~djng.test.BindingTestCase`; without it
    one is started. Other threads use the database, so the test must not be within a transaction. Raises
    :exc:`~djng.test.NoRedis` where Redis does not answer.
    """

    #: Seconds that anything is waited for.
    patience = 10.0

    def __init__(self, thread: SocketServerThread | None = None) -> None:
        self._thread = thread
        self._bindings: list[Binding[Any]] = []
        self._stack = ExitStack()
        self._address = ''
        self._shared: Mapping[str, Any] = {}
        self._relay: EndingRelay | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Browsers:
        with ExitStack() as stack:
            must_be_outside_of_transactions()
            stack.enter_context(own_place())
            thread: Any = self._thread or stack.enter_context(live_server())
            stack.enter_context(modify_settings(ALLOWED_HOSTS={'append': thread.host}))
            self._shared = thread.connections_override or {}
            stack.callback(self._end)
            thread.httpd.sockets = lambda *request: self.relay(*request)
            stack.callback(setattr, thread.httpd, 'sockets', None)
            stack.callback(self._leave)
            self._address = f'{thread.host}:{thread.port}'
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """Where the project's pages are served, for a real browser beside the simulated ones."""
        return f'http://{self._address}'

    @overload
    def bind(
        self,
        facility: str,
        channels: Sequence[str] = ...,
        *,
        kind: type[dict[str, Any]] = ...,
        initial: Mapping[str, Any] | None = ...,
        user: Any = ...,
        client: Any = ...,
        headers: Mapping[str, str] | None = ...,
        query: Mapping[str, str] | None = ...,
        name: str | None = ...,
    ) -> DictBinding: ...
    @overload
    def bind(
        self,
        facility: str,
        channels: Sequence[str] = ...,
        *,
        kind: type[list[Any]],
        initial: Sequence[Any] | None = ...,
        user: Any = ...,
        client: Any = ...,
        headers: Mapping[str, str] | None = ...,
        query: Mapping[str, str] | None = ...,
        name: str | None = ...,
    ) -> ListBinding: ...
    def bind(
        self,
        facility: str,
        channels: Sequence[str] = CHANNELS,
        *,
        kind: Any = None,
        initial: Any = None,
        user: Any = None,
        client: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> Any:
        """Open another browser, and bind it to ``facility``; returns when it is known what the server has.

        ``channels`` are those of the client's ``connect()``. ``kind`` is ``dict`` or ``list``, ``initial`` what the
        page's scope has before it is bound. Who asks is a ``user``, who is signed in; or a
        :class:`django.test.Client` with its session; or whom ``headers`` and the ``query`` of the address show;
        or nobody. ``name`` is what failing tests call it. Raises :exc:`~djng.test.SocketRefused`.
        """
        kind = kind or (list if isinstance(initial, (list, tuple)) else dict)
        classes: dict[Any, Any] = {dict: DictBinding, list: ListBinding}
        if kind not in classes:
            raise TypeError(f'a collection is a dict or a list, not {kind!r}')
        if initial is not None and isinstance(initial, Mapping) is not (kind is dict):
            raise TypeError(f'a scope that is a {kind.__name__} does not begin with {initial!r}')
        if user is not None:
            if client is not None:
                raise TypeError('a user, or a client which has signed in, not both')
            client = Client()
            client.force_login(user)
        binding = classes[kind](
            name or self._name_for(user),
            facility,
            address_of(facility, self._address, channels, query or {}),
            {'Origin': self.url, **cookies_of(client), **(headers or {})},
            kind(initial or ()),
        )
        self._bindings.append(binding)
        try:
            binding.open(self.patience)
        except BaseException:
            self._bindings.remove(binding)
            binding.leave()
            raise
        return binding

    def assert_converged(self, *bindings: Binding[Any], patience: float | None = None) -> None:
        """Wait until these browsers, or all, have said what was edited, and show the same as Redis has.

        What was published up to now, by whomever, has reached them then, and hooks after changes have run. Raises
        :exc:`~djng.test.NotConverged`, which says who shows what, after ``patience`` seconds.
        """
        patience = self.patience if patience is None else patience
        wanted = bindings or tuple(binding for binding in self._bindings if not binding.is_unbound)
        begin, pause = time.monotonic(), LOOK_MIN
        while True:
            looks, kept = self._look(wanted)
            faults = converged.faults(looks, kept)
            if not faults and self._is_at_rest() and self._has_reached(wanted):
                # What was still on its way may have changed it.
                looks, kept = self._look(wanted)
                faults = converged.faults(looks, kept)
                if not faults:
                    return
            waited = time.monotonic() - begin
            if waited > patience or any(look.is_stuck for look in looks):
                faults = faults or ['the server has not finished what was said or published']
                told = [f'not converged, after {waited:.1f} s:', *(f'  - {fault}' for fault in faults)]
                raise NotConverged('\n'.join([*told, converged.report(looks, kept)]))
            time.sleep(pause)
            pause = min(LOOK_MAX, 1.5 * pause)

    def run_receivers(self) -> int:
        """Call the receivers of djng's signals for all that has happened, here and now; return for how many entries.

        Sockets that were cut or unbound are closed by then. What a receiver raises is raised here.
        """
        self.wait_until(self._is_at_rest, 'the server to finish what was said')
        return run_receivers()

    def wait_until(self, condition: Callable[[], object], what: str = 'the condition') -> None:
        """Wait until ``condition()`` is true; raises :exc:`~djng.test.NotConverged` with ``what`` otherwise."""
        deadline, pause = time.monotonic() + self.patience, LOOK_MIN
        while not condition():
            if time.monotonic() > deadline:
                raise NotConverged(f'waited {self.patience:g} s for {what}')
            time.sleep(pause)
            pause = min(LOOK_MAX, 1.5 * pause)

    def _look(self, bindings: Sequence[Binding[Any]]) -> tuple[list[converged.Look], dict[str, Any]]:
        for binding in bindings:
            binding.channels = self.relay.channels_of(binding.browser.me) or binding.channels
        looks = [converged.look_at(binding) for binding in bindings]
        return looks, converged.kept_on(dict.fromkeys(channel for look in looks for channel in look.known))

    def _has_reached(self, bindings: Iterable[Binding[Any]]) -> bool:
        return all(binding.hear_all(self.relay.send, self.patience) for binding in bindings)

    def _is_at_rest(self) -> bool:
        relay = self.relay
        gone = {binding.browser.me for binding in self._bindings if not binding.socket.is_open}
        return not gone & relay.names() and relay.is_at_rest()

    @property
    def relay(self) -> EndingRelay:
        """The relay, made when it is first asked for: by then a test has overridden the settings that it is made of."""
        with self._lock:
            if not self._address:
                raise RuntimeError('browsers are bound within a block: with Browsers() as browsers')
            if self._relay is None:
                # Not before Django is set up: it makes an application of the project.
                from djng.test.relay import EndingRelay

                self._relay = EndingRelay(self._shared)
            return self._relay

    def _end(self) -> None:
        with self._lock:
            self._address = ''
        if self._relay is not None:
            self._relay.end()

    def _name_for(self, user: Any) -> str:
        name = user.get_username() if user is not None else f'browser {len(self._bindings) + 1}'
        same = sum(binding.name.partition(' (')[0] == name for binding in self._bindings)
        return f'{name} ({same + 1})' if same else name

    def _leave(self) -> None:
        for binding in self._bindings:
            binding.leave()


def must_be_outside_of_transactions() -> None:
    """Raise :exc:`ImproperlyConfigured` within one: what it has written is not there for the relay."""
    inside = [connection.alias for connection in connections.all() if connection.in_atomic_block]
    if inside:
        raise ImproperlyConfigured(
            f'Browsers cannot be bound within a transaction of {", ".join(inside)}: what it has written is hidden from '
            'the relay, and collections wait for its end. Use djng.test.BindingTestCase, or with pytest-django the '
            'fixture transactional_db, in the place of TestCase and db.'
        )
