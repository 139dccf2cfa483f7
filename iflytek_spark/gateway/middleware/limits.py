"""Admits a request within its caller's limits."""

from __future__ import annotations

import logging

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from iflytek_spark.gateway.middleware.admission import Admission
from iflytek_spark.gateway.middleware.concurrency import LeaseBook, MemoryLeases
from iflytek_spark.gateway.middleware.rate_limit import (
    RequestRate,
    counted_in_memory,
    counted_in_redis,
)
from iflytek_spark.gateway.middleware.redis import RedisLeases, connect
from iflytek_spark.gateway.openai.errors import CallerError, ErrorRow
from iflytek_spark.gateway.settings import GatewaySettings

_LOG = logging.getLogger("iflytek_spark.gateway")
_TOO_MANY = ErrorRow(429, "rate_limit_error", "concurrency_limit_exceeded")
_UNAVAILABLE = ErrorRow(503, "server_error", "limits_unavailable")
_SOON = {"retry-after": "1"}


class Limits:
    """The limits of each caller, counted in this process or in Redis."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Set up.

        Args:
            settings: the gateway's; a limit that is None is not counted.
        """
        self._most = settings.concurrent_requests
        self._redis = _client(settings.redis_url)
        self._rate = _rate(settings.requests_per_minute, self._redis)
        self._book = _book(settings.concurrent_requests, self._redis)

    async def admit(self, caller: str) -> Admission:
        """Let a request in.

        Args:
            caller: who asks.

        Returns:
            What has to be released when the request has been answered.

        Raises:
            CallerError: when a limit is reached, or cannot be counted.
        """
        try:
            headers = await self._rate.count(caller) if self._rate else {}
            release = await self._book.take(caller) if self._book else None
        except RedisError as error:
            _LOG.error("Redis cannot be reached, so requests are refused: %s", error)
            raise CallerError(
                _UNAVAILABLE, "the gateway cannot count its limits: try again later", headers=_SOON
            ) from error
        if self._book and release is None:
            words = f"{self._most} requests at once are allowed: wait until one has been answered"
            raise CallerError(_TOO_MANY, words, headers={**headers, **_SOON})
        return Admission(headers, release)

    async def aclose(self) -> None:
        """Close what is open."""
        if self._book:
            await self._book.aclose()
        if self._redis:
            await self._redis.aclose()


def _client(url: SecretStr | None) -> Redis | None:
    return connect(url.get_secret_value()) if url else None


def _rate(most: int | None, redis: Redis | None) -> RequestRate | None:
    if most is None:
        return None
    return counted_in_redis(most, redis) if redis else counted_in_memory(most)


def _book(most: int | None, redis: Redis | None) -> LeaseBook | None:
    if most is None:
        return None
    return RedisLeases(redis, most) if redis else MemoryLeases(most)
