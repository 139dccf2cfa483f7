"""The same recordings say the same through LangChain and through LlamaIndex."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, TypeAlias

import pytest
from langchain_core.messages import AIMessage
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CitationBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from iflytek_spark.errors import SparkError
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests.contract.callers import PROMPT
from tests.contract.cases import CASES, Case
from tests.contract.services import Service, mock_service
from tests.unit.protocol.flow_helpers import ME


@dataclass(frozen=True)
class Outcome:
    """What a user is told."""

    text: str = ""
    thoughts: str = ""
    calls: tuple[tuple[str, str, Any], ...] = ()
    pages: tuple[tuple[str, str], ...] = ()
    usage: tuple[int, int, int] | None = None
    finish_reason: str = ""
    sid: str = ""
    error: tuple[bool, str, int | None, str | None] | None = None


Ask: TypeAlias = Callable[[Service, Case], Any]
SECRETS = {"app_id": ME.app_id, "api_key": ME.api_key, "api_secret": ME.api_secret}


def chat_spark(service: Service, case: Case) -> ChatSpark:
    return ChatSpark.model_validate(
        {
            "client": service.sync_client(),
            "async_client": service.async_client(),
            "model": case.model,
            **SECRETS,
        }
    )


def spark_llm(service: Service, case: Case) -> SparkLLM:
    return SparkLLM(
        client=service.sync_client(), async_client=service.async_client(), model=case.model
    )


async def _achunks(service: Service, case: Case) -> AIMessage:
    stream = chat_spark(service, case).astream(PROMPT, **case.options)
    return reduce(add, [chunk async for chunk in stream])


async def _aresponses(service: Service, case: Case) -> ChatResponse:
    stream = await spark_llm(service, case).astream_chat([ChatMessage(PROMPT)], **case.options)
    responses: list[ChatResponse] = [response async for response in stream]
    return responses[-1]


LANGCHAIN: dict[str, Ask] = {
    "plain": lambda service, case: chat_spark(service, case).invoke(PROMPT, **case.options),
    "async": lambda service, case: asyncio.run(
        chat_spark(service, case).ainvoke(PROMPT, **case.options)
    ),
    "stream": lambda service, case: reduce(
        add, chat_spark(service, case).stream(PROMPT, **case.options)
    ),
    "astream": lambda service, case: asyncio.run(_achunks(service, case)),
}
LLAMA_INDEX: dict[str, Ask] = {
    "plain": lambda service, case: spark_llm(service, case).chat(
        [ChatMessage(PROMPT)], **case.options
    ),
    "async": lambda service, case: asyncio.run(
        spark_llm(service, case).achat([ChatMessage(PROMPT)], **case.options)
    ),
    "stream": lambda service, case: [
        *spark_llm(service, case).stream_chat([ChatMessage(PROMPT)], **case.options)
    ][-1],
    "astream": lambda service, case: asyncio.run(_aresponses(service, case)),
}


def outcome(ask: Ask, case: Case) -> Outcome:
    """Play a recording, and say what came of it."""
    with mock_service(case) as service:
        try:
            found = ask(service, case)
        except SparkError as error:
            fits = case.error is not None and isinstance(error, case.error)
            return Outcome(error=(fits, str(error), error.code, error.sid))
    return _of_message(found) if isinstance(found, AIMessage) else _of_response(found)


def _of_message(message: AIMessage) -> Outcome:
    usage = message.usage_metadata
    extra, metadata = message.additional_kwargs, message.response_metadata
    return Outcome(
        text=message.text,
        thoughts=extra.get("reasoning_content", ""),
        calls=tuple((call["id"] or "", call["name"], call["args"]) for call in message.tool_calls),
        pages=tuple((page["url"], page["title"]) for page in extra.get("citations", ())),
        usage=usage and (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]),
        finish_reason=metadata["finish_reason"],
        sid=metadata["sid"],
    )


def _of_response(response: ChatResponse) -> Outcome:
    blocks, counts = response.message.blocks, response.additional_kwargs
    assert isinstance(response.raw, dict)
    return Outcome(
        text=response.message.content or "",
        thoughts="".join(b.content or "" for b in blocks if isinstance(b, ThinkingBlock)),
        calls=tuple(
            (b.tool_call_id or "", b.tool_name, b.tool_kwargs)
            for b in blocks
            if isinstance(b, ToolCallBlock)
        ),
        pages=tuple((b.source, b.title) for b in blocks if isinstance(b, CitationBlock)),
        usage=(counts["prompt_tokens"], counts["completion_tokens"], counts["total_tokens"])
        if counts
        else None,
        finish_reason=response.raw["finish_reason"],
        sid=response.raw["sid"],
    )


@pytest.mark.parametrize("how", LLAMA_INDEX)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_frameworks_say_the_same(case: Case, how: str) -> None:
    told = outcome(LLAMA_INDEX[how], case)
    assert told == outcome(LANGCHAIN[how], case)
    assert (told.error is None) is (case.error is None)
    assert told.error is None or told.error[0]
