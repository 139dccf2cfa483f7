"""What is asked of a proxy, and what it costs there."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from benchmarks.proxies.load import ask, ask_many, request
from benchmarks.proxies.processes import Proxy

Work: TypeAlias = Callable[[Proxy, str], Awaitable[float]]
"""Measures a proxy that is ready, given its name of the model."""
_STREAM, _REPEATS = 1000, 10
_PACED_STREAMS, _PACED_CHUNKS = 64, 100
_CROWD, _CROWD_CHUNKS = 500, 50
_WHOLE_CHUNKS, _ASKED = 10, 200


async def full_speed(
    proxy: Proxy, model: str, chunks: int = _STREAM, repeats: int = _REPEATS
) -> float:
    """Return microseconds of CPU a chunk when the upstream is as fast as it can be."""
    data = request(model, chunks, stream=True)
    await ask(proxy.port, data)
    before = proxy.cpu()
    seen = [(await ask(proxy.port, data)).chunks for _ in range(repeats)]
    return (proxy.cpu() - before) / sum(seen) * 1e6


async def paced(proxy: Proxy, model: str) -> float:
    """Return microseconds of CPU a chunk of many streams, each with a chunk every 20 ms."""
    data = request(model, _PACED_CHUNKS, stream=True)
    await ask_many(proxy.port, data, 4)
    before = proxy.cpu()
    seen = await ask_many(proxy.port, data, _PACED_STREAMS)
    return (proxy.cpu() - before) / sum(one.chunks for one in seen) * 1e6


async def crowd(proxy: Proxy, model: str) -> float:
    """Return milliseconds to the first chunk, p95, of many paced streams that come at once."""
    data = request(model, _CROWD_CHUNKS, stream=True)
    await ask_many(proxy.port, data, 4)
    seen = await ask_many(proxy.port, data, _CROWD)
    return statistics.quantiles((one.first for one in seen), n=20)[-1] * 1e3


async def whole(proxy: Proxy, model: str) -> float:
    """Return milliseconds of CPU of a request that is not streamed."""
    data = request(model, _WHOLE_CHUNKS, stream=False)
    for _ in range(10):
        await ask(proxy.port, data)
    before = proxy.cpu()
    for _ in range(_ASKED):
        await ask(proxy.port, data)
    return (proxy.cpu() - before) / _ASKED * 1e3
