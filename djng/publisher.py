"""What Django says to browsers, by ws4redis' publisher; dicts and lists go into the collections themselves."""

from __future__ import annotations

from typing import Any

from ws4redis import publisher as upstream

from djng.collection.values import array_of, change_of
from djng.redis_store import SELF, RedisMessage, RedisStore, label
from djng.speaking import run, shared_client
from djng.state.merge import Change, dump
from djng.state.steps import Refused, Step, Submit

__all__ = ['SELF', 'RedisMessage', 'RedisPublisher']


class RedisPublisher(RedisStore, upstream.RedisPublisher):  # type: ignore[misc]  # ws4redis has no types
    """ws4redis' publisher on djng's state.

    It takes the same arguments: ``facility``; an audience by ``broadcast=True``, ``users``, ``groups`` or ``sessions``,
    each of them a name, an object, ``SELF`` or any iterable of these; and the ``request`` that SELF refers to. It
    says at once what it says, also within a database transaction; :class:`djng.collection.Collection` waits for it.
    """

    def __init__(self, facility: str = '{facility}', **audience: Any) -> None:
        # Not the original's, which makes a pool of connections for each publisher's module, and knows no TLS.
        super(upstream.RedisPublisher, self).__init__(shared_client())
        self._publishers = set(self._get_message_channels(facility=facility, **audience))

    def publish_message(self, message: Any, expire: int | None = None) -> None:
        """Publish ``message`` on this publisher's channels; one atomic step for each.

        A dict sets its properties in the collection, the others stay; a list replaces all items of an array. Values are
        whatever ``DjangoJSONEncoder`` takes. A str or :class:`RedisMessage` is published as it is: on a collection its
        JSON is taken for such a change, elsewhere it is kept for ``expire`` seconds, for browsers that come later.

        ``expire`` defaults to ``WS4REDIS_EXPIRE``; 0 keeps no text. A collection lives on for 30 seconds at the least,
        and for as long as somebody is bound to it. Raises :exc:`ValueError` for what is no message, or does not fit the
        collection, and redis-py's exceptions where Redis cannot be reached.
        """
        steps = self._steps_for(message)
        for step, outcome in zip(steps, run(steps, expire=expire), strict=True):
            if isinstance(outcome, Refused):
                raise ValueError(f'{step.channel!s}: {" ".join(outcome.errors[""])}')

    def _steps_for(self, message: Any) -> list[Step]:
        if isinstance(message, (dict, list)):
            change = _change(message)
            return [Submit(channel, label(channel), change) for channel in self._publishers]
        return [*self.steps(_message(message))]

    def pipeline_publish_message(self, pipeline: Any, message: Any, expire: int | None = None) -> None:
        """Put into a redis-py ``pipeline`` of yours what publishes ``message`` as JSON when you execute it.

        These are plain commands as ws4redis' own: a collection takes the message in when it hears or finds it.
        """
        if isinstance(message, (dict, list)):
            text = _text_of(message).encode('utf-8', 'backslashreplace')
        else:
            text = bytes(_message(message))
        keep = self._expire if expire is None else expire
        for channel in self._publishers:
            if keep > 0:
                pipeline.set(channel, text, ex=keep)
            pipeline.publish(channel, text)

    def fetch_message(self, request: Any, facility: str, audience: str = 'any') -> bytes | None:
        """Return what is kept for ``request`` at ``facility``: JSON of a collection, or the last message; or None.

        ``audience`` is ``session``, ``user``, ``group`` or ``broadcast``, or ``any``: the first of these, in this
        order, for which something is kept. Blocks; raises redis-py's exceptions where Redis cannot be reached.
        """
        asked: dict[str, dict[str, Any]] = {
            'session': {'sessions': [SELF]},
            'user': {'users': [SELF]},
            'group': {'groups': [SELF]},
            'broadcast': {'broadcast': True},
        }
        for name, arguments in asked.items():
            if audience in (name, 'any'):
                for channel in self._get_message_channels(request=request, facility=facility, **arguments):
                    if text := self._connection.get(channel):
                        return _trimmed(text)
        return None


def _change(message: Any) -> Change:
    return array_of(message) if isinstance(message, list) else change_of(message)


def _text_of(message: Any) -> str:
    change = _change(message)
    return dump(list(change.set.values()) if change.kind == 'array' else change.set)


def _message(message: Any) -> RedisMessage:
    wrapped = RedisMessage(message) if isinstance(message, (str, bytes)) else None
    if wrapped is None:
        raise ValueError(f'what is published is a dict, a list, a str or a RedisMessage, and no heartbeat: {message!r}')
    return wrapped


def _trimmed(text: bytes) -> bytes:
    """Return the text of a collection without the white space that it is kept with."""
    trimmed = text.strip(b' \t\n\r')
    return trimmed if trimmed[:1] in (b'{', b'[') else text
