"""How large a request may be, and how long its caller may take to send it."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from iflytek_spark.gateway.middleware.disconnect import CallerLeftError
from iflytek_spark.gateway.openai.errors import CallerError, ErrorRow

_TOO_LARGE = ErrorRow(413, "invalid_request_error", "request_too_large")
_TOO_SLOW = ErrorRow(408, "invalid_request_error", "request_timeout")


def check_declared_size(scope: Scope, most: int) -> None:
    """Refuse a request that says itself that it is too large, before any of it is read.

    Args:
        scope: the request's.
        most: the largest size, in bytes.

    Raises:
        CallerError: when it is larger.
    """
    declared = Headers(scope=scope).get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)


class GuardedBody:
    """Receives a request's body within its limits; what comes after it is handed on."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        """Begin; the time runs from here.

        Args:
            receive: the request's.
            most: the largest size, in bytes.
            seconds: the longest time for all of it.
        """
        self._receive = receive
        self._most = most
        self._seconds = seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._size = 0
        self._complete = False

    async def __call__(self) -> Message:
        """Return the next message.

        Raises:
            CallerError: when the body is too large or too slow.
            CallerLeftError: when the caller hung up in the middle of it.
        """
        if self._complete:
            return await self._receive()
        message = await self._in_time()
        if message["type"] == "http.disconnect":
            raise CallerLeftError
        self._size += len(message.get("body", b""))
        if self._size > self._most:
            raise _too_large(self._most)
        self._complete = not message.get("more_body", False)
        return message

    async def _in_time(self) -> Message:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            raise CallerError(
                _TOO_SLOW,
                f"the body did not come within {self._seconds:g} s: send it again, faster",
                headers={"connection": "close"},
            ) from None


def _too_large(most: int) -> CallerError:
    """The connection stays: whoever sends first and reads then gets the answer."""
    return CallerError(
        _TOO_LARGE,
        f"the request is larger than {most} bytes, the most that this gateway takes:"
        " send less, for instance smaller images",
    )
