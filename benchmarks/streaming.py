"""One streamed answer, read in different ways. Each case returns how many chunks it saw."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import SecretStr

from benchmarks.server import answer
from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from langchain_spark import ChatSpark

CREDENTIALS = Credentials("app", "key", "secret")


def websocket_client(url: str, chunks: int) -> int:
    import websocket

    connection = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
    connection.connect(f"{url}/v4.0/chat")
    connection.send("{}")
    seen = 0
    while seen < chunks:
        _, data = connection.recv_data()
        seen += bool(json.loads(data)["payload"]["choices"]["text"][0]["content"])
    connection.shutdown()
    return seen


async def websockets_asyncio(url: str, chunks: int) -> int:
    from websockets.asyncio.client import connect

    seen = 0
    async with connect(f"{url}/v4.0/chat", compression=None, ping_interval=None) as connection:
        await connection.send("{}")
        while seen < chunks:
            data = await connection.recv(decode=False)
            seen += bool(json.loads(data)["payload"]["choices"]["text"][0]["content"])
    return seen


class FakeModel(BaseChatModel):
    """LangChain's own cost: the same chunks from memory."""

    texts: list[str]

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    def _chunks(self) -> Iterator[ChatGenerationChunk]:
        for text in self.texts[:-1]:
            yield ChatGenerationChunk(message=AIMessageChunk(content=text))
        last = AIMessageChunk(content=self.texts[-1], chunk_position="last")
        yield ChatGenerationChunk(message=last)

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        return self._chunks()

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._chunks():
            yield chunk


def _fake(chunks: int) -> FakeModel:
    return FakeModel(
        texts=[json.loads(f)["payload"]["choices"]["text"][0]["content"] for f in answer(chunks)]
    )


def langchain_floor(url: str, chunks: int) -> int:
    return sum(1 for chunk in _fake(chunks).stream("你好") if chunk.content)


async def langchain_floor_async(url: str, chunks: int) -> int:
    return len([chunk async for chunk in _fake(chunks).astream("你好") if chunk.content])


def core(url: str, chunks: int) -> int:
    client = SparkClient(CREDENTIALS, base_url=url)
    with client.stream("你好") as stream:
        return sum(1 for _ in stream.text())


async def core_async(url: str, chunks: int) -> int:
    client = AsyncSparkClient(CREDENTIALS, base_url=url)
    async with client.stream("你好") as stream:
        return len([text async for text in stream.text()])


def make_chat_spark(url: str) -> ChatSpark:
    return ChatSpark(
        base_url=url, app_id="app", api_key=SecretStr("key"), api_secret=SecretStr("secret")
    )


def chat_spark(url: str, chunks: int) -> int:
    return sum(1 for chunk in make_chat_spark(url).stream("你好") if chunk.content)


async def chat_spark_async(url: str, chunks: int) -> int:
    return len([chunk async for chunk in make_chat_spark(url).astream("你好") if chunk.content])


CASES: dict[str, Callable[[str, int], Any]] = {
    "raw websocket-client": websocket_client,
    "raw websockets": websockets_asyncio,
    "LangChain's floor, stream": langchain_floor,
    "LangChain's floor, astream": langchain_floor_async,
    "SparkClient.stream": core,
    "AsyncSparkClient.stream": core_async,
    "ChatSpark.stream": chat_spark,
    "ChatSpark.astream": chat_spark_async,
}
