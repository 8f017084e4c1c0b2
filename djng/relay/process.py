"""What all sockets of one process share: the subscription, the way out, the heartbeat's clock."""

from __future__ import annotations

import itertools
import logging
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import redis

from djng import permissions, rights
from djng.channels import attended_at
from djng.facilities.terms import terms_of
from djng.redis_store import make_subscription_connection
from djng.relay.arrays import WholeArrays
from djng.relay.attendance import Attendances
from djng.relay.bound import BoundVisitor, can_be_bound
from djng.relay.broadcast import Broadcast
from djng.relay.clerk import Clerk
from djng.relay.collections import Collections
from djng.relay.comings import Comings
from djng.relay.connection import SERVICE_RESTART, Connection, encode
from djng.relay.counts import Counts
from djng.relay.hub import Hub
from djng.relay.kept import Readings, Refill
from djng.relay.outgoing import Outgoing
from djng.relay.plain import PlainVisitor
from djng.relay.primitives import Primitives
from djng.relay.pubsub import HubRedis
from djng.relay.strangers import Strangers
from djng.relay.visitor import Visitor
from djng.signals import change_log
from djng.state.store import Store

logger = logging.getLogger('djng.relay')

#: Seconds between two looks at who has been silent for long.
TICK = 0.5

#: Seconds after which it is looked again for sockets of who has lost rights.
RIGHTS_DELAYS = (0.5, 5.0)

#: Seconds over which the goodbyes of a process that ends are spread, and in how many steps: browsers come back at once,
#: and a new process should not meet all of them in one moment.
GOODBYE_SPREAD, GOODBYE_STEPS = 1.0, 20

#: Seconds that are left after that to browsers that have not answered, and to what is on its way to Redis.
GOODBYE_PATIENCE = 3.0


class ProcessRelay:
    """Made in a process when its first socket comes, hence after any fork; ends with the process."""

    #: The listener of this process itself, to what is said about rights; visitors are numbered from 1.
    number = 0
    #: It listens to no collection.
    is_bound = False
    readable = None

    def __init__(self, client: redis.Redis, primitives: Primitives, *, heartbeat: str | None, expire: int) -> None:
        self.loop = primitives.loop()
        #: The visitors whose sockets are open; touched on the loop only.
        self.visitors: set[Visitor] = set()
        self.counts = Counts()
        #: Called on the loop twice a second.
        self.on_tick: Callable[[], object] = lambda: None
        #: How many of them belong to a session.
        self.sessions: Counter[str] = Counter()
        self._client = client
        self._hub = Hub(lambda: make_subscription_connection(client), primitives, self.counts)
        store = Store(client, expire=expire, log=change_log, terms=terms_of)
        strangers = Strangers()
        self._kept = Readings(store, self._hub, primitives, strangers)
        self._refill = Refill(self._hub)
        self._hub.on_gap = self._tell_again
        self._arrays = WholeArrays(self._hub, self._kept, self.loop)
        self._collections = Collections(store, self._hub, self._kept, primitives, self.counts)
        # Idle connections of the pool were lost with the hub's; each would cost somebody a message or a handshake.
        self._hub.on_lost = lambda: client.connection_pool.disconnect(inuse_connections=False)
        self._outgoing = Outgoing(store, primitives, strangers)
        self._clerk = Clerk(store, primitives)
        self._comings = Comings(client, primitives)
        self._attendances = Attendances(store, primitives, self._collections.position)
        self._numbers = itertools.count(1)
        self._heartbeat = encode(heartbeat.encode()) if heartbeat else None
        self.loop.call_soon_threadsafe(self._tick)
        self._hub.listen(rights.channel().encode(), self)
        primitives.spawn(permissions.report, client)

    def expect(self, subscriber_class: Any, *, echo: bool, client_id: str | None = None) -> Visitor:
        """Return a visitor, not yet open, with a subscriber of ``subscriber_class`` that listens through the hub.

        Who shows a ``client_id`` is bound where that class lets it be.
        """
        visitor: Visitor
        shared = next(self._numbers), self.loop, self._outgoing, self.counts
        if client_id is not None and can_be_bound(subscriber_class):
            visitor = BoundVisitor(*shared, self._kept, self._clerk, client_id=client_id)
        else:
            visitor = PlainVisitor(*shared, echo=echo)
        visitor.on_gone = self._gone
        visitor.subscriber = subscriber_class(
            HubRedis.for_listener(self._client, self._hub, visitor, visitor.is_silent)
        )
        return visitor

    def enter(self, visitor: Visitor, connection: Connection, early: bytes, *, deflates: bool) -> None:
        """Open a visitor's socket; on the loop."""
        self.visitors.add(visitor)
        self.counts.opened += 1
        self.counts.sockets += 1
        if visitor.session_key:
            self.sessions[visitor.session_key] += 1
        if isinstance(visitor, BoundVisitor):
            self._collections.follow(visitor.number, visitor, visitor.channels)
        self._comings.tell('opened', visitor.facility, visitor.who)
        if visitor.attendee is not None:
            self._attendances.enter(visitor.attendee)
        if (attended := attended_at(visitor.facility)) is not None:
            self._attendances.hear(attended)
        visitor.open(connection, early, deflates=deflates)
        if isinstance(visitor, PlainVisitor):
            for channel in visitor.awaited:
                self._kept.tell(channel, visitor)

    def _tell_again(self, channel: bytes) -> None:
        self._kept.tell(channel, self._refill)
        self._collections.tell_again(channel)

    def count_refusal(self, status: int) -> None:
        """Count a handshake that was refused; from any thread."""
        self.loop.call_soon_threadsafe(self.counts.refused.update, [str(status)])

    def _gone(self, visitor: Visitor) -> None:
        self.visitors.discard(visitor)
        self._comings.tell('closed', visitor.facility, visitor.who)
        if visitor.attendee is not None:
            self._attendances.leave(visitor.attendee)
        if (attended := attended_at(visitor.facility)) is not None:
            self._attendances.hear_no_more(attended)
        if isinstance(visitor, BoundVisitor):
            self._collections.leave(visitor.number)
        self.counts.sockets -= 1
        if visitor.session_key:
            self.sessions[visitor.session_key] -= 1
            if not self.sessions[visitor.session_key]:
                del self.sessions[visitor.session_key]

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Take what is said about lost rights; the hub calls this."""
        losers = rights.understand(broadcast.message)
        now = self.loop.time()
        self._turn_out(losers, now)
        # Who signs out is announced before the session is gone: whoever comes back in between is met here.
        for delay in RIGHTS_DELAYS:
            self.loop.call_later(delay, self._turn_out, losers, now)

    def flush(self) -> None:
        """Have nothing waiting; the hub calls this."""

    def _turn_out(self, losers: rights.Losers, told_at: float) -> None:
        for visitor in list(self.visitors):
            if (
                visitor.user_id in losers.users
                or visitor.session_key in losers.sessions
                or (visitor.facility in losers.facilities and visitor.asked_at < told_at)
            ):
                visitor.turn_out(SERVICE_RESTART, 'rights have changed')

    def say_goodbye(self, sleep: Callable[[float], object]) -> None:
        """Close all sockets with 1012, spread over :data:`GOODBYE_SPREAD` seconds; the process is about to end.

        On the loop's thread, where ``sleep`` lets the loop go on. What browsers have said by then is published first,
        and that they have gone is logged, for which they may take :data:`GOODBYE_PATIENCE`.
        """
        self._attendances.part()
        visitors = random.sample(sorted(self.visitors, key=id), len(self.visitors))
        for n, visitor in enumerate(visitors, 1):
            visitor.turn_out(SERVICE_RESTART, 'the server starts anew')
            if n % max(1, len(visitors) // GOODBYE_STEPS) == 0:
                sleep(GOODBYE_SPREAD / GOODBYE_STEPS)
        deadline = self.loop.time() + GOODBYE_PATIENCE

        def is_busy() -> bool:
            return (self._comings.waiting > 0 or self._attendances.is_parting) or any(
                visitor.is_unpublished or visitor in self.visitors for visitor in visitors
            )

        while is_busy() and self.loop.time() < deadline:
            sleep(GOODBYE_SPREAD / GOODBYE_STEPS)

    def _tick(self) -> None:
        self.loop.call_later(TICK, self._tick)
        now = self.loop.time()
        for visitor in list(self.visitors):
            visitor.look_after(now, self._heartbeat)
        self._collections.look_after(now)
        self._attendances.look_after()
        self.on_tick()
