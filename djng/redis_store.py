"""ws4redis' words, spoken for Redis: where it is, what a channel is called, and what a message is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from ws4redis import redis_store as upstream
from ws4redis import settings
from ws4redis.redis_store import SELF, RedisMessage

from djng.facilities.terms import server_terms_of, usual_terms
from djng.signals import change_log
from djng.state.frame import parse_plain
from djng.state.steps import Failed, Relay
from djng.state.store import Store

__all__ = [
    'SELF',
    'RedisMessage',
    'RedisStore',
    'escape',
    'identity_of',
    'label',
    'make_client',
    'make_subscription_connection',
]

#: Seconds without a word from Redis after which a connection is asked for a sign of life, or an answer given up.
SOCKET_TIMEOUT = 10


def make_client(**more: Any) -> redis.Redis:
    """Return a client for the Redis that ``WS4REDIS_CONNECTION`` names; it connects when it is first used.

    Nothing is tried a second time, unless the setting says so with ``retry``: a command whose answer was lost may have
    been carried out, and a message would be published twice. ``more`` are arguments that go before all others.

    The setting holds keyword arguments of :class:`redis.Redis`, as ws4redis documents them: ``host``, ``port``, ``db``
    and ``password``, or ``unix_socket_path``, or ``ssl`` with its companions. Messages are bytes to ws4redis, hence
    ``decode_responses`` is not taken over.
    """
    arguments: dict[str, Any] = {
        'socket_timeout': SOCKET_TIMEOUT,
        'retry': Retry(NoBackoff(), 0),
        **settings.WS4REDIS_CONNECTION,
        **more,
        'decode_responses': False,
    }
    return redis.Redis(**arguments)


def make_subscription_connection(client: redis.Redis) -> Any:
    """Return a connection, not yet opened, to ``client``'s Redis for :class:`djng.relay.hub.Hub` to subscribe with.

    It speaks RESP2, in which all that comes is a reply, and has a timeout, so that a silent one can be told from a
    dead one.
    """
    pool = client.connection_pool
    arguments = {**pool.connection_kwargs, 'protocol': 2}
    if arguments.get('socket_timeout') is None:
        arguments['socket_timeout'] = SOCKET_TIMEOUT
    # Only a pool that knows of server-side maintenance events passes these on, and they need RESP3.
    for name in [name for name in arguments if name.startswith('maint_notifications')]:
        del arguments[name]
    return pool.connection_class(**arguments)


def escape(name: object) -> str:
    """Return ``name`` of a user, group or session as it stands in a channel: without ``:``, which ends it there.

    Ordinary names stay as they are, so that ws4redis and djng mean the same channel; ``:`` becomes ``%3A`` and ``%``
    becomes ``%25``, so that no two names share one.
    """
    return str(name).replace('%', '%25').replace(':', '%3A')


def label(channel: str) -> str:
    """Return the audience of ``channel`` as bound sockets are told it, which hides the key of a session.

    That is ``broadcast``, ``user`` or ``session``, of each of which a socket has one channel at the most, or ``group:``
    with the group's name as :func:`escape` leaves it.
    """
    prefix = f'{settings.WS4REDIS_PREFIX}:' if settings.WS4REDIS_PREFIX else ''
    audience, _, rest = channel.removeprefix(prefix).partition(':')
    return f'group:{rest.partition(":")[0]}' if audience == 'group' else audience


def user_names(users: Any, request: Any) -> Iterable[str]:
    """Return the user names that ``users`` stands for: names, user objects, or :data:`SELF` for who asks.

    Who has not signed in has none.
    """
    for user in _each(users):
        if user is SELF or user is True:
            if _is_authenticated(request):
                yield request.user.get_username()
        elif not hasattr(user, 'get_username'):
            yield user
        elif user.is_authenticated:
            yield user.get_username()


def group_names(groups: Any, request: Any) -> Iterable[str]:
    """Return the group names that ``groups`` stands for: names, group objects, or :data:`SELF` for those of who asks.

    A user's groups are looked up in the database, since what ws4redis keeps in the session outlives a lost
    membership; only a user without a ``groups`` relation is taken at the session's word.
    """
    for group in _each(groups):
        if group is SELF or group is True:
            if _is_authenticated(request):
                relation = getattr(request.user, 'groups', None)
                session = getattr(request, 'session', None)
                if relation is not None:
                    yield from relation.values_list('name', flat=True)
                elif session is not None:
                    yield from session.get('ws4redis:memberof', [])
        else:
            yield getattr(group, 'name', group)


def session_keys(sessions: Any, request: Any) -> Iterable[str]:
    """Return the session keys that ``sessions`` stands for: keys, or :data:`SELF` for the one of who asks, if any."""
    for session in _each(sessions):
        if session is SELF or session is True:
            own = getattr(request, 'session', None)
            if own is not None:
                own.keys()  # loads it, which drops a key that nothing is stored under: a browser made it up
                if own.session_key:
                    yield own.session_key
        else:
            yield getattr(session, 'session_key', session)


def identity_of(request: Any) -> tuple[str | None, str | None]:
    """Return the primary key of the user and the key of the session that ask, as strings; None for nobody's."""
    user = None
    if _is_authenticated(request) and hasattr(request.user, 'pk'):
        user = str(request.user.pk)
    return user, next(iter(session_keys(True, request)), None)


class RedisStore(upstream.RedisStore):  # type: ignore[misc]  # ws4redis has no types
    """ws4redis' store, on Python 3: channels without collisions, and a message kept and published in one step."""

    def publish_message(self, message: RedisMessage, expire: int | None = None) -> None:
        """Publish ``message`` on this store's channels and keep it there for ``expire`` seconds.

        Each channel is one atomic step. Where it is a collection, a JSON object sets its properties, and an array
        replaces an array. ``expire`` defaults to ``WS4REDIS_EXPIRE``; 0 keeps nothing, but for a collection that
        sockets are bound to. Raises :exc:`ValueError` for anything but a :class:`RedisMessage`, and redis-py's
        exceptions where Redis cannot be reached.
        """
        store = Store(
            self._connection,
            expire=self._expire if expire is None else expire,
            log=change_log,
            terms=server_terms_of if expire is None else usual_terms,
        )
        for outcome in store.run(self.steps(message)):
            if isinstance(outcome, Failed):
                raise outcome.error

    def steps(self, message: RedisMessage) -> list[Relay]:
        """Return what :meth:`publish_message` asks of Redis: a step for each channel."""
        if not isinstance(message, RedisMessage):
            raise ValueError('wrap the message into a RedisMessage: publish_message(RedisMessage(text))')
        try:
            change = parse_plain(message.decode())
        except UnicodeDecodeError:
            change = None
        return [
            Relay(channel, label(channel), bytes(message), change, *self._mark(channel)) for channel in self._publishers
        ]

    def _mark(self, channel: str) -> tuple[bytes | None, bytes | None]:
        """Return what is to be said right before a message, and where, so that its author is known."""
        return None, None

    def _get_message_channels(
        self,
        request: Any = None,
        facility: str = '{facility}',
        broadcast: bool = False,
        groups: Any = (),
        users: Any = (),
        sessions: Any = (),
    ) -> list[str]:
        """Return the channels of an audience; ``SELF`` stands for nobody where ``request`` is nobody's."""
        prefix = self.get_prefix()
        channels = [f'{prefix}broadcast:{facility}'] if broadcast is True else []
        for audience, names in (
            ('group', group_names(groups, request)),
            ('user', user_names(users, request)),
            ('session', session_keys(sessions, request)),
        ):
            channels.extend(f'{prefix}{audience}:{escape(name)}:{facility}' for name in names)
        return list(dict.fromkeys(channels))


def _each(names: Any) -> Iterable[Any]:
    if names is False or names is None:
        return ()
    if names is True or names is SELF or isinstance(names, str) or not isinstance(names, Iterable):
        return (names,)
    return names


def _is_authenticated(request: Any) -> bool:
    user = getattr(request, 'user', None)
    return user is not None and bool(user.is_authenticated)
