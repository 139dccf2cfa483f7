"""asyncio connections opened ahead: those of each event loop by themselves, none outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context
from typing import Any

from iflytek_spark.protocol.steps import ConnectionFailedError, Opening
from iflytek_spark.protocol.warm import WarmBook
from iflytek_spark.transports.aio import AioTransport
from iflytek_spark.transports.base import Ahead, Route
from iflytek_spark.transports.warm import (
    FAILURES,
    TICK,
    Trust,
    forget_after_fork,
)


class AsyncWarmPool:
    """The connections of one AsyncSparkClient; see :class:`~iflytek_spark.transports.base.Pool`.

    They are closed when the pool is garbage-collected. A copy, and a pickle, begins empty.
    """

    def __init__(self, ahead: Ahead) -> None:
        """Open nothing yet: the first call shows which loop and which address are in use."""
        self._ahead = ahead
        self._keepers = _Keepers(ahead)
        weakref.finalize(self, self._keepers.close)
        forget_after_fork(self._keepers)

    def __reduce__(self) -> tuple[type[AsyncWarmPool], tuple[Ahead]]:
        return AsyncWarmPool, (self._ahead,)

    def __call__(self, route: Route) -> AsyncWarmTransport:
        """Make the transport of one call."""
        return AsyncWarmTransport(self._keepers, route)

    def close(self) -> None:
        """Close what was opened ahead, and open no more."""
        self._keepers.close()


class AsyncWarmTransport:
    """Takes a connection that is open, or opens one; an AsyncTransport."""

    def __init__(self, keepers: _Keepers, route: Route) -> None:
        """Prepare without connecting."""
        self._trust = Trust(keepers)
        self._transport = AioTransport(route)

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Take a connection to the URL's address, or open one."""
        self.close()
        warm = self._trust.take(opening.url)
        if warm is None:
            await self._transport.connect(opening, timeout)
        else:
            self._transport = warm
        self._trust.called()

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Send one text frame."""
        try:
            await self._transport.send(data, timeout)
        except ConnectionFailedError as error:
            self._trust.broken(error)
            raise

    async def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""
        try:
            payload = await self._transport.receive(timeout)
        except ConnectionFailedError as error:
            self._trust.broken(error)
            raise
        if payload is None:
            self._trust.broken(None)
        self._trust.heard()
        return payload

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        await self._transport.sleep(seconds)

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer or the loop."""
        self._transport.close()


class _Keepers:
    """The keeper of each event loop that the client is used from."""

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self._closed = False
        self._by_loop: dict[asyncio.AbstractEventLoop, _Keeper] = {}
        self._inherited: list[_Keeper] = []

    def take(self, address: str) -> AioTransport | None:
        """Hand out a connection of the running loop that is open still."""
        keeper = self._by_loop.get(asyncio.get_running_loop())
        return None if keeper is None else keeper.take(address)

    def called(self, address: str) -> None:
        """Note a call in the running loop, and replace what it took."""
        self._bury()
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        keeper = self._by_loop.get(loop)
        if keeper is None:
            keeper = _Keeper(self._ahead, loop, lambda: self._by_loop.pop(loop, None))
            self._by_loop[loop] = keeper
        keeper.called(address)

    def lost(self, address: str) -> None:
        """Close all connections of the running loop to an address: one was found dead."""
        keeper = self._by_loop.get(asyncio.get_running_loop())
        if keeper is not None:
            keeper.lost(address)

    def close(self) -> None:
        """Have each loop close what is its own; from any thread."""
        self._closed = True
        for loop, keeper in list(self._by_loop.items()):
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(keeper.close)
        self._bury()

    def forget(self) -> None:
        """Let go, after a fork, of the parent's loops; to touch them would disturb the parent."""
        self._inherited += self._by_loop.values()
        self._by_loop.clear()

    def _bury(self) -> None:
        """Close what belongs to loops that were closed without being wound up."""
        for loop in [loop for loop in list(self._by_loop) if loop.is_closed()]:
            keeper = self._by_loop.pop(loop, None)
            if keeper is not None:
                keeper.close()


class _Keeper:
    """Keeps the connections of one event loop, in whose thread everything but its burial runs."""

    def __init__(
        self, ahead: Ahead, loop: asyncio.AbstractEventLoop, ended: Callable[[], object]
    ) -> None:
        self._ahead = ahead
        self._loop = loop
        self._book: WarmBook[AioTransport] = WarmBook(ahead.size)
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._life = _until_the_loop_ends(self._drop, ended)
        _step(self._life.__anext__())

    def take(self, address: str) -> AioTransport | None:
        """Hand out a connection that is open still, and close those that are not."""
        _close(self._book.expired(self._ahead.clock.wall()))
        while (warm := self._book.take(address)) is not None:
            if warm.alive():
                return warm
            warm.close()
        return None

    def called(self, address: str) -> None:
        """Note a call, and replace what it took."""
        self._book.called(address, self._ahead.clock.wall())
        self._look()

    def lost(self, address: str) -> None:
        """Close all connections to an address."""
        _close(self._book.lost(address))

    def close(self) -> None:
        """Close everything, in the loop's thread or after its end."""
        _step(self._life.aclose())

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._loop.is_closed():
            for task in self._tasks:
                task.cancel()
        _close(self._book.drain())

    def _look(self) -> None:
        """Drop what is too old, open what is missing, and end when that leaves nothing.

        Tasks and timers have an empty context: the caller's would be kept alive by them.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._ahead.clock.wall()
        _close(self._book.expired(now))
        for address in self._book.start(now):
            task = self._loop.create_task(self._open(address), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._tasks or self._book.ready:
            self._timer = self._loop.call_later(TICK, self._look, context=Context())
        else:
            self.close()

    async def _open(self, address: str) -> None:
        transport, signed = AioTransport(self._ahead.route), self._ahead.clock.wall()
        try:
            await transport.connect(self._ahead.opening(address), self._ahead.timeout)
        except FAILURES:
            self._book.failed(address)  # the next call meets the same, and tells
        else:
            self._book.opened(address, transport, signed)


async def _until_the_loop_ends(
    drop: Callable[[], None], ended: Callable[[], object]
) -> AsyncGenerator[None, None]:
    """Live until closed; a loop that is wound up closes its asynchronous generators.

    A task could do the same, but one that is pending when a loop ends is complained of.
    """
    try:
        yield
    finally:
        ended()
        drop()


def _step(step: Coroutine[Any, Any, None]) -> None:
    """Carry out a step of a generator that never waits, outside of a coroutine too."""
    with contextlib.suppress(StopIteration):
        step.send(None)


def _close(transports: list[AioTransport]) -> None:
    for transport in transports:
        transport.close()
