"""Time to the first token over TLS, as the client sees it.

Objects are made, and what is loaded once is loaded, before the clock starts. *Cold* opens a
connection; *warm* has one: ours by ``preconnect``, ChatOpenAI's by HTTP's keep-alive.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import httpx

from benchmarks.cases import Place
from benchmarks.cases.sockets import CREDENTIALS
from benchmarks.sampling import Metrics
from benchmarks.servers.distant import ROUND_TRIPS

WARM = 2
PROMPT = "你好"
Call: TypeAlias = Callable[[], float]
"""Makes a call, reads it to its end, and returns the seconds to its first token."""


def measure(row: str, ports: list[list[int]]) -> Metrics:
    """Return the ms to the first token, by round trip.

    Args:
        row: a name in ``ROWS``.
        ports: for each round trip Spark's and OpenAI's.
    """
    make = ROWS[row]
    places = [Place(f"wss://127.0.0.1:{a}", f"https://127.0.0.1:{b}", 0) for a, b in ports]
    make(places[0], 0)()
    gc.collect()  # what the imports have left would be gone over in the middle of a call
    times = [make(place, trip / 1000)() for place, trip in zip(places, ROUND_TRIPS)]
    return {str(trip): seconds * 1e3 for trip, seconds in zip(ROUND_TRIPS, times)}


def _first(stream: Iterator[Any]) -> float:
    start = time.perf_counter()
    took = 0.0
    for chunk in stream:
        if not took and getattr(chunk, "content", True):
            took = time.perf_counter() - start
    assert took
    return took


def _refill(trip: float) -> float:
    """Return the seconds after which sockets have been opened ahead for certain."""
    return 0.1 + 4 * (WARM + 1) * trip


def _sync(preconnect: int) -> Callable[[Place, float], Call]:
    def make(place: Place, trip: float) -> Call:
        from iflytek_spark import SparkClient

        client = SparkClient(CREDENTIALS, base_url=place.spark, preconnect=preconnect)

        def call() -> float:
            start = time.perf_counter()
            with client.stream(PROMPT) as stream:
                next(stream)
                took = time.perf_counter() - start
                stream.response()
            return took

        call()
        time.sleep(_refill(trip) if preconnect else 0.0)
        return lambda: _closing(call, client.close)

    return make


def _closing(call: Call, close: Callable[[], object]) -> float:
    try:
        return call()
    finally:
        close()


def _async(preconnect: int) -> Callable[[Place, float], Call]:
    def make(place: Place, trip: float) -> Call:
        return lambda: asyncio.run(main(place, trip))

    async def main(place: Place, trip: float) -> float:
        from iflytek_spark import AsyncSparkClient

        client = AsyncSparkClient(CREDENTIALS, base_url=place.spark, preconnect=preconnect)

        async def call() -> float:
            start = time.perf_counter()
            async with client.stream(PROMPT) as stream:
                await anext(stream)
                took = time.perf_counter() - start
                await stream.response()
            return took

        await call()
        await asyncio.sleep(_refill(trip) if preconnect else 0.0)
        return await call()

    return make


def _community(place: Place, trip: float) -> Call:
    from benchmarks.cases.spark_peers import make_community

    keys = {"spark_app_id": CREDENTIALS.app_id, "spark_api_key": CREDENTIALS.api_key}
    model = make_community(place, **keys, spark_api_secret=CREDENTIALS.api_secret)
    return lambda: _first(model.stream(PROMPT))


def _vendor(place: Place, trip: float) -> Call:
    from sparkai.core.messages import ChatMessage

    from benchmarks.cases.spark_peers import make_vendor

    keys = {"spark_app_id": CREDENTIALS.app_id, "spark_api_key": CREDENTIALS.api_key}
    model = make_vendor(place, **keys, spark_api_secret=CREDENTIALS.api_secret)
    return lambda: _first(model.stream([ChatMessage(role="user", content=PROMPT)]))


def _openai(place: Place, pool: httpx.Client) -> Call:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    url, key = f"{place.openai}/v1", SecretStr("key")
    model = ChatOpenAI(base_url=url, api_key=key, model="m", http_client=pool)
    return lambda: _first(model.stream(PROMPT))


def _openai_cold(place: Place, trip: float) -> Call:
    return _openai(place, httpx.Client())


def _openai_warm(place: Place, trip: float) -> Call:
    """Read an answer whole, which keeps the connection; ChatOpenAI drops it after a stream."""
    pool = httpx.Client()
    pool.post(f"{place.openai}/v1", json={})
    return _openai(place, pool)


ROWS: dict[str, Callable[[Place, float], Call]] = {
    "SparkClient, cold": _sync(0),
    "SparkClient, warm": _sync(WARM),
    "AsyncSparkClient, cold": _async(0),
    "AsyncSparkClient, warm": _async(WARM),
    "spark-ai-python": _vendor,
    "langchain-community": _community,
    "ChatOpenAI, cold": _openai_cold,
    "ChatOpenAI, warm": _openai_warm,
}
