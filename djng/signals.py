"""What Django code may listen to: changes of collections, and sockets that open and close.

Receivers run in ``manage.py djng_worker``, one after the other, in the order in which it happened. They are connected
where Django's others are, in ``AppConfig.ready()`` as a rule: what nobody listens to in a process is not logged by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.dispatch import Signal

from djng.channels import audience_of, prefix
from djng.state.log import Log

__all__ = ['FacilitySignal', 'collection_changed', 'socket_closed', 'socket_opened']

_depth: ContextVar[int] = ContextVar('djng_depth', default=0)


class FacilitySignal(Signal):
    """A signal whose senders are facilities, by their names: ``@receiver(collection_changed, sender='scores')``.

    Django knows a sender by its identity, which a string has by chance only.
    """

    def __init__(self) -> None:
        super().__init__()
        self._senders: dict[str, str] = {}
        # How many receivers there are for each, and for None.
        self._listeners: Counter[Any] = Counter()

    def connect(self, receiver: Any, sender: Any = None, weak: bool = True, dispatch_uid: Any = None) -> None:
        """Call ``receiver`` for what happens at the facility named ``sender``, at any one if it is None."""
        if isinstance(sender, str):
            sender = self._senders.setdefault(sender, sender)
        super().connect(receiver, sender, weak, dispatch_uid)
        self._listeners[sender] += 1

    def disconnect(self, receiver: Any = None, sender: Any = None, dispatch_uid: Any = None) -> bool:
        """Call ``receiver`` no more."""
        is_disconnected = super().disconnect(receiver, self._senders.get(sender, sender), dispatch_uid)
        self._listeners[sender] -= is_disconnected
        return is_disconnected

    def has_listeners(self, sender: Any = None) -> bool:
        """Whether anybody listens to the facility named ``sender``.

        Django would ask for a lock, which is gevent's under uWSGI, and the relay asks from threads that are not.
        """
        return self._listeners[None] > 0 or self._listeners[sender] > 0

    def send(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Call all receivers that listen to the facility named ``sender``, until one of them raises."""
        return super().send(self._senders.get(sender, sender), **named)

    def send_robust(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Call all receivers that listen to the facility named ``sender``; return what each returned or raised."""
        return super().send_robust(self._senders.get(sender, sender), **named)


#: A collection has changed. Receivers are given
#:
#: ``sender``, ``facility``
#:     the name of the facility
#: ``audience``, ``name``
#:     whose collection it is: ``'broadcast'`` and None, or ``'user'``, ``'group'`` or ``'session'`` and which one
#: ``channel``
#:     the channel in Redis
#: ``changed``
#:     a dict of the properties that were set and their values; in an array the keys are indexes
#: ``deleted``
#:     a list of the properties that are no more; in an array, of the indexes
#: ``collection``
#:     the whole, a dict or a list, as it was right after this change, whatever has become of it meanwhile; a copy
#: ``user``
#:     who made the change: a user, looked up when it is used; an ``AnonymousUser`` for a browser that has not signed
#:     in, or whose user has been deleted; None where it was no browser but the server
#: ``address``
#:     the IP address of that browser, None for the server
#: ``position``
#:     epoch and version of the collection, a tuple that grows with each change
collection_changed = FacilitySignal()

#: A browser has opened a socket. Receivers are given ``sender`` and ``facility``, the facility's name; ``user`` and
#: ``address``, as for :data:`collection_changed`; ``client``, the public name of the browser's page, which stays the
#: same when it comes back; None for a client of ws4redis' kind.
socket_opened = FacilitySignal()

#: A socket is closed, for whatever reason; receivers are given the same as by :data:`socket_opened`. Where a process of
#: the server is killed, nobody is told of its sockets.
socket_closed = FacilitySignal()


def log_name() -> str:
    """Return where it is told that there is something new in a log."""
    return f'{prefix()}djng:log'


def change_log(channel: str | bytes) -> Log | None:
    """Return how changes are logged that are made on ``channel`` here and now, None where nobody listens.

    This is what a :class:`~djng.state.store.Store` is made with.
    """
    if collection_changed.has_listeners(audience_of(channel).facility):
        return Log(log_name(), _depth.get())
    return None


def socket_log(facility: str) -> Log | None:
    """Return how the sockets of ``facility`` are logged, None where nobody listens."""
    if socket_opened.has_listeners(facility) or socket_closed.has_listeners(facility):
        return Log(log_name())
    return None


def is_listened_to() -> bool:
    """Whether anybody listens to any of the signals."""
    return any(signal.receivers for signal in (collection_changed, socket_opened, socket_closed))


@contextmanager
def receiving(depth: int) -> Iterator[None]:
    """Have changes that are made within the block known as those of a receiver of a change of this depth."""
    token = _depth.set(depth + 1)
    try:
        yield
    finally:
        _depth.reset(token)
