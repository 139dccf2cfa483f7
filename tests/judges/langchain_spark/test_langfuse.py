"""Langfuse's callback: what is traced of an agent, and that no secret is in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from langfuse import Langfuse
from langfuse.langchain import CallbackHandler
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from iflytek_spark import Usage
from iflytek_spark.emulator import Call, Emulator, Reply, faults
from iflytek_spark.errors import SparkError
from tests.judges.langchain_spark.running import WAYS, messages_of
from tests.judges.replies import in_turn
from tests.langchain_spark.asking import Make

KEY = "pk-lf-judges"
USAGE = "langfuse.observation.usage_details"
MODEL = "langfuse.observation.model.name"


Traced = Callable[[], tuple[ReadableSpan, ...]]


@tool
def weather(city: str) -> str:
    """查询城市的天气。"""
    return f"{city}: sunny"


@pytest.fixture(scope="module")
def client() -> Iterator[tuple[Langfuse, InMemorySpanExporter]]:
    """Langfuse's client, of which there is one for a key, and where it sends its spans."""
    exporter = InMemorySpanExporter()
    client = Langfuse(
        public_key=KEY,
        secret_key="sk-lf-judges",
        base_url="http://127.0.0.1:9",
        tracer_provider=TracerProvider(),
        span_exporter=exporter,
    )
    yield client, exporter
    client.shutdown()


@pytest.fixture
def traced(client: tuple[Langfuse, InMemorySpanExporter]) -> Traced:
    """The spans of a test so far."""
    langfuse, exporter = client
    exporter.clear()

    def finished() -> tuple[ReadableSpan, ...]:
        langfuse.flush()
        return exporter.get_finished_spans()

    return finished


def everything(spans: tuple[ReadableSpan, ...]) -> str:
    """All that was traced, as one text."""
    return str(
        [
            (
                span.name,
                dict(span.attributes or {}),
                [(event.name, dict(event.attributes or {})) for event in span.events],
                span.status.description,
                dict(span.resource.attributes),
            )
            for span in spans
        ]
    )


@WAYS
async def test_an_agent_is_traced(chat: Make, spark: Emulator, traced: Traced, how: str) -> None:
    spark.respond = in_turn(
        Reply(calls=(Call("weather", {"city": "Hefei"}),), usage=Usage(35, 3, 38)),
        Reply("合肥晴。", usage=Usage(50, 4, 54)),
    )
    handler = CallbackHandler(public_key=KEY)
    agent: Any = create_agent(chat(), [weather]).with_config(callbacks=[handler])
    (*_, last) = await messages_of(agent, "The weather in Hefei?", how)
    assert last.text == "合肥晴。"
    spans = traced()
    generations = [
        span.attributes for span in spans if span.attributes and MODEL in span.attributes
    ]
    assert [span[MODEL] for span in generations] == ["4.0Ultra"] * 2
    counts = sorted(
        (json.loads(str(span[USAGE])) for span in generations), key=lambda c: c["input"]
    )
    assert [(count["input"], count["output"]) for count in counts] == [(35, 3), (50, 4)]
    assert "Hefei: sunny" in everything(spans)


@WAYS
async def test_no_secret_is_traced(chat: Make, spark: Emulator, traced: Traced, how: str) -> None:
    """Neither of an answer nor of an error that tells where it was asked."""
    handler = CallbackHandler(public_key=KEY)
    agent: Any = create_agent(chat(max_retries=0), [weather]).with_config(callbacks=[handler])
    await messages_of(agent, "Hello", how)
    spark.script(faults.RefuseHandshake(401))
    with pytest.raises(SparkError):
        await messages_of(agent, "Hello", how)
    text = everything(traced())
    assert "Hello" in text
    known = spark.credentials
    for secret in (known.api_key, known.api_secret, "authorization=", "signature="):
        assert secret not in text
