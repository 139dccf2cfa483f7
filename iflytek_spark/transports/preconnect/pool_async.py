"""asyncio connections opened ahead: those of each event loop by themselves, none outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Callable
from contextvars import Context

from iflytek_spark.protocol.steps import ConnectionFailedError, Opening
from iflytek_spark.transports.base import ConnectionOptions, PreconnectSettings
from iflytek_spark.transports.loop_end import ByLoop, run_step, until_the_loop_ends
from iflytek_spark.transports.preconnect.base import (
    CHECK_INTERVAL,
    OPENING_FAILURES,
    PING_AFTER,
    PING_TIMEOUT,
    PooledConnection,
    Taken,
    reset_after_fork,
)
from iflytek_spark.transports.preconnect.idle import IdleConnections
from iflytek_spark.transports.ws_async import AsyncWebSocketTransport, let_the_loop_read


class AsyncPreconnectPool:
    """The connections of one AsyncSparkClient; see :class:`~iflytek_spark.transports.base.Pool`.

    They are closed when the pool is garbage-collected. A copy, and a pickle, begins empty.
    """

    def __init__(self, settings: PreconnectSettings) -> None:
        """Open nothing yet: the first call shows which loop and which address are in use."""
        self._settings = settings
        self._pools = _PoolsByLoop(settings)
        weakref.finalize(self, self._pools.close)
        reset_after_fork(self._pools)

    def __reduce__(self) -> tuple[type[AsyncPreconnectPool], tuple[PreconnectSettings]]:
        return AsyncPreconnectPool, (self._settings,)

    def __call__(self, route: ConnectionOptions) -> AsyncPreconnectedTransport:
        """Make the transport of one call."""
        return AsyncPreconnectedTransport(self._pools, route)

    def close(self) -> None:
        """Close what was opened ahead, and open no more."""
        self._pools.close()


class AsyncPreconnectedTransport:
    """Takes a connection that is open, or opens one; an AsyncTransport."""

    def __init__(self, pools: _PoolsByLoop, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        self._pools = pools
        self._pooled = PooledConnection(pools)
        self._transport = AsyncWebSocketTransport(route)

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Take a connection to the URL's address, or open one."""
        self.close()
        clock = asyncio.get_running_loop().time
        deadline, address = clock() + timeout, self._pooled.wanted(opening.url)
        waiting = None if address is None else await self._pools.take(address, timeout)
        taken = self._pooled.took(waiting)
        if taken is None:
            await self._transport.connect(opening, deadline - clock())
        else:
            self._transport = taken
        self._pooled.note_use()

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Send one text frame."""
        try:
            await self._transport.send(data, timeout)
        except (ConnectionFailedError, TimeoutError) as error:
            self._pooled.note_failure(error)
            raise

    async def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""
        try:
            payload = await self._transport.receive(timeout)
        except (ConnectionFailedError, TimeoutError) as error:
            self._pooled.note_failure(error)
            raise
        if payload is None:
            self._pooled.note_failure(None)
        self._pooled.confirm()
        return payload

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        await self._transport.sleep(seconds)

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer or the loop."""
        self._transport.close()


class _PoolsByLoop:
    """The pool of each event loop that the client is used from."""

    def __init__(self, settings: PreconnectSettings) -> None:
        self._closed = False
        self._loops = ByLoop(lambda ended: _LoopPool(settings, ended))

    async def take(self, address: str, timeout: float) -> Taken[AsyncWebSocketTransport] | None:
        """Hand out a connection of the running loop that is open still."""
        pool = self._loops.get()
        return None if pool is None else await pool.take(address, timeout)

    def note_use(self, address: str) -> None:
        """Note a call in the running loop, and replace what it took."""
        if not self._closed:
            self._loops.running().note_use(address)

    def discard(self, address: str) -> None:
        """Close all connections of the running loop to an address: one was found dead."""
        pool = self._loops.get()
        if pool is not None:
            pool.discard(address)

    def close(self) -> None:
        """Have each loop close what is its own; from any thread."""
        self._closed = True
        self._loops.close()

    def reset(self) -> None:
        """Let go, after a fork, of what belongs to the parent."""
        self._loops.reset()


class _LoopPool:
    """Keeps the connections of one event loop, in whose thread all but the last closing runs."""

    def __init__(self, settings: PreconnectSettings, ended: Callable[[], object]) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._idle: IdleConnections[AsyncWebSocketTransport] = IdleConnections(settings.size)
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._life = until_the_loop_ends(self._drop, ended)
        run_step(self._life.__anext__())

    async def take(self, address: str, timeout: float) -> Taken[AsyncWebSocketTransport] | None:
        """Hand out a connection that is open still, and close those that are not.

        One that does not answer a ping is not the only one: then all are closed.
        """
        now = self._settings.clock.wall()
        _close(self._idle.expired(now))
        await let_the_loop_read()
        while True:
            silent = self._idle.age(address, now) >= PING_AFTER
            taken = self._idle.take(address)
            if taken is None:
                return None
            alive, usable = taken.alive(), False
            try:
                usable = alive and (not silent or await taken.answers(min(PING_TIMEOUT, timeout)))
            finally:
                if not usable:
                    taken.close()
            if usable:
                return Taken(taken, silent)
            if alive:
                self.discard(address)

    def note_use(self, address: str) -> None:
        """Note a call, and replace what it took."""
        self._idle.note_use(address, self._settings.clock.wall())
        self._look()

    def discard(self, address: str) -> None:
        """Close all connections to an address."""
        _close(self._idle.discard(address))

    def close(self) -> None:
        """Close everything, in the loop's thread or after its end."""
        run_step(self._life.aclose())

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._loop.is_closed():
            for task in self._tasks:
                task.cancel()
        _close(self._idle.drain())

    def _look(self) -> None:
        """Drop what is too old, open what is missing, and end when that leaves nothing.

        Tasks and timers have an empty context: the caller's would be kept alive by them.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._settings.clock.wall()
        _close(self._idle.expired(now))
        for address in self._idle.start(now):
            task = self._loop.create_task(self._open(address), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._tasks or self._idle.ready:
            self._timer = self._loop.call_later(CHECK_INTERVAL, self._look, context=Context())
        else:
            self.close()

    async def _open(self, address: str) -> None:
        transport, signed = (
            AsyncWebSocketTransport(self._settings.route),
            self._settings.clock.wall(),
        )
        opened = False
        try:
            with contextlib.suppress(*OPENING_FAILURES):  # the next call meets the same, and tells
                await transport.connect(self._settings.opening(address), self._settings.timeout)
                opened = True
        finally:
            if opened:
                self._idle.opened(address, transport, signed)
            else:
                transport.close()
                self._idle.failed(address)


def _close(transports: list[AsyncWebSocketTransport]) -> None:
    for transport in transports:
        transport.close()
