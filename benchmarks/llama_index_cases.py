"""SparkLLM, what LlamaIndex itself costs, and OpenAILike on an equal stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.llms import (
    LLM,
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
)
from llama_index.core.llms.callbacks import llm_chat_callback
from pydantic import SecretStr

from benchmarks.cases import Place, Work
from benchmarks.server import TEXT
from llama_index_spark import SparkLLM

QUESTION = [ChatMessage(role="user", content="你好")]


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

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        def pieces() -> ChatResponseGen:
            text = ""
            for _ in range(self.chunks):
                text += TEXT
                message = ChatMessage(role="assistant", content=text)
                yield ChatResponse(message=message, delta=TEXT)

        return pieces()


def make_spark_llm(place: Place) -> SparkLLM:
    key, secret = SecretStr("key"), SecretStr("secret")
    return SparkLLM(base_url=place.spark, app_id="app", api_key=key, api_secret=secret)


def make_openai_like(place: Place) -> LLM:
    from llama_index.llms.openai_like import OpenAILike

    llm: LLM = OpenAILike(
        model="m", api_base=f"{place.openai}/v1", api_key="key", is_chat_model=True
    )
    return llm


def _stream(llm: LLM) -> int:
    return sum(1 for response in llm.stream_chat(QUESTION) if response.delta)


async def _astream(llm: LLM) -> int:
    return len([r async for r in await llm.astream_chat(QUESTION) if r.delta])


CASES: dict[str, Work] = {
    "LlamaIndex's floor, stream_chat": lambda place: _stream(FakeLLM(chunks=place.chunks)),
    "SparkLLM.stream_chat": lambda place: _stream(make_spark_llm(place)),
    "OpenAILike.stream_chat": lambda place: _stream(make_openai_like(place)),
    "SparkLLM.astream_chat": lambda place: _astream(make_spark_llm(place)),
    "OpenAILike.astream_chat": lambda place: _astream(make_openai_like(place)),
}
