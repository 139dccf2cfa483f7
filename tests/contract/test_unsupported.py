"""What a model lacks is left out and named by every client and adapter, where that is wished."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from langchain_core.messages import AIMessageChunk
from llama_index.core.llms import ChatMessage

from iflytek_spark import (
    AsyncSparkClient,
    Finished,
    InvalidRequestError,
    SparkClient,
)
from iflytek_spark.emulator import Emulator, running_emulator
from langchain_spark import ChatSpark
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkLLM
from tests._support.service import settings_of

QUESTION = "苹果是什么颜色"
LACKING: dict[str, Any] = {"top_p": 0.1, "temperature": 1.7}
Ask: TypeAlias = Callable[[Emulator, dict[str, Any], dict[str, Any]], Any]
"""Makes a model with the first options, calls it with the second, and returns the names."""


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


def _client(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    client = SparkClient(spark.credentials, base_url=spark.base_url, **made)
    return client.chat(QUESTION, **called).ignored


def _client_stream(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    client = SparkClient(spark.credentials, base_url=spark.base_url, **made)
    with client.stream(QUESTION, **called) as stream:
        *_, end = stream
        assert isinstance(end, Finished)
        assert stream.ignored == end.ignored == stream.response().ignored
        return end.ignored


def _async_client(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    client = AsyncSparkClient(spark.credentials, base_url=spark.base_url, **made)
    return asyncio.run(client.chat(QUESTION, **called)).ignored


def _async_stream(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    client = AsyncSparkClient(spark.credentials, base_url=spark.base_url, **made)

    async def read() -> object:
        async with client.stream(QUESTION, **called) as stream:
            *_, end = [event async for event in stream]
            assert isinstance(end, Finished)
            return end.ignored

    return asyncio.run(read())


def _chat_spark(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    return ChatSpark(**settings_of(spark), **made).invoke(QUESTION, **called).response_metadata


def _chat_spark_stream(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    whole = AIMessageChunk(content="")
    for chunk in ChatSpark(**settings_of(spark), **made).stream(QUESTION, **called):
        whole += chunk
    return whole.response_metadata


def _langchain_llm(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    """A text has no metadata: what was asked is compared with what was sent."""
    assert LangChainLLM(**settings_of(spark), **made).invoke(QUESTION, **called)
    sent = json.loads(spark.requests[-1].data)["parameter"]["chat"]
    return [name for name, value in LACKING.items() if sent.get(name) != value]


def _llama_index(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    return SparkLLM(**settings_of(spark), **made).chat([ChatMessage(QUESTION)], **called).raw


def _llama_index_stream(spark: Emulator, made: dict[str, Any], called: dict[str, Any]) -> object:
    *_, last = SparkLLM(**settings_of(spark), **made).stream_complete(QUESTION, **called)
    return last.raw


SURFACES: dict[str, Ask] = {
    "SparkClient.chat": _client,
    "SparkClient.stream": _client_stream,
    "AsyncSparkClient.chat": _async_client,
    "AsyncSparkClient.stream": _async_stream,
    "ChatSpark.invoke": _chat_spark,
    "ChatSpark.stream": _chat_spark_stream,
    "LangChain's SparkLLM": _langchain_llm,
    "LlamaIndex's SparkLLM.chat": _llama_index,
    "LlamaIndex's SparkLLM.stream_complete": _llama_index_stream,
}
each = pytest.mark.parametrize("ask", SURFACES.values(), ids=SURFACES)


def _names(found: Any) -> set[str]:
    return {*(found["ignored"] if isinstance(found, dict) else found)}


@each
def test_it_may_be_said_of_a_call_or_when_an_object_is_made(spark: Emulator, ask: Ask) -> None:
    names = {"top_p", "temperature"}
    assert _names(ask(spark, {}, {**LACKING, "unsupported": "ignore"})) == names
    assert _names(ask(spark, {"unsupported": "ignore"}, LACKING)) == names
    chat = spark.requests[-1].data
    assert b"top_p" not in chat
    assert b'"temperature":1' in chat.replace(b" ", b"")


@each
def test_the_default_refuses_by_name_and_a_call_wins(spark: Emulator, ask: Ask) -> None:
    before = len(spark.handshakes)
    with pytest.raises(InvalidRequestError, match="has no top_p"):
        ask(spark, {}, {"top_p": 0.1})
    with pytest.raises(InvalidRequestError, match="has no top_p"):
        ask(spark, {"unsupported": "ignore"}, {"top_p": 0.1, "unsupported": "refuse"})
    assert len(spark.handshakes) == before


def test_options_that_nobody_here_knows(spark: Emulator) -> None:
    model = ChatSpark(**settings_of(spark), unsupported="ignore")
    answer = model.bind(seed=7, logit_bias={"1": 2}).invoke(QUESTION)
    assert answer.response_metadata["ignored"] == ["seed", "logit_bias"]
    assert "ignored" not in model.invoke(QUESTION).response_metadata
    with pytest.raises(InvalidRequestError, match="there is no option 'n'"):
        model.invoke(QUESTION, n=2)


def test_a_client_of_ones_own_says_it_too(spark: Emulator) -> None:
    client = SparkClient(
        spark.credentials, base_url=spark.base_url, model="lite", unsupported="ignore"
    )
    answer = ChatSpark(client=client, top_p=0.1).bind_tools([_weather]).invoke(QUESTION)
    assert {*answer.response_metadata["ignored"]} == {"top_p", "tools"}


def _weather(city: str) -> str:
    """The weather in a city."""
    return city
