"""Ways to ask a model, and what stood on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import pytest
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import Runnable

from iflytek_spark.emulator import Emulator, faults
from langchain_spark import ChatSpark

Make = Callable[..., ChatSpark]
WAYS = pytest.mark.parametrize("how", ["invoke", "ainvoke", "stream", "astream"])


async def ask(llm: Runnable[LanguageModelInput, Any], prompt: LanguageModelInput, how: str) -> Any:
    """Ask in one of the four ways; the pieces of a stream are added up."""
    if how == "invoke":
        return await asyncio.to_thread(llm.invoke, prompt)
    if how == "ainvoke":
        return await llm.ainvoke(prompt)
    if how == "stream":
        pieces = await asyncio.to_thread(lambda: list(llm.stream(prompt)))
    else:
        pieces = [piece async for piece in llm.astream(prompt)]
    return reduce(add, pieces)


def chunks_of(llm: Runnable[LanguageModelInput, AIMessage], prompt: str) -> list[AIMessageChunk]:
    """The pieces of a streamed answer."""
    return [chunk for chunk in llm.stream(prompt) if isinstance(chunk, AIMessageChunk)]


def replay(spark: Emulator, *recordings: list[str]) -> None:
    """Have the next answers be recordings."""
    spark.script(*(faults.Replay(tuple(frames)) for frames in recordings))


def turns(spark: Emulator, at: int = -1) -> list[tuple[str, str]]:
    """Role and content of the messages of a request."""
    texts = spark.requests[at].body["payload"]["message"]["text"]
    return [(text["role"], text["content"]) for text in texts]


def functions(spark: Emulator, at: int = -1) -> list[dict[str, Any]]:
    """The functions that a request offered."""
    payload = spark.requests[at].body["payload"]
    found: list[dict[str, Any]] = payload.get("functions", {}).get("text", [])
    return found
