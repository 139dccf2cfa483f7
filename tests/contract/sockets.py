"""Helpers for tests with real sockets: clients of an emulator, and what they leave behind."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.emulator import Emulator
from iflytek_spark.timeouts import Timeouts
from tests.contract.services import HastyAioTransport, HastyTransport

PROMPT = "讲一个很长的故事，从前有座山，山里有座庙"
USUAL = 10.0
"""Seconds of a time-out that is not to run out."""
AT_ONCE = 0.2
"""Seconds within which the service must see that a caller has left."""


def sync_client(spark: Emulator, **more: Any) -> SparkClient:
    settings = {"base_url": spark.base_url, "transport": HastyTransport, **more}
    return SparkClient(spark.credentials, **settings)


def async_client(spark: Emulator, **more: Any) -> AsyncSparkClient:
    settings = {"base_url": spark.base_url, "transport": HastyAioTransport, **more}
    return AsyncSparkClient(spark.credentials, **settings)


def patience(**seconds: float) -> Timeouts:
    """Time-outs that are not to run out, except for those that are given."""
    usual = {"connect": USUAL, "response": USUAL, "idle": USUAL, "total": 3 * USUAL}
    return Timeouts(**{**usual, **seconds})


@contextlib.contextmanager
def no_new_threads() -> Iterator[None]:
    """Fail when a thread runs at the end that did not at the beginning."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


async def left_alone(spark: Emulator) -> bool:
    """Whether the emulator sees at once that everybody has left, while this loop runs on."""
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        loop.call_soon_threadsafe(answer.set_result, spark.wait_until_idle(AT_ONCE))

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        return await answer
    finally:
        thread.join()
