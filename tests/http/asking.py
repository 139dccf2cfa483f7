"""The four ways to ask, each of which must see the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from iflytek_spark import (
    AsyncSparkClient,
    ChatResponse,
    Credentials,
    SparkClient,
    Timeouts,
    Tool,
)
from iflytek_spark.emulator import Emulator
from tests._support.service import settings_of

KEYS = Credentials(
    "app1", "an API key", "an API secret", maas_api_key="a MaaS key", api_password="a password"
)
WEATHER = Tool("weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
SETTINGS: dict[str, Any] = {
    "timeout": Timeouts(connect=10, response=10, idle=10, total=20), "max_retries": 0,
}  # fmt: skip

Ask = Callable[..., ChatResponse]


def chat(url: str, **options: Any) -> ChatResponse:
    return SparkClient(KEYS, base_url=url, **SETTINGS).chat("你好", **options)


def stream(url: str, **options: Any) -> ChatResponse:
    with SparkClient(KEYS, base_url=url, **SETTINGS).stream("你好", **options) as running:
        list(running)
        return running.response()


def achat(url: str, **options: Any) -> ChatResponse:
    client = AsyncSparkClient(KEYS, base_url=url, **SETTINGS)
    return asyncio.run(client.chat("你好", **options))


def astream(url: str, **options: Any) -> ChatResponse:
    async def ask() -> ChatResponse:
        client = AsyncSparkClient(KEYS, base_url=url, **SETTINGS)
        async with client.stream("你好", **options) as running:
            async for _ in running:
                pass
            return await running.response()

    return asyncio.run(ask())


WAYS: list[Ask] = [chat, stream, achat, astream]


def model_settings(spark: Emulator) -> dict[str, Any]:
    """The settings by which a model of either adapter calls an emulator."""
    return {**settings_of(spark), "maas_api_key": spark.http_keys.maas_key}
