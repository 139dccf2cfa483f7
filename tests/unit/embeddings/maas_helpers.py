"""Vectors and ranks of hosted models, asked for in a thread and in an event loop."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Protocol

from iflytek_spark import AsyncSparkClient, RankedDocument, SparkClient, Vector
from iflytek_spark.emulator import Emulator
from tests.unit.embeddings.embedding_helpers import divided

MODEL = "xop3qwen8bembedding"


class MaasCaller(Protocol):
    """Makes one call of a client of its own."""

    def embed(self, spark: Emulator, texts: Any, **more: Any) -> list[Vector]: ...

    def rerank(
        self, spark: Emulator, query: Any, documents: Any, **more: Any
    ) -> list[RankedDocument]: ...


class MaasSync:
    def embed(self, spark: Emulator, texts: Any, **more: Any) -> list[Vector]:
        settings, options = settled(spark, {"model": MODEL, **more})
        return SparkClient(**settings).embed(texts, **options)

    def rerank(
        self, spark: Emulator, query: Any, documents: Any, **more: Any
    ) -> list[RankedDocument]:
        settings, options = settled(spark, more)
        return SparkClient(**settings).rerank(query, documents, **options)


class MaasAsync:
    def embed(self, spark: Emulator, texts: Any, **more: Any) -> list[Vector]:
        settings, options = settled(spark, {"model": MODEL, **more})
        return asyncio.run(AsyncSparkClient(**settings).embed(texts, **options))

    def rerank(
        self, spark: Emulator, query: Any, documents: Any, **more: Any
    ) -> list[RankedDocument]:
        settings, options = settled(spark, more)
        return asyncio.run(AsyncSparkClient(**settings).rerank(query, documents, **options))


def settled(spark: Emulator, more: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of a client that has a MaaS key, and the options of its call."""
    keys = replace(spark.credentials, maas_api_key=spark.http_keys.maas_key)
    clock = {"clock": more.pop("clock")} if "clock" in more else {}
    settings, options = divided(spark, {"credentials": keys, "max_qps": None, **more})
    return settings | clock, options


MAAS_CALLERS: dict[str, MaasCaller] = {"sync": MaasSync(), "async": MaasAsync()}


def sent(spark: Emulator, key: str = "input") -> list[list[str]]:
    """The texts of each request."""
    return [list(request.body[key]) for request in spark.requests]
