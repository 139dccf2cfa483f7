"""Vectors of many texts from a service that takes so many requests in a second and no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.request import urlopen

from benchmarks.cases.sockets import CREDENTIALS
from benchmarks.sampling import Metrics, serving
from iflytek_spark import AsyncSparkClient, SparkClient

TEXTS = 1000
LIMIT = 20
IDEAL = TEXTS / LIMIT


def _sync(url: str, texts: list[str]) -> int:
    return len(SparkClient(CREDENTIALS, base_url=url).embed(texts, max_qps=LIMIT))


def _async(url: str, texts: list[str]) -> int:
    return len(asyncio.run(AsyncSparkClient(CREDENTIALS, base_url=url).embed(texts, max_qps=LIMIT)))


SURFACES: dict[str, Callable[[str, list[str]], int]] = {"sync": _sync, "async": _async}


def measure(surface: str) -> Metrics:
    """Return seconds of wall time, how many requests were refused, and ms of CPU."""
    texts = [f"第{number}条：秋天的北京很美" for number in range(TEXTS)]
    with serving("servers.embedding", str(LIMIT)) as (port,):
        start, used = time.perf_counter(), time.process_time()
        assert SURFACES[surface](f"ws://127.0.0.1:{port}", texts) == TEXTS
        wall, used = time.perf_counter() - start, time.process_time() - used
        with urlopen(f"http://127.0.0.1:{port}/") as answer:
            refused = int(answer.read())
    costs = {"refused": refused, "ms of CPU a text": used / TEXTS * 1e3}
    return {"s": wall, "wall/ideal": wall / IDEAL, **costs}
