"""What projects plug into ws4redis' settings, in small."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from ws4redis.redis_store import RedisMessage
from ws4redis.subscriber import RedisSubscriber


def only_subscribe(request: Any, channels: list[str]) -> set[str]:
    """Let visitors hear, as ws4redis' documentation shows it."""
    return set(channels).intersection(['subscribe-broadcast', 'subscribe-group'])


def deny(request: Any, channels: list[str]) -> list[str]:
    """Let nobody in."""
    raise PermissionDenied('members only')


def trip(request: Any, channels: list[str]) -> list[str]:
    """Fail as a callback does that has a typo in it."""
    return [request.user.no_such_attribute]


def ask_the_database(request: Any, channels: list[str]) -> list[str]:
    """Let everybody in, after a look into the database and, for some, a while."""
    from django.contrib.auth.models import User

    User.objects.count()
    time.sleep({'/ws/slow': 2, '/ws/endless': 30}.get(request.path_info, 0))
    return channels


def by_token(request: Any) -> None:
    """Know the visitor by a token in the URL instead of a session."""
    request.session = None
    request.user = AnonymousUser() if request.GET.get('token') != 'secret' else Member()


class Member:
    """A user of some other system."""

    is_authenticated = True
    is_anonymous = False

    def get_username(self) -> str:
        """Return the name."""
        return 'member'


class ShoutingSubscriber(RedisSubscriber):
    """ws4redis' subscriber, changed in each place that a project may change."""

    def send_persisted_messages(self, websocket: Any) -> None:
        """Greet."""
        websocket.send(b'welcome')
        super().send_persisted_messages(websocket)

    def publish_message(self, message: RedisMessage, expire: int | None = None) -> None:
        """Publish in capitals."""
        super().publish_message(RedisMessage(bytes(message).upper()), expire)

    def parse_response(self) -> Any:
        """Count what is heard."""
        reply = super().parse_response()
        return [*reply[:2], reply[2] + b'!']


def not_in_the_first(request: Any, channels: list[str]) -> list[str]:
    """Let visitors into all cafés but one, which is known by its path."""
    return [] if request.path_info == '/ws/cafe-1' else channels
