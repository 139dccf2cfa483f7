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
_PREFIX = "iflytek-spark:leases:"
_PATIENCE = 2.0
"""Seconds that a request waits for Redis before it is refused."""
_CONNECTIONS = 64
_LEASE_SECONDS = 30.0
"""How long a lease outlives its worker."""

_TAKE = """
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
"""Takes a lease, or renews one that is held: of a lease, the number that may be held, seconds."""


def connect(url: str) -> Redis:
    """Make a client of Redis; it connects when it is used.

    Args:
        url: ``redis://…`` or ``rediss://…``.

    Returns:
        A client. When it has no connection left, callers wait for one; it tries a second time at
        once, since a connection that it kept may be dead.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_PATIENCE,
        socket_timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


class RedisLeases:
    """A book that workers share: a sorted set for each caller, of leases and when they lapse.

    A worker renews what it has lent; the leases of one that crashed lapse.
    """

    def __init__(self, client: Redis, most: int, seconds: float = _LEASE_SECONDS) -> None:
        """Set up.

        Args:
            client: of Redis.
            most: the leases of each caller.
            seconds: how long a lease lasts without being renewed.
        """
        self._client = client
        self._most = most
        self._seconds = seconds
        self._script = client.register_script(_TAKE)
        self._lent: dict[str, str] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def take(self, caller: str) -> Release | None:
        """Lend one, unless the caller has all."""
        key, lease = _PREFIX + caller, uuid.uuid4().hex
        if not await self._script([key], [lease, self._most, self._seconds]):
            return None
        self._lent[lease] = key
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())
        return partial(self._release, key, lease)

    async def aclose(self) -> None:
        """Renew no longer."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])

    async def _release(self, key: str, lease: str) -> None:
        del self._lent[lease]
        try:
            await self._client.zrem(key, lease)
        except RedisError as error:
            _LOG.warning("Redis cannot be reached: a request's lease lapses by itself: %s", error)

    async def _renew(self) -> None:
        while self._lent:
            await asyncio.sleep(self._seconds / 3)
            try:
                for lease, key in tuple(self._lent.items()):
                    await self._script([key], [lease, 0, self._seconds])  # 0: only if it is held
            except RedisError as error:
                _LOG.warning("Redis cannot be reached: leases are not renewed: %s", error)
