"""What Redis must let djng do: asked before the first change is made, and not found out when it fails halfway."""

from __future__ import annotations

import json
import logging
from typing import Any

from redis.exceptions import RedisError, ResponseError
from ws4redis import settings

from djng import rights
from djng.channels import prefix
from djng.signals import is_listened_to, log_name
from djng.state.keys import keys_of

logger = logging.getLogger('djng')

# Asks without doing anything; Redis has the function since 7.0.
_PROBE = """
if not redis.acl_check_cmd then return {} end
local missing = {}
for i = 1, #ARGV do
    if not redis.acl_check_cmd(unpack(cjson.decode(ARGV[i]))) then missing[#missing + 1] = i - 1 end
end
return missing
"""

#: What the script does to the keys of a collection: to its text, its hashes, and those of clients.
_TEXT = [
    *(['SET', 'x'], ['GET'], ['SETRANGE', '0', 'x'], ['GETRANGE', '0', '1'], ['STRLEN'], ['DEL'], ['EXISTS']),
    *(['EXPIRE', '1'], ['PEXPIRE', '1'], ['PTTL']),
]
_HASH = [
    *(['HSET', 'x', 'x'], ['HGET', 'x'], ['HMGET', 'x'], ['HDEL', 'x'], ['HLEN'], ['HGETALL'], ['DEL']),
    *(['EXPIRE', '1'], ['PTTL']),
]
#: What is done to a log, by the script and by workers.
_LOG = [['XADD', '*', 'x', 'x'], ['XRANGE', '-', '+'], ['EXPIRE', '1']]


def missing(client: Any) -> list[str]:
    """Return what the user of ``client`` may not do and must, as ``'PUBLISH broadcast:…'``; blocks.

    Nothing for a Redis older than 7.0, which cannot be asked. Raises redis-py's exceptions.
    """
    wanted = _wanted()
    probes = [json.dumps(command) for command, _ in wanted]
    try:
        answer = client.eval(_PROBE, 0, *probes)
    except ResponseError as error:
        if 'NOPERM' in str(error) or 'permissions' in str(error):
            return ['EVAL', 'EVALSHA']
        raise
    return list(dict.fromkeys(wanted[number][1] for number in answer))


def advice() -> str:
    """Return the command that gives the user of Redis what djng needs, and no more."""
    names = [*(f'{prefix()}{audience}:*' for audience in ('broadcast', 'group', 'user', 'session')), 'djng:*']
    if prefix():
        names.append(f'{prefix()}djng:*')
    user = settings.WS4REDIS_CONNECTION.get('username') or 'default'
    allowed = ' '.join([*(f'~{name}' for name in names), *(f'&{name}' for name in names)])
    return f'ACL SETUSER {user} {allowed} +@read +@write +@pubsub +@scripting +@transaction +@connection +time'


def report(client: Any) -> None:
    """Log what is missing, in one line that says what to do; blocks. Says nothing where Redis cannot be reached."""
    try:
        lacks = missing(client)
    except (RedisError, OSError):
        return  # whoever needs it meets the same fault, and has more to say
    if lacks:
        logger.error('Redis does not let djng do what it must: %s. Allow it: %s', ', '.join(lacks), advice())


def _wanted() -> list[tuple[list[str], str]]:
    """Return commands, and by what words each is called."""
    wanted: list[tuple[list[str], str]] = [(['EVALSHA', 'x', '0'], 'EVALSHA'), (['TIME'], 'TIME')]

    def on(key: str | bytes, shown: str, commands: list[list[str]]) -> None:
        name = key if isinstance(key, str) else key.decode()
        wanted.extend(([command, name, *rest], f'{command} {shown}') for command, *rest in commands)

    for audience in ('broadcast', 'group:djng', 'user:djng', 'session:djng'):
        channel = f'{prefix()}{audience}:djng'
        keys, shown = keys_of(channel.encode()), f'{prefix()}{audience.partition(":")[0]}:…'
        on(channel, shown, [*_TEXT, ['PUBLISH', ''], ['SUBSCRIBE']])
        on(keys.fields, 'djng:…', _HASH)
        on(keys.meta, 'djng:…', _HASH)
        on(keys.client + b'x', 'djng:…', [['SET', 'x', 'EX', '1'], ['GET']])
        if is_listened_to():
            on(keys.log, 'djng:…', _LOG)
    on('djng:marks:x', 'djng:marks:…', [['PUBLISH', ''], ['SUBSCRIBE']])
    on(rights.channel(), rights.channel(), [['PUBLISH', ''], ['SUBSCRIBE']])
    if is_listened_to():
        on(log_name(), log_name(), [['PUBLISH', ''], ['SUBSCRIBE'], ['ZADD', '1', 'x'], ['ZRANGE', '0', '1']])
    return wanted
