"""Counts the requests of each caller in a minute."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
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

    async def check(self, caller: str, limit: int) -> None:
        """Check, without counting, that a limit is not reached.

        Raises:
            GatewayError: when it is.
            RedisError: when it is not known.
        """
        if not await self._limiter.test(_item(limit), caller):
            reset, _ = await self._limiter.get_window_stats(_item(limit), caller)
            raise _refusal(limit, _seconds_to(reset))

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
        seconds = _seconds_to(reset)
        headers = {
            "x-ratelimit-limit-requests": str(limit),
            "x-ratelimit-remaining-requests": str(remaining),
            "x-ratelimit-reset-requests": f"{seconds}s",
        }
        if admitted:
            return headers
        raise _refusal(limit, seconds, headers)


def _seconds_to(reset: float) -> int:
    return max(0, math.floor(reset - time.time())) + 1  # after the turn, not at it


def _refusal(limit: int, seconds: int, headers: Mapping[str, str] | None = None) -> GatewayError:
    return GatewayError(
        ErrorRow.RATE_LIMIT,
        f"{limit} requests a minute are allowed: try again in {seconds} s",
        headers={**(headers or {}), "retry-after": str(seconds)},
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
