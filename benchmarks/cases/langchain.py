"""ChatSpark, what LangChain itself costs, and ChatOpenAI on an equal stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from pydantic import SecretStr

from benchmarks.cases import CALLS, Place, count
from benchmarks.servers.answers import TEXT, TOOL
from langchain_spark import ChatSpark

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": TOOL,
            "description": "查询天气",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


class FakeModel(BaseChatModel):
    """LangChain's own cost: the same chunks from memory."""

    chunks: int

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    def _pieces(self) -> Iterator[ChatGenerationChunk]:
        for _ in range(self.chunks - 1):
            yield ChatGenerationChunk(message=AIMessageChunk(content=TEXT))
        yield ChatGenerationChunk(message=AIMessageChunk(content=TEXT, chunk_position="last"))

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        return self._pieces()

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._pieces():
            yield chunk


def make_fake(place: Place) -> BaseChatModel:
    return FakeModel(chunks=place.chunks)


def make_chat_spark(place: Place) -> ChatSpark:
    key, secret = SecretStr("key"), SecretStr("secret")
    return ChatSpark(base_url=place.spark, app_id="app", api_key=key, api_secret=secret)


def make_chat_spark_over_http(place: Place) -> ChatSpark:
    from benchmarks.cases.over_http import MODEL

    return ChatSpark(model=MODEL, base_url=place.openai, maas_api_key=SecretStr("key"))


def make_chat_openai(place: Place) -> BaseChatModel:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(base_url=f"{place.openai}/v1", api_key=SecretStr("key"), model="m")


def stream(model: BaseChatModel, place: Place) -> int:
    return sum(1 for chunk in model.stream(place.conversation()) if chunk.content)


async def astream(model: BaseChatModel, place: Place) -> int:
    return await count(
        chunk async for chunk in model.astream(place.conversation()) if chunk.content
    )


def chain(model: BaseChatModel, place: Place) -> int:
    prompt = ChatPromptTemplate.from_messages([("system", "简短回答"), ("user", "{question}")])
    runnable = prompt | model | StrOutputParser()
    return sum(1 for text in runnable.stream({"question": "你好"}) if text)


def events(model: BaseChatModel, place: Place) -> int:
    deltas = model.stream_events("你好", version="v3")
    return sum(1 for event in deltas if event["event"] == "content-block-delta")


def tool_calls(model: BaseChatModel, place: Place) -> int:
    bound = model.bind_tools(TOOLS)
    seen = 0
    for _ in range(CALLS):
        chunks = list(bound.stream("合肥的天气"))
        seen += any(getattr(chunk, "tool_call_chunks", None) for chunk in chunks)
    return seen
