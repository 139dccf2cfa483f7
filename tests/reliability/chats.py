"""The chat surfaces: the two clients, ChatSpark alone and in a chain, LlamaIndex's SparkLLM."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from llama_index.core.llms import ChatMessage

from iflytek_spark import AsyncSparkClient, ContentDelta, SparkClient
from iflytek_spark.errors import SparkError
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests.reliability.recording import PROMPT, TEXT
from tests.reliability.surfaces import (
    AsyncCall,
    AsyncStream,
    Call,
    Column,
    Stream,
    Target,
)

MESSAGES = [ChatMessage(PROMPT)]
SHORTER = {
    "APIConnectionError": "ConnectionError",
    "APITimeoutError": "TimeoutError",
    "StreamInterruptedError": "InterruptedError",
    "InvalidFrameError": "FrameError",
}


@cache
def sync_client(target: Target) -> SparkClient:
    return SparkClient(**target.client_settings())


@cache
def async_client(target: Target) -> AsyncSparkClient:
    return AsyncSparkClient(**target.client_settings())


@cache
def chat_model(target: Target) -> ChatSpark:
    return ChatSpark(**target.model_settings())


@cache
def chain(target: Target) -> Runnable[dict[str, str], str]:
    prompt = ChatPromptTemplate.from_messages([("human", "{question}")])
    return prompt | chat_model(target) | StrOutputParser()


@cache
def llm(target: Target) -> SparkLLM:
    return SparkLLM(**target.model_settings())


def event_text(event: object) -> str:
    return event.text if isinstance(event, ContentDelta) else ""


def text_of(piece: Any) -> str:
    return str(piece.text)


def delta_of(response: Any) -> str:
    return str(response.delta)


def content_of(response: Any) -> str:
    return str(response.message.content)


def langchain_name(kind: type[SparkError]) -> str:
    """LangChain's twin of an exception of the core."""
    return f"SparkModel{SHORTER.get(kind.__name__, kind.__name__)}"


def is_whole(answer: object) -> bool:
    return answer == TEXT


async def ask_async_client(target: Target) -> str:
    return (await async_client(target).chat(PROMPT)).text


async def ask_chat_model(target: Target) -> str:
    return (await chat_model(target).ainvoke(PROMPT)).text


async def ask_llm(target: Target) -> str:
    return content_of(await llm(target).achat(MESSAGES))


def started(
    start: Callable[[Target], AsyncIterator[Any]],
) -> Callable[[Target], Any]:
    """A stream that is there without waiting."""

    async def begin(target: Target) -> AsyncIterator[Any]:
        return start(target)

    return begin


QUESTION = {"question": PROMPT}

CHATS = (
    Column(
        "SparkClient",
        (
            Stream("SparkClient.stream", lambda to: sync_client(to).stream(PROMPT), event_text),
            Call("SparkClient.chat", lambda to: sync_client(to).chat(PROMPT).text),
        ),
        is_whole,
    ),
    Column(
        "AsyncSparkClient",
        (
            AsyncStream(
                "AsyncSparkClient.stream",
                started(lambda to: async_client(to).stream(PROMPT)),
                event_text,
            ),
            AsyncCall("AsyncSparkClient.chat", ask_async_client),
        ),
        is_whole,
    ),
    Column(
        "ChatSpark",
        (
            Call("ChatSpark.invoke", lambda to: chat_model(to).invoke(PROMPT).text),
            Stream("ChatSpark.stream", lambda to: chat_model(to).stream(PROMPT), text_of),
        ),
        is_whole,
        named=langchain_name,
    ),
    Column(
        "ChatSpark, async",
        (
            AsyncCall("ChatSpark.ainvoke", ask_chat_model),
            AsyncStream(
                "ChatSpark.astream", started(lambda to: chat_model(to).astream(PROMPT)), text_of
            ),
        ),
        is_whole,
        named=langchain_name,
    ),
    Column(
        "LCEL chain",
        (
            Call("chain.invoke", lambda to: chain(to).invoke(QUESTION)),
            Stream("chain.stream", lambda to: chain(to).stream(QUESTION)),
        ),
        is_whole,
        named=langchain_name,
        drains=True,
    ),
    Column(
        "LCEL chain, async",
        (
            AsyncCall("chain.ainvoke", lambda to: chain(to).ainvoke(QUESTION)),
            AsyncStream("chain.astream", started(lambda to: chain(to).astream(QUESTION))),
        ),
        is_whole,
        named=langchain_name,
    ),
    Column(
        "SparkLLM",
        (
            Call("SparkLLM.chat", lambda to: content_of(llm(to).chat(MESSAGES))),
            Stream("SparkLLM.stream_chat", lambda to: llm(to).stream_chat(MESSAGES), delta_of),
        ),
        is_whole,
    ),
    Column(
        "SparkLLM, async",
        (
            AsyncCall("SparkLLM.achat", ask_llm),
            AsyncStream(
                "SparkLLM.astream_chat", lambda to: llm(to).astream_chat(MESSAGES), delta_of
            ),
        ),
        is_whole,
    ),
)
