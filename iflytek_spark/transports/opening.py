"""What opens the connections of one client; what opens them is loaded when it is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from iflytek_spark.transports.base import (
    AnyTransport,
    AsyncTransport,
    ConnectionOptions,
    Pool,
    PreconnectSettings,
    Transport,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TransportKind(Generic[AnyTransport]):
    """How the transports of threads, or those of event loops, are made.

    Attributes:
        transport: makes one that opens its own connection.
        pool: makes a pool of connections that are opened before a call needs them.
        http: makes what keeps connections of HTTP open between calls.
    """

    transport: Callable[[ConnectionOptions], AnyTransport]
    pool: Callable[[PreconnectSettings], Pool[AnyTransport]]
    http: Callable[[], Pool[AnyTransport]]


def _transport(route: ConnectionOptions) -> Transport:
    from iflytek_spark.transports.ws_sync import WebSocketTransport

    return WebSocketTransport(route)


def _pool(settings: PreconnectSettings) -> Pool[Transport]:
    from iflytek_spark.transports.preconnect.pool_sync import PreconnectPool

    return PreconnectPool(settings)


def _async_transport(route: ConnectionOptions) -> AsyncTransport:
    from iflytek_spark.transports.ws_async import AsyncWebSocketTransport

    return AsyncWebSocketTransport(route)


def _async_pool(settings: PreconnectSettings) -> Pool[AsyncTransport]:
    from iflytek_spark.transports.preconnect.pool_async import AsyncPreconnectPool

    return AsyncPreconnectPool(settings)


def _http() -> Pool[Transport]:
    from iflytek_spark.transports.sse.sync import SsePool

    return SsePool()


def _async_http() -> Pool[AsyncTransport]:
    from iflytek_spark.transports.sse.aio import AsyncSsePool

    return AsyncSsePool()


BLOCKING = TransportKind(_transport, _pool, _http)
ASYNC = TransportKind(_async_transport, _async_pool, _async_http)


async def load_off_the_loop(module: str) -> None:
    """Import a module in a thread: the first that needs httpx2 would hold the loop up for 0.2 s."""
    if module in sys.modules:
        return
    import importlib

    await off_the_loop(partial(importlib.import_module, module))


async def off_the_loop(work: Callable[[], T]) -> T:
    """Do in a thread what would hold the loop up."""
    import asyncio

    return await asyncio.to_thread(work)
