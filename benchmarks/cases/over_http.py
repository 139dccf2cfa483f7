"""Our clients over HTTP, where ChatOpenAI asks too, and Spark's own service further away."""

from __future__ import annotations

import time

from benchmarks.cases import Place, count
from benchmarks.cases.sockets import CREDENTIALS
from benchmarks.sampling import Metrics
from benchmarks.servers.distant import ROUND_TRIPS
from iflytek_spark import AsyncSparkClient, Credentials, Message, ModelSpec, SparkClient

MAAS = Credentials(maas_api_key="key")
MODEL = ModelSpec.maas("m")
TRIP = 40
"""Milliseconds."""


def _messages(place: Place) -> list[Message]:
    return [Message(role, text) for role, text in place.conversation()]


def core(place: Place) -> int:
    client = SparkClient(MAAS, model=MODEL, base_url=place.openai)
    try:
        with client.stream(_messages(place)) as stream:
            return sum(1 for _ in stream.text())
    finally:
        client.close()


async def core_async(place: Place) -> int:
    client = AsyncSparkClient(MAAS, model=MODEL, base_url=place.openai)
    async with client.stream(_messages(place)) as stream:
        return await count(stream.text())


def first_token(kept: bool, ports: list[list[int]]) -> Metrics:
    """Return the ms to the first token, and how many round trips that is."""
    url = f"https://127.0.0.1:{ports[ROUND_TRIPS.index(TRIP)][0]}"
    clients = [SparkClient(CREDENTIALS, base_url=url, wire="http") for _ in range(2)]
    _first(clients[0])
    took = _first(clients[0 if kept else 1])
    for client in clients:
        client.close()
    return {"ms": took * 1e3, "round trips": took * 1e3 / TRIP}


def _first(client: SparkClient) -> float:
    start = time.perf_counter()
    with client.stream("你好") as stream:
        next(stream)
        took = time.perf_counter() - start
        stream.response()
    return took
