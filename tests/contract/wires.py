"""One chat over each wire and from both worlds, for what holds of every connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from iflytek_spark import AsyncSparkClient, ChatResponse, SparkClient
from iflytek_spark.emulator import Emulator

WIRES: dict[str, dict[str, Any]] = {
    "WebSocket": {"model": "4.0Ultra"},
    "A": {"model": "4.0Ultra", "wire": "http"},
    "B": {"model": "spark-x2.5"},
}
PROMPT = "苹果"

Ask = Callable[..., ChatResponse]


def ask_sync(wire: str, spark: Emulator, **more: Any) -> ChatResponse:
    client = SparkClient(**_settings(wire, spark, more))
    with contextlib.closing(client):
        return client.chat(PROMPT)


def ask_async(wire: str, spark: Emulator, **more: Any) -> ChatResponse:
    client = AsyncSparkClient(**_settings(wire, spark, more))
    with contextlib.closing(client):
        return asyncio.run(client.chat(PROMPT))


def _settings(wire: str, spark: Emulator, more: dict[str, Any]) -> dict[str, Any]:
    keys = replace(spark.credentials, maas_api_key=spark.http_keys.maas_key)
    own = {"credentials": keys, "base_url": spark.base_url, "max_retries": 0}
    return {**own, **WIRES[wire], **more}


every_wire = pytest.mark.parametrize(
    "ask",
    [
        pytest.param(partial(ask, wire), id=f"{world}-{wire}")
        for world, ask in (("sync", ask_sync), ("async", ask_async))
        for wire in WIRES
    ],
)
