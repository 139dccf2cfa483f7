"""Many paced streams in one process, as the client sees them."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from benchmarks.cases import Place
from benchmarks.sampling import Metrics
from benchmarks.servers.paced import CHUNKS, PACE, expected

Ask: TypeAlias = Callable[[str], AsyncIterator[str]]
IDEAL_FIRST = PACE
IDEAL_WALL = PACE * CHUNKS


class Seen(NamedTuple):
    """One answer: its seconds to the first piece and to the end, and whether it is right."""

    first: float
    wall: float
    right: bool


def core(url: str) -> Ask:
    """Ask by the core."""
    from benchmarks.cases.sockets import CREDENTIALS
    from iflytek_spark import AsyncSparkClient

    client = AsyncSparkClient(CREDENTIALS, base_url=url)

    async def ask(question: str) -> AsyncIterator[str]:
        async with client.stream(question) as stream:
            async for text in stream.text():
                yield text

    return ask


def chat_spark(url: str) -> Ask:
    """Ask by LangChain."""
    from benchmarks.cases.langchain import make_chat_spark

    model = make_chat_spark(Place(url, "", CHUNKS))

    async def ask(question: str) -> AsyncIterator[str]:
        async for chunk in model.astream(question):
            if chunk.content:
                yield str(chunk.content)

    return ask


def core_over_http(url: str) -> Ask:
    """Ask by the core, over HTTP."""
    from benchmarks.cases.over_http import MAAS, MODEL
    from iflytek_spark import AsyncSparkClient

    client = AsyncSparkClient(MAAS, model=MODEL, base_url=url)

    async def ask(question: str) -> AsyncIterator[str]:
        async with client.stream(question) as stream:
            async for text in stream.text():
                yield text

    return ask


SURFACES = {"core": core, "chat_spark": chat_spark, "core_over_http": core_over_http}


def measure(surface: str, url: str, streams: int, spread: float, frozen: bool) -> Metrics:
    """Open streams one after the other over so many seconds, and read all to their ends.

    Args:
        surface: who asks.
        url: whom.
        streams: how many.
        spread: seconds over which they begin.
        frozen: whether the garbage collector is told to leave alone what was imported.

    Returns:
        Seconds (``wall``, ``p50``, ``p95``; against the ideal with ``/ideal``), KB of memory, and
        how many answers were wrong.
    """
    return asyncio.run(_measure(SURFACES[surface](url), streams, spread, frozen))


async def _measure(ask: Ask, streams: int, spread: float, frozen: bool) -> Metrics:
    await _stream(ask, streams, 0)
    gc.collect()
    if frozen:
        gc.freeze()
    before, start = _resident(), time.perf_counter()
    tasks = [
        asyncio.create_task(_stream(ask, number, spread * number / streams))
        for number in range(streams)
    ]
    await asyncio.sleep(spread + PACE * 2)
    memory = _resident() - before
    seen = await asyncio.gather(*tasks)
    wall = time.perf_counter() - start
    last = spread * (streams - 1) / streams
    return {
        **_first([one.first for one in seen]),
        "wall/ideal": wall / (last + IDEAL_WALL),
        "KB a stream": memory / streams,
        "wrong": sum(not one.right for one in seen),
    }


def _first(seconds: list[float]) -> Metrics:
    p50, p95 = statistics.median(seconds), _percentile(seconds, 0.95)
    return {"p50": p50, "p95": p95, "p50/ideal": p50 / IDEAL_FIRST, "p95/ideal": p95 / IDEAL_FIRST}


def _percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def _stream(ask: Ask, number: int, wait: float) -> Seen:
    await asyncio.sleep(wait)
    start = time.perf_counter()
    first, pieces = 0.0, []
    async for piece in ask(f"你好#{number:05}"):
        first = first or time.perf_counter() - start
        pieces.append(piece)
    return Seen(first, time.perf_counter() - start, "".join(pieces) == expected(number))


def _resident() -> float:
    """Return KB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024
