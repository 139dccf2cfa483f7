"""SparkLLM, what LlamaIndex itself costs, and OpenAILike on an equal stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.llms import (
    LLM,
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
)
from llama_index.core.llms.callbacks import llm_chat_callback
from pydantic import SecretStr

from benchmarks.cases import Place, count
from benchmarks.servers.answers import TEXT
from llama_index_spark import SparkLLM


class FakeLLM(CustomLLM):
    """LlamaIndex's own cost: the same chunks from memory."""

    chunks: int

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise NotImplementedError

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        raise NotImplementedError

    def _pieces(self) -> ChatResponseGen:
        text = ""
        for _ in range(self.chunks):
            text += TEXT
            yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=TEXT)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        return self._pieces()

    @llm_chat_callback()
    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        async def pieces() -> ChatResponseAsyncGen:
            for piece in self._pieces():
                yield piece

        return pieces()


def make_fake(place: Place) -> LLM:
    return FakeLLM(chunks=place.chunks)


def make_spark_llm(place: Place) -> SparkLLM:
    key, secret = SecretStr("key"), SecretStr("secret")
    return SparkLLM(base_url=place.spark, app_id="app", api_key=key, api_secret=secret)


def make_openai_like(place: Place) -> LLM:
    from llama_index.llms.openai_like import OpenAILike

    llm: LLM = OpenAILike(
        model="m", api_base=f"{place.openai}/v1", api_key="key", is_chat_model=True
    )
    return llm


def _messages(place: Place) -> list[ChatMessage]:
    return [ChatMessage(role=role, content=text) for role, text in place.conversation()]


def stream(llm: LLM, place: Place) -> int:
    return sum(1 for response in llm.stream_chat(_messages(place)) if response.delta)


async def astream(llm: LLM, place: Place) -> int:
    return await count(r async for r in await llm.astream_chat(_messages(place)) if r.delta)
