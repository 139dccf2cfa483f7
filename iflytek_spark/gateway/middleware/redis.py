"""What several workers and machines count together, in Redis."""

from __future__ import annotations

import asyncio
import logging
import uuid
from functools import partial

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from iflytek_spark.gateway.middleware.concurrency import Release

_LOG = logging.getLogger("iflytek_spark.gateway")
_PREFIX = "iflytek-spark:concurrency:"
_TIMEOUT = 2.0
"""Seconds that a request waits for Redis before it is refused."""
_CONNECTIONS = 64
_SLOT_SECONDS = 30.0
"""How long a slot outlives its worker."""

_ACQUIRE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
    return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[3] * 1000))
return 1
"""
"""Acquires a slot, or renews one that is held. Arguments: the slot, the limit, seconds."""


def connect(url: str) -> Redis:
    """Make a client of a Redis at ``redis://…`` or ``rediss://…``; it connects when it is used.

    When it has no connection left, callers wait for one; it tries a second time at once, since a
    connection that it kept may be dead.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_TIMEOUT,
        socket_timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


class RedisSlots:
    """Slots that workers share: a sorted set for each caller, of slots and when they expire.

    A worker renews the slots that it holds; those of one that crashed expire.
    """

    def __init__(self, client: Redis, seconds: float = _SLOT_SECONDS) -> None:
        """Set up slots that last so long without being renewed."""
        self._client = client
        self._seconds = seconds
        self._script = client.register_script(_ACQUIRE)
        self._held: dict[str, str] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def acquire(self, caller: str, limit: int) -> Release | None:
        """Acquire a slot, unless all of the caller's are in use."""
        key, slot = _PREFIX + caller, uuid.uuid4().hex
        if not await self._script([key], [slot, limit, self._seconds]):
            return None
        self._held[slot] = key
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())
        return partial(self._release, key, slot)

    async def aclose(self) -> None:
        """Renew no longer."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])

    async def _release(self, key: str, slot: str) -> None:
        del self._held[slot]
        try:
            await self._client.zrem(key, slot)
        except RedisError as error:
            _LOG.warning("Redis cannot be reached: a request's slot expires by itself: %s", error)

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(self._seconds / 3)
            try:
                for slot, key in tuple(self._held.items()):
                    await self._script([key], [slot, 0, self._seconds])  # 0: only if it is held
            except RedisError as error:
                _LOG.warning("Redis cannot be reached: slots are not renewed: %s", error)
