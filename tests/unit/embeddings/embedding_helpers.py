"""The two callers of embedding and image generation: a thread, and an event loop."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, Protocol

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.emulator import Emulator, SeenRequest
from iflytek_spark.models.services import GeneratedImage, Vector

SETTINGS = {
    "timeout", "max_retries", "proxy", "ssl_context", "base_url", "credentials", "strict",
    "max_response_bytes",
}  # fmt: skip


class Caller(Protocol):
    """Makes one call of a client of its own."""

    def embed(self, spark: Emulator, texts: Any, **more: Any) -> list[Vector]: ...

    def paint(self, spark: Emulator, prompt: Any, **more: Any) -> GeneratedImage: ...


class SyncCaller:
    def embed(self, spark: Emulator, texts: Any, **more: Any) -> list[Vector]:
        settings, options = divided(spark, {"max_qps": None, **more})
        return SparkClient(**settings).embed(texts, **options)

    def paint(self, spark: Emulator, prompt: Any, **more: Any) -> GeneratedImage:
        settings, options = divided(spark, more)
        return SparkClient(**settings).generate_image(prompt, **options)


class AsyncCaller:
    def embed(self, spark: Emulator, texts: Any, **more: Any) -> list[Vector]:
        settings, options = divided(spark, {"max_qps": None, **more})
        return asyncio.run(AsyncSparkClient(**settings).embed(texts, **options))

    def paint(self, spark: Emulator, prompt: Any, **more: Any) -> GeneratedImage:
        settings, options = divided(spark, more)
        return asyncio.run(AsyncSparkClient(**settings).generate_image(prompt, **options))


def divided(spark: Emulator, more: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of a client, and the options of its call."""
    settings: dict[str, Any] = {"credentials": spark.credentials, "base_url": spark.base_url}
    options: dict[str, Any] = {}
    for name, value in more.items():
        (settings if name in SETTINGS else options)[name] = value
    return settings, options


CALLERS: dict[str, Caller] = {"sync": SyncCaller(), "async": AsyncCaller()}

TEXTS = [f"第{number}段:讯飞星火" for number in range(12)]


def asked(request: SeenRequest) -> str:
    """The text of a request."""
    turns = json.loads(base64.b64decode(request.body["payload"]["messages"]["text"]))
    content: str = turns["messages"][0]["content"]
    return content


def domain(request: SeenRequest) -> str:
    name: str = request.body["parameter"]["emb"]["domain"]
    return name


def near(left: list[float], right: list[float]) -> bool:
    return max(abs(a - b) for a, b in zip(left, right, strict=True)) < 1e-6
