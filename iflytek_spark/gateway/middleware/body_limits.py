"""How large a request may be, and how long its caller may take to send it."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError

_NOT_COUNTED = 64 * 1024


def check_declared_size(scope: Scope, limit: int) -> None:
    """Refuse a request that declares more than ``limit`` bytes, before any of it is read.

    Raises:
        GatewayError: when it is larger.
    """
    declared = Headers(scope=scope).get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)


class BodyMemory:
    """What the bodies of all requests take together; the first 64 KB of each are not counted.

    So short requests are served while long ones take all there is.
    """

    def __init__(self, limit: int) -> None:
        """Start with nothing taken.

        Args:
            limit: bytes.
        """
        self._limit = limit
        self._taken = 0

    def take(self, size: int) -> None:
        """Take some for as long as a request is under way.

        Raises:
            GatewayError: when there is not so much left.
        """
        if self._taken + size > self._limit:
            raise GatewayError(
                ErrorRow.BUSY,
                f"the requests under way are {self._limit} bytes together, the most that this "
                "gateway holds: try again",
                headers={"retry-after": "1", "connection": "close"},
            )
        self._taken += size

    def give_back(self, size: int) -> None:
        """Give back what was taken."""
        self._taken -= size


class LimitedBody:
    """Receives a request's body within its limits; what comes after it is handed on."""

    def __init__(self, receive: Receive, limit: int, seconds: float, memory: BodyMemory) -> None:
        """Begin; the time runs from here.

        Args:
            receive: the request's.
            limit: the largest size, in bytes.
            seconds: the longest time for all of it.
            memory: what it is held in, until :meth:`release`.
        """
        self._memory = memory
        self._taken = 0
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._size = 0
        self._complete = False

    async def __call__(self) -> Message:
        """Return the next message.

        Raises:
            GatewayError: when the body is too large or too slow, or there is no memory for it.
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
        self._hold()
        self._complete = not message.get("more_body", False)
        return message

    def _hold(self) -> None:
        more = max(self._size - _NOT_COUNTED, 0) - self._taken
        self._memory.take(more)
        self._taken += more

    def release(self) -> None:
        """Give the memory back: the request has ended."""
        self._memory.give_back(self._taken)
        self._taken = 0

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
