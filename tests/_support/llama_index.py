"""Four ways to ask LlamaIndex's SparkLLM, and an object to ask for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, Field

from llama_index_spark import SparkLLM

WAYS = pytest.mark.parametrize("how", ["plain", "async", "stream", "astream"])
SONG_PROMPT = PromptTemplate("编一首歌，title：{topic}，year：1988。")


class Song(BaseModel):
    """一首歌。"""

    title: str
    year: int = Field(ge=1900)


def raw_of(response: ChatResponse) -> dict[str, Any]:
    """The metadata that the last response of an answer carries."""
    assert isinstance(response.raw, dict)
    return response.raw


async def chat(llm: SparkLLM, prompt: str, how: str, **options: Any) -> ChatResponse:
    """Ask in one of the four ways, and return the last response."""
    messages = [ChatMessage(prompt)]
    response: ChatResponse
    if how == "plain":
        response = await asyncio.to_thread(llm.chat, messages, **options)
    elif how == "async":
        response = await llm.achat(messages, **options)
    elif how == "stream":
        response = (await asyncio.to_thread(lambda: [*llm.stream_chat(messages, **options)]))[-1]
    else:
        response = [part async for part in await llm.astream_chat(messages, **options)][-1]
    return response


async def complete(llm: SparkLLM, prompt: str, how: str) -> CompletionResponse:
    """Complete in one of the four ways, and return the last response."""
    response: CompletionResponse
    if how == "plain":
        response = await asyncio.to_thread(llm.complete, prompt)
    elif how == "async":
        response = await llm.acomplete(prompt)
    elif how == "stream":
        response = (await asyncio.to_thread(lambda: [*llm.stream_complete(prompt)]))[-1]
    else:
        response = [part async for part in await llm.astream_complete(prompt)][-1]
    return response
