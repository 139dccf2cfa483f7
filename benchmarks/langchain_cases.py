"""ChatSpark, what LangChain itself costs, and ChatOpenAI on an equal stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import SecretStr

from benchmarks.cases import Place, Work
from benchmarks.server import TEXT, TOOL
from langchain_spark import ChatSpark

CALLS = 20
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


def make_chat_spark(place: Place) -> ChatSpark:
    key, secret = SecretStr("key"), SecretStr("secret")
    return ChatSpark(base_url=place.spark, app_id="app", api_key=key, api_secret=secret)


def make_chat_openai(place: Place) -> BaseChatModel:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(base_url=f"{place.openai}/v1", api_key=SecretStr("key"), model="m")


def _stream(model: BaseChatModel) -> int:
    return sum(1 for chunk in model.stream("你好") if chunk.content)


async def _astream(model: BaseChatModel) -> int:
    return len([chunk async for chunk in model.astream("你好") if chunk.content])


def _events(model: BaseChatModel) -> int:
    stream = model.stream_events("你好", version="v3")
    return sum(1 for event in stream if event["event"] == "content-block-delta")


def _tool_calls(model: BaseChatModel) -> int:
    bound = model.bind_tools(TOOLS)
    seen = 0
    for _ in range(CALLS):
        chunks = list(bound.stream("合肥的天气"))
        seen += any(chunk.tool_call_chunks for chunk in chunks)  # type: ignore[attr-defined]
    return seen


CASES: dict[str, Work] = {
    "LangChain's floor, stream": lambda place: _stream(FakeModel(chunks=place.chunks)),
    "ChatSpark.stream": lambda place: _stream(make_chat_spark(place)),
    "ChatOpenAI.stream": lambda place: _stream(make_chat_openai(place)),
    "LangChain's floor, astream": lambda place: _astream(FakeModel(chunks=place.chunks)),
    "ChatSpark.astream": lambda place: _astream(make_chat_spark(place)),
    "ChatOpenAI.astream": lambda place: _astream(make_chat_openai(place)),
    "ChatSpark.stream_events v3": lambda place: _events(make_chat_spark(place)),
    "ChatOpenAI.stream_events v3": lambda place: _events(make_chat_openai(place)),
    "ChatSpark, a tool call": lambda place: _tool_calls(make_chat_spark(place)),
    "ChatOpenAI, a tool call": lambda place: _tool_calls(make_chat_openai(place)),
}
