"""How large a request may be, and how long its caller may take to send it."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError


def check_declared_size(scope: Scope, limit: int) -> None:
    """Refuse a request that declares more than ``limit`` bytes, before any of it is read.

    Raises:
        GatewayError: when it is larger.
    """
    declared = Headers(scope=scope).get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)


class LimitedBody:
    """Receives a request's body within its limits; what comes after it is handed on."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        """Begin; the time runs from here.

        Args:
            receive: the request's.
            limit: the largest size, in bytes.
            seconds: the longest time for all of it.
        """
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._size = 0
        self._complete = False

    async def __call__(self) -> Message:
        """Return the next message.

        Raises:
            GatewayError: when the body is too large or too slow.
            ClientDisconnect: when the caller disconnected in the middle of it.
        """
        if self._complete:
            return await self._receive()
        message = await self._in_time()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise _too_large(self._limit)
        self._complete = not message.get("more_body", False)
        return message

    async def _in_time(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            raise GatewayError(
                ErrorRow.BODY_TIMEOUT,
                f"the body did not come within {self._seconds:g} s: send it again, faster",
                headers={"connection": "close"},
            ) from None


def _too_large(limit: int) -> GatewayError:
    """The connection stays: a caller that sends first and reads then gets the response."""
    return GatewayError(
        ErrorRow.BODY_TOO_LARGE,
        f"the request is larger than {limit} bytes, the most that this gateway takes:"
        " send less, for instance smaller images",
    )
