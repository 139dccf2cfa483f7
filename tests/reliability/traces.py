"""What a call leaves behind: sockets, threads, tasks, descriptors, exceptions, tries."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self
from unittest import mock

from iflytek_spark.emulator import Emulator
from iflytek_spark.transports.http_async import AsyncHttpTransport
from iflytek_spark.transports.http_sync import HttpTransport
from iflytek_spark.transports.sse.aio import AsyncSseTransport
from iflytek_spark.transports.sse.aio_connections import LoopConnections
from iflytek_spark.transports.sse.sync import SsePool, SseTransport
from iflytek_spark.transports.ws_async import AsyncWebSocketTransport
from iflytek_spark.transports.ws_sync import WebSocketTransport

PATIENCE = 3.0
"""Seconds that a busy machine may need for what is asked of it, beyond any time-out."""


class Outcome:
    """Takes whatever a block raises, or what it sets as its answer."""

    def __init__(self) -> None:
        self.answer: object = None
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.error = error
        return isinstance(error, Exception | asyncio.CancelledError)

    def let_go(self) -> str:
        """Forget the exception, whose traceback keeps what its frames hold; return its name."""
        error, self.error = self.error, None
        return "left" if error is None else type(error).__name__


class Footprint:
    """What runs and what is open in this process."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._descriptors = len(os.listdir("/proc/self/fd"))

    def left(self) -> list[str]:
        """What there is that was not, after a moment for what is just ending."""
        deadline = time.monotonic() + PATIENCE
        while (left := list(self._more())) and time.monotonic() < deadline:
            os.sched_yield()
        return left

    def _more(self) -> Iterator[str]:
        now = Footprint()
        yield from (f"thread {thread.name}" for thread in now._threads - self._threads)
        if now._descriptors > self._descriptors:
            yield f"{now._descriptors - self._descriptors} descriptors"


class LoopWatch:
    """Watches the running event loop: what it complains of, and which tasks it still has."""

    def __init__(self) -> None:
        self._complaints: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: self._complaints.append(str(context["message"]))
        )

    async def left(self, spark: Emulator) -> list[str]:
        """What is left while the loop goes on, after a moment for what is just ending."""
        idle = await asyncio.to_thread(spark.wait_until_idle, PATIENCE)
        ending = asyncio.all_tasks() - {asyncio.current_task()}
        tasks = (await asyncio.wait(ending, timeout=PATIENCE))[1] if ending else ()
        sockets = [] if idle else ["socket"]
        return [*sockets, *(f"task {task.get_name()}" for task in tasks), *self._complaints]


@contextlib.contextmanager
def noted_waits() -> Iterator[list[float]]:
    """Note each wait between two tries in place of waiting."""
    waits: list[float] = []

    def sleep(self: object, seconds: float) -> None:
        waits.append(seconds)

    async def asleep(self: object, seconds: float) -> None:
        waits.append(seconds)

    with ExitStack() as patches, nothing_kept():
        for kind in (WebSocketTransport, HttpTransport, SseTransport):
            patches.enter_context(mock.patch.object(kind, "sleep", sleep))
        for async_kind in (AsyncWebSocketTransport, AsyncHttpTransport, AsyncSseTransport):
            patches.enter_context(mock.patch.object(async_kind, "sleep", asleep))
        yield waits


@contextlib.contextmanager
def nothing_kept() -> Iterator[None]:
    """Close connections of HTTP that would be kept for a next call, as a closed client does."""

    def close(self: object, origin: object, connection: Any) -> None:
        connection.close()

    with (
        mock.patch.object(SsePool, "give", close),
        mock.patch.object(LoopConnections, "give", close),
    ):
        yield
