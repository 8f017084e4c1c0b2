"""What a runner hands to the relay: an event loop, and the concurrency that fits the server it runs in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Handle(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None:
        """Drop the call; does nothing once it has been made."""


class Loop(Protocol):
    """The part of :class:`asyncio.AbstractEventLoop` that the relay uses, under the same names.

    All sockets of a process live on one loop. Nothing but ``call_soon_threadsafe`` may be called from outside it.
    """

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> Handle:
        """Call ``callback(*args)`` on the loop; any thread or greenlet may ask for it."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Handle:
        """Call ``callback(*args)`` after ``delay`` seconds."""

    def time(self) -> float:
        """Seconds on a clock that never goes back."""

    def add_reader(self, fd: int, callback: Callable[..., object], *args: Any) -> None:
        """Call ``callback(*args)`` whenever ``fd`` can be read; replaces an earlier callback."""

    def remove_reader(self, fd: int) -> bool:
        """Stop watching ``fd`` for reading; false if nobody did."""

    def add_writer(self, fd: int, callback: Callable[..., object], *args: Any) -> None:
        """Call ``callback(*args)`` whenever ``fd`` can be written; replaces an earlier callback."""

    def remove_writer(self, fd: int) -> bool:
        """Stop watching ``fd`` for writing; false if nobody did."""


class Event(Protocol):
    """:class:`threading.Event`, or what stands for it among greenlets."""

    def set(self) -> object:
        """Let everybody who waits go on."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, ``timeout`` seconds at most; says whether it is."""


class Queue(Protocol):
    """:class:`queue.SimpleQueue`, or what stands for it among greenlets."""

    def put(self, item: Any) -> None:
        """Add an item; never waits."""

    def get(self) -> Any:
        """Take the oldest item; waits for one."""

    def get_nowait(self) -> Any:
        """Take the oldest item; raises :exc:`queue.Empty` where there is none."""


class Primitives(Protocol):
    """What a runner hands in."""

    def loop(self) -> Loop:
        """The process' loop, running from its first use on, hence never before a fork."""

    def spawn(self, function: Callable[..., object], *args: Any) -> object:
        """Run ``function(*args)`` beside everything else; it may block, and the process' end does not wait for it."""

    def lock(self) -> AbstractContextManager[Any]:
        """A new lock, for all threads that were spawned, the loop's and those of handshakes; held for moments only."""

    def event(self) -> Event:
        """A new event."""

    def queue(self) -> Queue:
        """A new queue."""

    def sleep(self, seconds: float) -> None:
        """Wait; only in what was spawned."""
