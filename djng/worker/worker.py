"""One worker: it goes through the channels that have something new, and hands that to receivers."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError

from djng import signals
from djng.redis_store import make_client
from djng.worker.known import FORGOTTEN, channels, forget
from djng.worker.replica import Replica
from djng.worker.share import LEASE, LeaseLost, Share
from djng.worker.turn import take_turn

logger = logging.getLogger('djng.worker')

#: Seconds after which a channel that another worker has is looked at again.
OTHERS = 1.0

#: Seconds between two looks for channels of which nothing was heard.
SCAN = 15.0

#: Seconds within which the end is noticed while there is nothing to do, and those for which Redis is left alone when
#: it has failed.
PATIENCE, RECOVERY = 0.2, 1.0

#: Collections that are kept in mind, and the properties of all of them together; about 100 MB.
REPLICAS, PROPERTIES = 2000, 500_000


class Worker:
    """Tells receivers what has happened; several workers share the channels, and each is told of in its order."""

    def __init__(self, client: Any = None) -> None:
        self._client = client if client is not None else make_client()
        self.name = f'{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}'
        # That it is to end, and that it has.
        self._end, self._ended = threading.Event(), threading.Event()
        # The channel that is being dealt with; a thread keeps it while receivers take their time.
        self._held: Share | None = None
        # Channels that may have something new, and when to look.
        self._due: dict[bytes, float] = {}
        self._replicas: OrderedDict[bytes, Replica] = OrderedDict()

    def stop(self) -> None:
        """Have :meth:`run` return once what is in hand is finished; from any thread or signal handler."""
        self._end.set()

    def run(self) -> None:
        """Deal with all that comes, until :meth:`stop` is called. Where Redis cannot be reached, wait for it."""
        threading.Thread(target=self._renew_forever, name='djng worker lease', daemon=True).start()
        try:
            self._run_forever()
        finally:
            self._ended.set()

    def _run_forever(self) -> None:
        is_down = False
        while not self._end.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as pubsub:
                    pubsub.subscribe(signals.log_name())
                    is_down = False
                    self._run(pubsub)
            except (RedisError, OSError) as error:
                if not is_down:
                    logger.warning('Redis cannot be reached, it is tried again every second: %s', error)
                is_down = True
                self._held = None
                # It may come back with something older.
                self._replicas.clear()
                self._end.wait(RECOVERY)

    def _run(self, pubsub: Any) -> None:
        # The first look is for all that was logged while there was no worker.
        since, scan_at, forget_at = 0.0, 0.0, 0.0
        while not self._end.is_set():
            now = time.time()
            if now >= scan_at:
                if now >= forget_at:
                    forget(self._client)
                    forget_at = now + FORGOTTEN
                for channel in channels(self._client, since):
                    self._due.setdefault(channel, now)
                since, scan_at = now, now + SCAN
            due = [channel for channel, at in self._due.items() if at <= now]
            for channel in sorted(due, key=self._due.__getitem__):
                if not self._end.is_set():
                    del self._due[channel]
                    self._look_at(channel)
            wait = 0.0 if due else max(0.01, min([PATIENCE, *(at - now for at in self._due.values())]))
            message: Any
            while (message := pubsub.get_message(timeout=wait)) is not None:
                self._due.setdefault(message['data'], now)
                wait = 0.0

    def _look_at(self, channel: bytes) -> None:
        share = Share(self._client, channel, self.name)
        if not share.acquire():
            self._due[channel] = time.time() + OTHERS
            return
        self._held = share
        try:
            again = take_turn(share, self._replica(channel), self._end.is_set)
        except LeaseLost:
            logger.warning('%s was taken over by another worker; its last entry may be told twice', channel.decode())
            again = time.time() + OTHERS
        except (RedisError, OSError):
            self._due[channel] = time.time()
            raise
        except Exception:
            logger.exception('%s cannot be dealt with', channel.decode())
            again = time.time() + LEASE
        self._held = None
        share.release()
        if again is not None:
            self._due[channel] = again

    def _replica(self, channel: bytes) -> Replica:
        replica = self._replicas.pop(channel, Replica())
        self._replicas[channel] = replica
        # Those that were used last are worth the most; what is dropped is made anew from its log.
        size = sum(map(len, self._replicas.values()))
        while len(self._replicas) > REPLICAS or (size > PROPERTIES and len(self._replicas) > 1):
            size -= len(self._replicas.popitem(last=False)[1])
        return replica

    def _renew_forever(self) -> None:
        while not self._ended.wait(LEASE / 3):
            held = self._held
            # If it fails, that is noticed where the entry is acknowledged.
            with suppress(RedisError, OSError):
                if held is not None:
                    held.renew()
