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
from tests._support.service import keys_of
from tests.contract.cases import Dialect
from tests.contract.services import HastyAioPool, HastyAioTransport, HastyPool, HastyTransport

PROMPT = "讲一个很长的故事，从前有座山，山里有座庙"
USUAL = 10.0
"""Seconds of a time-out that is not to run out."""
AT_ONCE = 0.2
"""Seconds within which the service must see that a caller has left."""


WIRES: dict[Dialect, dict[str, str]] = {
    "websocket": {},
    "A": {"wire": "http"},
    "B": {"wire": "http", "model": "xopglm5"},
}


def sync_client(spark: Emulator, dialect: Dialect = "websocket", **more: Any) -> SparkClient:
    transport = HastyTransport if dialect == "websocket" else HastyPool()
    settings: dict[str, Any] = {"base_url": spark.base_url, "transport": transport}
    return SparkClient(keys_of(spark), **{**settings, **WIRES[dialect], **more})


def async_client(spark: Emulator, dialect: Dialect = "websocket", **more: Any) -> AsyncSparkClient:
    transport = HastyAioTransport if dialect == "websocket" else HastyAioPool()
    settings: dict[str, Any] = {"base_url": spark.base_url, "transport": transport}
    return AsyncSparkClient(keys_of(spark), **{**settings, **WIRES[dialect], **more})


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
