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
from iflytek_spark.emulator import Emulator
from langchain_spark import ChatSpark, SparkEmbeddings, SparkImageTool
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkEmbedding, SparkLLM

QUESTION = "苹果是什么颜色"


@dataclass(frozen=True)
class Place:
    """Where a caller calls, and as whom."""

    base_url: str
    credentials: Credentials


Surface: TypeAlias = Callable[[Place | Emulator, RunnableConfig], object]


def settings_of(spark: Place | Emulator) -> dict[str, Any]:
    known = spark.credentials
    return {
        "base_url": spark.base_url,
        "app_id": known.app_id,
        "api_key": known.api_key,
        "api_secret": known.api_secret,
        "max_retries": 0,
    }


def _client(spark: Place | Emulator) -> SparkClient:
    return SparkClient(spark.credentials, base_url=spark.base_url, max_retries=0)


def _aclient(spark: Place | Emulator) -> AsyncSparkClient:
    return AsyncSparkClient(spark.credentials, base_url=spark.base_url, max_retries=0)


def _chat(spark: Place | Emulator) -> ChatSpark:
    return ChatSpark(**settings_of(spark))


def _run(awaitable: Awaitable[object]) -> object:
    async def wait() -> object:
        return await awaitable

    return asyncio.run(wait(), debug=True)


def _read(items: AsyncIterator[object] | Awaitable[AsyncIterator[object]]) -> object:
    async def read() -> list[object]:
        stream = items if isinstance(items, AsyncIterator) else await items
        return [item async for item in stream]

    return asyncio.run(read(), debug=True)


def _chain(spark: Place | Emulator) -> Any:
    return ChatPromptTemplate.from_messages([("human", "{q}")]) | _chat(spark) | StrOutputParser()


def _tool(spark: Place | Emulator) -> Any:
    return SparkImageTool(**settings_of(spark))


def _cli(spark: Place | Emulator, config: RunnableConfig) -> object:
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
    "LangChain's SparkLLM": lambda s, config: LangChainLLM(**settings_of(s)).invoke(
        QUESTION, config
    ),
    "SparkEmbeddings": lambda s, _: SparkEmbeddings(**settings_of(s), max_qps=None).embed_query(
        QUESTION
    ),
    "SparkImageTool": lambda s, config: _tool(s).invoke({"prompt": QUESTION}, config),
    "LlamaIndex's SparkLLM.chat": lambda s, _: SparkLLM(**settings_of(s)).chat(_messages()),
    "LlamaIndex's SparkLLM.stream_chat": lambda s, _: list(
        SparkLLM(**settings_of(s)).stream_chat(_messages())
    ),
    "LlamaIndex's SparkLLM.achat": lambda s, _: _run(SparkLLM(**settings_of(s)).achat(_messages())),
    "LlamaIndex's SparkLLM.astream_chat": lambda s, _: _read(
        SparkLLM(**settings_of(s)).astream_chat(_messages())
    ),
    "SparkEmbedding": lambda s, _: SparkEmbedding(
        **settings_of(s), max_qps=None
    ).get_query_embedding(QUESTION),
    "iflytek-spark chat": _cli,
}
