"""The models that are reached over HTTP: one row a model and address (PROTOCOL-HTTP.md §2, §8).

``domain`` is the value of ``model`` in the body, and ``dialect`` says which of the two forms is
spoken at ``url``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iflytek_spark.models.spec import (
    MAAS_CHAT_URL,
    MAAS_LACKS,
    SPARK_OPEN_LACKS,
    ModelSpec,
    Range,
)

OPEN_HOST = "https://spark-api-open.xf-yun.com"
"""Dialect A's host."""
MAAS_HOST = "https://maas-api.cn-huabei-1.xf-yun.com"
"""Dialect B's host for what is paid as it is used."""
MAAS_HOSTS = (
    MAAS_HOST,
    "https://maas-token-api.cn-huabei-1.xf-yun.com",
    "https://maas-coding-api.cn-huabei-1.xf-yun.com",
)
"""All of dialect B's hosts; the keys of plans and their hosts must not be mixed (§1)."""

CHAT_PATH = "/chat/completions"
"""What follows the base of an address."""
EMBEDDINGS_PATH = "/v2/embeddings"
"""Where B makes vectors."""
RERANK_PATH = "/v2/rerank"
"""Where B ranks."""

_OPEN = ModelSpec(
    name="",
    domain="",
    url="",
    dialect="spark-open",
    lacks=SPARK_OPEN_LACKS,
    temperature=Range(0, 2),
    default_temperature=1.0,
    top_p=Range(0, 1, exclusive_min=True),
    presence_penalty=Range(0, 2),
    frequency_penalty=Range(0, 1),
)
_X = replace(
    _OPEN,
    lacks=replace(SPARK_OPEN_LACKS, json_mode=True),
    search_excludes_tools=True,
    temperature=Range(0, 2, exclusive_min=True),
    default_temperature=1.2,
    default_top_k=6,
    tools=True,
    web_search=True,
    citations=True,
    reasoning=True,
    disputed=("system_role",),
)


_V1 = replace(
    _OPEN, url=f"{OPEN_HOST}/v1{CHAT_PATH}", context_tokens=8192, default_max_tokens=4096,
    max_tokens=Range(1, 4096), system_role=True,
)  # fmt: skip

OPEN_MODELS: tuple[ModelSpec, ...] = (
    replace(_V1, name="lite", domain="lite", title="Spark Lite"),
    replace(
        _V1, name="pro", domain="generalv3", title="Spark Pro", max_tokens=Range(1, 8192),
        tools=True, web_search=True,
    ),
    replace(
        _V1, name="pro-128k", domain="pro-128k", title="Spark Pro-128K", context_tokens=131072,
        tools=True,
    ),
    replace(
        _V1, name="max", domain="generalv3.5", title="Spark Max", max_tokens=Range(1, 8192),
        tools=True, web_search=True, citations=True, batch_model="generalv3.5",
    ),
    replace(
        _V1, name="max-32k", domain="max-32k", title="Spark Max-32K", context_tokens=32768,
        max_tokens=Range(1, 32768), tools=True,
    ),
    replace(
        _V1, name="4.0Ultra", domain="4.0Ultra", title="Spark 4.0 Ultra", context_tokens=32768,
        default_max_tokens=32768, max_tokens=Range(1, 32768), tools=True, web_search=True,
        citations=True, batch_model="4.0Ultra",
    ),
    replace(
        _X, name="x1.5", domain="spark-x", title="Spark X1.5", url=f"{OPEN_HOST}/v2{CHAT_PATH}",
        aliases=("x1",), context_tokens=65536, default_max_tokens=65535,
        max_tokens=Range(1, 65535), presence_penalty=Range(0, 3), batch_model="x1",
    ),
    replace(
        _X, name="x2", domain="spark-x", title="Spark X2", url=f"{OPEN_HOST}/x2{CHAT_PATH}",
        context_tokens=65536, default_max_tokens=65535, max_tokens=Range(1, 131072),
    ),
    replace(
        _X, name="x2-flash", domain="spark-x", title="Spark X2-Flash",
        url=f"{OPEN_HOST}/agent/v1{CHAT_PATH}", context_tokens=262144,
        default_max_tokens=65535, max_tokens=Range(1, 262144),
    ),
)  # fmt: skip
"""Dialect A: the id ``spark-x`` means whatever the path says."""

_HOSTED = ModelSpec(
    name="",
    domain="",
    url=MAAS_CHAT_URL,
    dialect="maas",
    lacks=MAAS_LACKS,
    context_tokens=32768,
    default_max_tokens=2048,
    max_tokens=Range(1, 32768),
    temperature=Range(0, 1),
    top_k=Range(1, 100),
    top_p=Range(0, 1, exclusive_min=True),
    system_role=True,
    tools=True,
)
_SPARK = replace(
    _HOSTED,
    context_tokens=262144,
    default_max_tokens=65536,
    max_tokens=Range(1, 262143),
    temperature=Range(0, 2),
    default_temperature=1.0,
    reasoning=True,
    note="Temperature 1 and top_p 0.95 are fixed; what is sent has no effect.",
)
_SPARK_25 = replace(_SPARK, http_keys={"max_tokens": "max_completion_tokens"})
_SEEING = replace(_HOSTED, vision=True)
_PLAIN = (
    "xopglm5", "xopglm51", "xopglm52", "xopglm53", "xopglmv47flash", "xopkimik25", "xminimaxm25",
    "xdeepseekv3",
)  # fmt: skip
_QWEN = (
    "xop35qwen2b", "xop3qwen1b7", "xop3qwen8b", "xop3qwen14b", "xop3qwen30b", "xop3qwen32b",
    "xop3qwen235b", "xop3qwencodernext",
)  # fmt: skip
_REASONING = ("xdeepseekr1", "xopdeepseekv32")
_WARMER = (
    "xopdeepseekv4pro", "xopdeepseekv4pro0813", "xopdeepseekv4flash", "xopdeepseekv4flash0731",
)  # fmt: skip
_VISION = (
    "xopqwen36v35b", "xopqwen35v35b", "xopqwen35397b", "xopkimik26", "xopkimik27code",
    "xop3qwen32bvl",
)  # fmt: skip
_OCR = ("xophunyuanocr", "xoppaddleocrv16", "xopdeepseekocr")


def _named(row: ModelSpec, *names: str) -> Iterator[ModelSpec]:
    for name in names:
        yield replace(row, name=name, domain=name, title=name)


MAAS_MODELS: tuple[ModelSpec, ...] = (
    *_named(_SPARK_25, "spark-x2.5", "spark-x2.5-4b", "spark-x2.5-1.7b"),
    *_named(_SPARK, "xsparkx2", "xsparkx2flash", "xsparkx2agent"),
    replace(
        _HOSTED, name="astron-code-latest", domain="astron-code-latest", title="Astron Code",
        url=f"{MAAS_HOSTS[2]}/v2{CHAT_PATH}", context_tokens=92160, default_max_tokens=32768,
    ),
    *_named(_HOSTED, *_PLAIN),
    *_named(replace(_HOSTED, lacks=replace(MAAS_LACKS, json_mode=True)), *_QWEN),
    *_named(replace(_HOSTED, reasoning=True), *_REASONING),
    *_named(replace(_HOSTED, reasoning=True, temperature=Range(0, 2)), *_WARMER),
    *_named(_SEEING, *_VISION),
    *_named(replace(_SEEING, tools=False, max_tokens=Range(1, 16384)), *_OCR),
)  # fmt: skip
"""Dialect B: Spark's own models first, then what the vendor hosts."""

EMBEDDING_MODELS = ("xop3qwen8bembedding", "xop3qwen0b6embedding")
"""Dialect B's models for vectors."""
EMBEDDING_DIMENSIONS = (32, 64, 128, 256, 512, 768, 1024, 2048, 4096)
"""The numbers that a vector of the first one may have."""
DEFAULT_DIMENSIONS = 768
"""How many it has when none is asked for."""
RERANK_MODELS = ("xop3qwen8breranker", "xop3qwen0b6reranker")
"""Dialect B's models for ranks."""

HTTP_MODELS: tuple[ModelSpec, ...] = (*OPEN_MODELS, *MAAS_MODELS)
"""Every row of both dialects."""
