"""Every way to make a call, each as one function of a running emulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableConfig
from llama_index.core.llms import ChatMessage

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.cli import main
from langchain_spark import ChatSpark, SparkEmbeddings, SparkImageTool
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkEmbedding, SparkLLM
from tests.places import Place, settings_of

QUESTION = "苹果是什么颜色"


@dataclass(frozen=True)
class Caller:
    """Someone who calls a place with credentials of their own."""

    base_url: str
    credentials: Credentials


Surface: TypeAlias = Callable[[Place, RunnableConfig], object]


def one_try(spark: Place) -> dict[str, Any]:
    """The settings by which a model calls a place, without retries."""
    return {**settings_of(spark), "max_retries": 0}


def _client(spark: Place) -> SparkClient:
    return SparkClient(spark.credentials, base_url=spark.base_url, max_retries=0)


def _aclient(spark: Place) -> AsyncSparkClient:
    return AsyncSparkClient(spark.credentials, base_url=spark.base_url, max_retries=0)


def _chat(spark: Place) -> ChatSpark:
    return ChatSpark(**one_try(spark))


def _run(awaitable: Awaitable[object]) -> object:
    async def wait() -> object:
        return await awaitable

    return asyncio.run(wait(), debug=True)


def _read(items: AsyncIterator[object] | Awaitable[AsyncIterator[object]]) -> object:
    async def read() -> list[object]:
        stream = items if isinstance(items, AsyncIterator) else await items
        return [item async for item in stream]

    return asyncio.run(read(), debug=True)


def _chain(spark: Place) -> Any:
    return ChatPromptTemplate.from_messages([("human", "{q}")]) | _chat(spark) | StrOutputParser()


def _tool(spark: Place) -> Any:
    return SparkImageTool(**one_try(spark))


def _cli(spark: Place, config: RunnableConfig) -> object:
    """Run the command line; its environment is set by the test."""
    return main(["chat", QUESTION])


def _messages() -> list[ChatMessage]:
    return [ChatMessage(QUESTION)]


SURFACES: dict[str, Surface] = {
    "SparkClient.chat": lambda s, _: _client(s).chat(QUESTION),
    "AsyncSparkClient.chat": lambda s, _: _run(_aclient(s).chat(QUESTION)),
    "SparkClient.embed": lambda s, _: _client(s).embed([QUESTION], max_qps=None),
    "AsyncSparkClient.embed": lambda s, _: _run(_aclient(s).embed([QUESTION], max_qps=None)),
    "SparkClient.generate_image": lambda s, _: _client(s).generate_image(QUESTION),
    "ChatSpark.invoke": lambda s, config: _chat(s).invoke(QUESTION, config),
    "ChatSpark.stream": lambda s, config: list(_chat(s).stream(QUESTION, config)),
    "ChatSpark.ainvoke": lambda s, config: _run(_chat(s).ainvoke(QUESTION, config)),
    "ChatSpark.astream": lambda s, config: _read(_chat(s).astream(QUESTION, config)),
    "ChatSpark.astream_events": lambda s, config: _read(
        _chat(s).astream_events(QUESTION, config, version="v2")
    ),
    "a chain": lambda s, config: _chain(s).invoke({"q": QUESTION}, config),
    "LangChain's SparkLLM": lambda s, config: LangChainLLM(**one_try(s)).invoke(QUESTION, config),
    "SparkEmbeddings": lambda s, _: SparkEmbeddings(**one_try(s), max_qps=None).embed_query(
        QUESTION
    ),
    "SparkImageTool": lambda s, config: _tool(s).invoke({"prompt": QUESTION}, config),
    "LlamaIndex's SparkLLM.chat": lambda s, _: SparkLLM(**one_try(s)).chat(_messages()),
    "LlamaIndex's SparkLLM.stream_chat": lambda s, _: list(
        SparkLLM(**one_try(s)).stream_chat(_messages())
    ),
    "LlamaIndex's SparkLLM.achat": lambda s, _: _run(SparkLLM(**one_try(s)).achat(_messages())),
    "LlamaIndex's SparkLLM.astream_chat": lambda s, _: _read(
        SparkLLM(**one_try(s)).astream_chat(_messages())
    ),
    "SparkEmbedding": lambda s, _: SparkEmbedding(**one_try(s), max_qps=None).get_query_embedding(
        QUESTION
    ),
    "iflytek-spark chat": _cli,
}
