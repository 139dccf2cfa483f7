"""Counts the requests of each caller in a minute."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis

from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError


class RequestRate:
    """Admits so many requests of each caller in any minute.

    A sliding window, of two numbers for each caller: at the turn of a minute it can admit one
    request more.
    """

    def __init__(self, redis: Redis | None) -> None:
        """Set up to count in Redis, with others, or in this process."""
        self._limiter = SlidingWindowCounterRateLimiter(_storage(redis))

    async def count(self, caller: str, limit: int) -> dict[str, str]:
        """Count a request, and return OpenAI's headers that show how far the limit is.

        Args:
            caller: who asks.
            limit: how often it may in a minute; a limit that is changed is counted anew.

        Raises:
            GatewayError: when the limit is reached.
            RedisError: when it cannot be counted.
        """
        item = _item(limit)
        admitted = await self._limiter.hit(item, caller)
        reset, remaining = await self._limiter.get_window_stats(item, caller)
        seconds = max(0, math.floor(reset - time.time())) + 1  # after the turn, not at it
        headers = {
            "x-ratelimit-limit-requests": str(limit),
            "x-ratelimit-remaining-requests": str(remaining),
            "x-ratelimit-reset-requests": f"{seconds}s",
        }
        if admitted:
            return headers
        raise GatewayError(
            ErrorRow.RATE_LIMIT,
            f"{limit} requests a minute are allowed: try again in {seconds} s",
            headers={**headers, "retry-after": str(seconds)},
        )


@lru_cache(256)
def _item(limit: int) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(limit)


def _storage(redis: Redis | None) -> Storage:
    if redis is None:
        return MemoryStorage()
    pool: Any = redis.connection_pool
    return RedisStorage(
        "async+redis://", implementation="redispy", key_prefix="iflytek-spark", connection_pool=pool
    )
