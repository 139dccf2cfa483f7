"""A time-out of one call, on every surface of both frameworks, against a service that is silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeAlias

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from iflytek_spark import APITimeoutError, AsyncSparkClient, ChatOptions, SparkClient, Timeouts
from iflytek_spark.emulator import Emulator, faults, running_emulator
from langchain_spark import ChatSpark
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkLLM
from tests._support.service import Place, settings_of

pytestmark = pytest.mark.skipif(
    "timeout" not in ChatOptions.__annotations__, reason="the core has no time-out of a call yet"
)

QUESTION = "苹果是什么颜色"
SHORT: dict[str, Any] = {
    "seconds": 0.1,
    "whole seconds' own type": Timeouts(total=0.1),
    "until the first frame": Timeouts(response=0.1),
}


class Fruit(BaseModel):
    """A fruit."""

    color: str


def weigh(fruit: str) -> int:
    """Weigh a fruit."""
    return len(fruit)


def _run(awaitable: Awaitable[object]) -> object:
    async def wait() -> object:
        return await awaitable

    return asyncio.run(wait())


def _read(items: AsyncIterable[object] | Awaitable[AsyncIterable[object]]) -> object:
    async def read() -> list[object]:
        stream = items if isinstance(items, AsyncIterator) else await _stream(items)
        return [item async for item in stream]

    return asyncio.run(read())


async def _stream(items: Any) -> AsyncIterable[object]:
    stream: AsyncIterable[object] = items if hasattr(items, "__aiter__") else await items
    return stream


def _sync(spark: Place) -> Any:
    return SparkClient(spark.credentials, base_url=spark.base_url, max_retries=0)


def _async(spark: Place) -> Any:
    return AsyncSparkClient(spark.credentials, base_url=spark.base_url, max_retries=0)


def _chat(spark: Place, **settings: Any) -> ChatSpark:
    return ChatSpark(**settings_of(spark), max_retries=0, **settings)


def _text(spark: Place) -> LangChainLLM:
    return LangChainLLM(**settings_of(spark), max_retries=0)


def _llama(spark: Place) -> SparkLLM:
    return SparkLLM(**settings_of(spark), max_retries=0)


def _chain(spark: Place, timeout: Any) -> Any:
    return ChatPromptTemplate.from_messages([("human", "{q}")]) | _chat(spark).bind(timeout=timeout)


def _fruit(spark: Place, timeout: Any, method: Any = None) -> Any:
    return _chat(spark).with_structured_output(Fruit, method=method, timeout=timeout)


MESSAGES = [ChatMessage(QUESTION)]
PROMPT = PromptTemplate("{fruit}")
TOOLS = [FunctionTool.from_defaults(weigh)]

Surface: TypeAlias = Callable[[Place, Any], object]
SURFACES: dict[str, Surface] = {
    "SparkClient.chat": lambda s, t: _sync(s).chat(QUESTION, timeout=t),
    "SparkClient.stream": lambda s, t: list(_sync(s).stream(QUESTION, timeout=t)),
    "AsyncSparkClient.chat": lambda s, t: _run(_async(s).chat(QUESTION, timeout=t)),
    "AsyncSparkClient.stream": lambda s, t: _read(_async(s).stream(QUESTION, timeout=t)),
    "ChatSpark.invoke": lambda s, t: _chat(s).invoke(QUESTION, timeout=t),
    "ChatSpark.invoke, streaming": lambda s, t: _chat(s, streaming=True).invoke(
        QUESTION, timeout=t
    ),
    "ChatSpark.ainvoke": lambda s, t: _run(_chat(s).ainvoke(QUESTION, timeout=t)),
    "ChatSpark.stream": lambda s, t: list(_chat(s).stream(QUESTION, timeout=t)),
    "ChatSpark.astream": lambda s, t: _read(_chat(s).astream(QUESTION, timeout=t)),
    "ChatSpark.astream_events": lambda s, t: _read(
        _chat(s).astream_events(QUESTION, version="v2", timeout=t)
    ),
    "ChatSpark.stream_events": lambda s, t: list(
        _chat(s).stream_events(QUESTION, version="v3", timeout=t)
    ),
    "ChatSpark.batch": lambda s, t: _chat(s).batch([QUESTION], timeout=t),
    "ChatSpark.abatch": lambda s, t: _run(_chat(s).abatch([QUESTION], timeout=t)),
    "ChatSpark.generate": lambda s, t: _chat(s).generate([[HumanMessage(QUESTION)]], timeout=t),
    "ChatSpark.bind": lambda s, t: _chat(s).bind(timeout=t).invoke(QUESTION),
    "ChatSpark.bind_tools": lambda s, t: _chat(s).bind_tools([weigh], timeout=t).invoke(QUESTION),
    "a chain": lambda s, t: _chain(s, t).invoke({"q": QUESTION}),
    "structured output by tool": lambda s, t: _fruit(s, t).invoke(QUESTION),
    "structured output by text": lambda s, t: _fruit(s, t, "json_schema").invoke(QUESTION),
    "structured output, async": lambda s, t: _run(_fruit(s, t).ainvoke(QUESTION)),
    "LangChain's SparkLLM.invoke": lambda s, t: _text(s).invoke(QUESTION, timeout=t),
    "LangChain's SparkLLM.ainvoke": lambda s, t: _run(_text(s).ainvoke(QUESTION, timeout=t)),
    "LangChain's SparkLLM.stream": lambda s, t: list(_text(s).stream(QUESTION, timeout=t)),
    "LangChain's SparkLLM.astream": lambda s, t: _read(_text(s).astream(QUESTION, timeout=t)),
    "LlamaIndex's chat": lambda s, t: _llama(s).chat(MESSAGES, timeout=t),
    "LlamaIndex's achat": lambda s, t: _run(_llama(s).achat(MESSAGES, timeout=t)),
    "LlamaIndex's stream_chat": lambda s, t: list(_llama(s).stream_chat(MESSAGES, timeout=t)),
    "LlamaIndex's astream_chat": lambda s, t: _read(_llama(s).astream_chat(MESSAGES, timeout=t)),
    "LlamaIndex's complete": lambda s, t: _llama(s).complete(QUESTION, timeout=t),
    "LlamaIndex's acomplete": lambda s, t: _run(_llama(s).acomplete(QUESTION, timeout=t)),
    "LlamaIndex's stream_complete": lambda s, t: list(
        _llama(s).stream_complete(QUESTION, timeout=t)
    ),
    "LlamaIndex's astream_complete": lambda s, t: _read(
        _llama(s).astream_complete(QUESTION, timeout=t)
    ),
    "LlamaIndex's chat_with_tools": lambda s, t: _llama(s).chat_with_tools(
        TOOLS, QUESTION, timeout=t
    ),
    "LlamaIndex's predict_and_call": lambda s, t: _llama(s).predict_and_call(
        TOOLS, QUESTION, timeout=t
    ),
    "LlamaIndex's structured_predict": lambda s, t: _llama(s).structured_predict(
        Fruit, PROMPT, {"timeout": t}, fruit=QUESTION
    ),
    "LlamaIndex's astructured_predict": lambda s, t: _run(
        _llama(s).astructured_predict(Fruit, PROMPT, {"timeout": t}, fruit=QUESTION)
    ),
    "LlamaIndex's stream_structured_predict": lambda s, t: list(
        _llama(s).stream_structured_predict(Fruit, PROMPT, {"timeout": t}, fruit=QUESTION)
    ),
    "LlamaIndex's astream_structured_predict": lambda s, t: _read(
        _llama(s).astream_structured_predict(Fruit, PROMPT, {"timeout": t}, fruit=QUESTION)
    ),
}


@pytest.fixture
def silent() -> Iterator[Emulator]:
    """A Spark that takes a question and says nothing."""
    with running_emulator() as spark:
        spark.script(faults.Silence(after=0))
        yield spark
        assert spark.wait_until_idle(), "the call left its connection open"


@pytest.mark.parametrize("ask", SURFACES.values(), ids=SURFACES)
def test_a_call_has_a_time_out_of_its_own(ask: Surface, silent: Emulator) -> None:
    with pytest.raises(APITimeoutError, match=r"0\.1 s"):
        ask(silent, 0.1)
    assert len(silent.requests) == 1


@pytest.mark.parametrize("given", SHORT.values(), ids=SHORT)
@pytest.mark.parametrize("name", ["ChatSpark.invoke", "LlamaIndex's achat"])
def test_it_is_seconds_or_time_outs(name: str, given: Any, silent: Emulator) -> None:
    with pytest.raises(APITimeoutError):
        SURFACES[name](silent, given)


@pytest.mark.parametrize("make", [ChatSpark, SparkLLM])
def test_the_calls_time_out_wins_over_the_models(make: Any, silent: Emulator) -> None:
    llm = make(**settings_of(silent), max_retries=0, timeout=60)
    with pytest.raises(APITimeoutError):
        _complete(llm, timeout=0.1)
    hasty = llm.model_copy(update={"timeout": 0.000001})
    assert _complete(hasty, timeout=60)


def _complete(llm: Any, timeout: float) -> object:
    ask = llm.invoke if isinstance(llm, ChatSpark) else llm.complete
    return ask(QUESTION, timeout=timeout)
