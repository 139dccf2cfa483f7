"""Admits a request within its caller's limits, counted in this process or in Redis."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping

from redis.exceptions import RedisError
from starlette.types import Message, Send

from iflytek_spark.gateway.middleware.auth import Caller
from iflytek_spark.gateway.middleware.concurrency import ConcurrencySlots, MemorySlots, Release
from iflytek_spark.gateway.middleware.rate_limit import RequestRate
from iflytek_spark.gateway.middleware.redis import RedisSlots, connect
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.settings import GatewaySettings

_LOG = logging.getLogger("iflytek_spark.gateway")
_SOON = {"retry-after": "1"}


class Admission:
    """What an admitted request still needs: headers of its response, and its slot released."""

    def __init__(self, headers: Mapping[str, str], release: Release | None) -> None:
        """Set up with headers for the response, and what releases the slot, if there is one."""
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._release = release

    async def release(self) -> None:
        """Release the slot, the first time that this is called."""
        release, self._release = self._release, None
        if release is not None:
            await release()

    def sending(self, send: Send) -> Send:
        """Return what sends the response.

        The slot is released before the last part goes out: a caller that asks again as soon as it
        has a response is not refused for the request before.
        """
        if not self._headers and self._release is None:
            return send

        def send_part(message: Message) -> Awaitable[None]:
            return send(message) if message.get("more_body") else self._send_edge(message, send)

        return send_part

    async def _send_edge(self, message: Message, send: Send) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        else:
            await self.release()
        await send(message)


class Limits:
    """The limits of each caller."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Set up; a limit that is None is not counted."""
        self._settings = settings
        url = settings.redis_url
        self._redis = connect(url.get_secret_value()) if url else None
        self._rate = RequestRate(self._redis)
        self._slots: ConcurrencySlots = RedisSlots(self._redis) if self._redis else MemorySlots()

    async def admit(self, caller: Caller) -> Admission:
        """Admit a request, and return what has to be released when it has been answered.

        Raises:
            GatewayError: when a limit is reached, or cannot be counted.
        """
        name = caller.name
        rate = caller.requests_per_minute or self._settings.requests_per_minute
        concurrency = caller.concurrent_requests or self._settings.concurrent_requests
        try:
            headers = await self._rate.count(name, rate) if rate else {}
            release = await self._slots.acquire(name, concurrency) if concurrency else None
        except RedisError as error:
            _LOG.error("Redis cannot be reached, so requests are refused: %s", error)
            raise GatewayError(
                ErrorRow.LIMITS_UNAVAILABLE,
                "the gateway cannot count its limits: try again later",
                headers=_SOON,
            ) from error
        if concurrency and release is None:
            raise GatewayError(
                ErrorRow.CONCURRENCY_LIMIT,
                f"{concurrency} requests at once are allowed: wait until one has been answered",
                headers={**headers, **_SOON},
            )
        return Admission(headers, release)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._slots.aclose()
        if self._redis:
            await self._redis.aclose()
