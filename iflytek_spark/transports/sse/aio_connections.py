"""The asyncio connections of one client: those of each event loop by themselves.

Bytes go from the loop straight into the answer's reader; a call waits for messages only.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from contextvars import Context
from typing import cast

from iflytek_spark.assumptions import KEEP_ALIVE_SECONDS
from iflytek_spark.protocol.steps import ConnectionFailedError, TransportError
from iflytek_spark.transports.loop_end import run_step, until_the_loop_ends
from iflytek_spark.transports.sse.answer import Answer, Origin
from iflytek_spark.transports.sse.idle import IdleConnections

_MOST_WAITING = 1000
"""Messages that a slow caller may let wait before the peer is held up."""


class Connection(asyncio.Protocol):
    """A connection of one loop, and the answer that came over it last."""

    def __init__(self) -> None:
        """Belong to the running loop."""
        self.answer = Answer()
        self.used = False
        self.ended = False
        self.failure: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read what has come; a peer that is too fast is held up."""
        try:
            self.answer.feed(data)
        except TransportError as error:
            self.failure = self.failure or error
        if self.answer.waiting > _MOST_WAITING and self._transport and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end."""
        self.ended = True
        if exc is not None and self.failure is None:
            self.failure = ConnectionFailedError(str(exc) or type(exc).__name__)
        self._wake()

    def pause_writing(self) -> None:
        """Take note that the peer is slower than we are."""
        self._full = True

    def resume_writing(self) -> None:
        """Take note that it has taken most of what was sent."""
        self._full = False
        self._wake()

    def write(self, data: bytes) -> None:
        """Send a request, or a part of one."""
        if self._transport is not None and not self.ended:
            self._transport.write(data)

    async def drain(self, timeout: float) -> None:
        """Wait until the peer has taken most of what was sent, or has answered already.

        Raises:
            TimeoutError: when it does neither.
        """
        deadline = self._loop.time() + timeout
        while self._full and not (self.ended or self.answer.response.begun):
            await self.wait(deadline - self._loop.time())

    async def wait(self, timeout: float) -> None:
        """Wait until something happens.

        Raises:
            TimeoutError: when nothing does.
        """
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        self._waiter = waiter = self._loop.create_future()
        timer = self._loop.call_later(max(timeout, 0), _expire, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    @property
    def settled(self) -> bool:
        """Whether the last answer has come to its end, and the peer is still there."""
        return self.answer.complete and self.answer.reusable and not (self.ended or self.failure)

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer or the loop."""
        transport, self._transport = self._transport, None
        if transport is None:
            return
        if self._loop.is_closed():
            with contextlib.suppress(OSError):
                transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            return
        transport.abort()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


class LoopConnections:
    """Keeps the idle connections of one event loop, which close with it."""

    def __init__(self, ended: Callable[[], object]) -> None:
        """Start with none in the running loop; they close when it is wound up."""
        self._loop = asyncio.get_running_loop()
        self._idle: IdleConnections[Connection] = IdleConnections()
        self._life = until_the_loop_ends(self._idle.close, ended)
        run_step(self._life.__anext__())

    def take(self, origin: Origin) -> Connection | None:
        """Hand out a connection that is ready for a request."""
        while (taken := self._idle.take(origin, self._loop.time())) is not None:
            if taken.settled:
                return taken
            taken.close()
        return None

    def give(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection for some time."""
        self._idle.give(origin, connection, self._loop.time())
        self._loop.call_later(KEEP_ALIVE_SECONDS + 0.1, self._expire, context=Context())

    def close(self) -> None:
        """Close everything, in the loop's thread or after its end."""
        run_step(self._life.aclose())

    def _expire(self) -> None:
        self._idle.expire(self._loop.time())
