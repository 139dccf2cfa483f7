"""Standard content blocks from ChatSpark's messages, registered with LangChain."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.block_translators import register_translator
from langchain_core.messages.content import ContentBlock

from langchain_spark._convert import PROVIDER


def _text_blocks(message: AIMessage) -> list[dict[str, Any]]:
    """Return the reasoning first, then the text with its citations."""
    blocks: list[dict[str, Any]] = []
    extra = message.additional_kwargs
    if reasoning := extra.get("reasoning_content"):
        blocks.append({"type": "reasoning", "reasoning": reasoning})
    citations = extra.get("citations")
    if message.content or citations:
        text: dict[str, Any] = {"type": "text", "text": str(message.text)}
        if citations:
            text["annotations"] = citations
        blocks.append(text)
    return blocks


def translate(message: AIMessage) -> list[ContentBlock]:
    """Return the blocks of a whole message."""
    calls = (*message.tool_calls, *message.invalid_tool_calls)
    return cast("list[ContentBlock]", [*_text_blocks(message), *map(dict, calls)])


def translate_chunk(message: AIMessageChunk) -> list[ContentBlock]:
    """Return the blocks of a chunk, or of chunks added up."""
    if message.chunk_position == "last" and message.tool_call_chunks:
        return translate(message)
    return cast(
        "list[ContentBlock]", [*_text_blocks(message), *map(dict, message.tool_call_chunks)]
    )


def register_blocks() -> None:
    """Tell LangChain how to read messages of this provider."""
    register_translator(PROVIDER, translate, translate_chunk)
