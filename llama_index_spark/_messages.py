"""LlamaIndex's messages to the core's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from iflytek_spark import (
    ImagePart,
    InvalidRequestError,
    Message,
    Part,
    Role,
    TextPart,
    ToolCall,
    UnsupportedPart,
)
from iflytek_spark.adapters import Content, calls_from_openai

_ROLES: dict[MessageRole, Role] = {
    MessageRole.SYSTEM: "system",
    MessageRole.DEVELOPER: "system",
    MessageRole.USER: "user",
    MessageRole.ASSISTANT: "assistant",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
    MessageRole.TOOL: "tool",
    MessageRole.FUNCTION: "tool",
}
_SKIPPED_BLOCKS = (CachePoint, CitationBlock, ThinkingBlock, ToolCallBlock)
"""Spark has no cache to mark; citations and reasoning are not sent back; calls stand apart."""
_DATA = ("audio", "video", "data")
_TYPES = ("document_mimetype", "video_mimetype", "format")


def to_messages(messages: Sequence[ChatMessage]) -> list[Message]:
    """Translate a conversation, the newest message last, and leave it as it is.

    Raises:
        InvalidRequestError: for what is no message; it names its place.
    """
    return [
        translated
        for at, message in enumerate(messages)
        for translated in _translate(message, f"messages[{at}]")
    ]


def _translate(message: ChatMessage, where: str) -> Iterator[Message]:
    if not isinstance(message, ChatMessage):
        raise InvalidRequestError(f"{where} is a {type(message).__name__}, not a ChatMessage")
    extra = message.additional_kwargs
    role = _ROLES[message.role]
    blocks: list[object] = (
        [*message.blocks, *_refusal(extra)] if role == "assistant" else [*message.blocks]
    )
    parts = tuple(part for block in blocks for part in _parts(block))
    yield Message(
        role,
        Content(parts).text_or_parts,
        tool_calls=tuple(_calls(message)) if role == "assistant" else (),
        tool_call_id=str(extra.get("tool_call_id") or "") if role == "tool" else "",
        failed=role == "tool" and bool(extra.get("is_error")),
        name=str(extra.get("name") or ""),
        reasoning=_reasoning(message) if role == "assistant" else "",
    )


def _reasoning(message: ChatMessage) -> str:
    blocks = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
    return "".join(block.content or "" for block in blocks)


def _refusal(extra: Mapping[str, Any]) -> list[TextBlock]:
    refusal = extra.get("refusal")
    return [TextBlock(text=refusal)] if isinstance(refusal, str) else []


def _parts(block: object) -> Iterator[Part]:
    match block:
        case TextBlock():
            yield TextPart(block.text)
        case ImageBlock():
            yield _image(block)
        case CitableBlock():
            yield TextPart(f"{block.title} ({block.source})")
            for inner in block.content:
                yield from _parts(inner)
        case _ if not isinstance(block, _SKIPPED_BLOCKS):
            yield _unsupported(block)


def _image(block: ImageBlock) -> ImagePart | UnsupportedPart:
    if block.url is not None:
        return ImagePart(url=str(block.url))
    try:
        return ImagePart(data=block.resolve_image().read())
    except (ValueError, OSError):
        return UnsupportedPart("unreadable image", block.image_mimetype or "")


def _unsupported(block: object) -> UnsupportedPart:
    """Collect what is known of a block without reading its file."""
    data = next((value for name in _DATA if isinstance(value := _field(block, name), bytes)), b"")
    return UnsupportedPart(
        type(block).__name__,
        next((str(value) for name in _TYPES if (value := _field(block, name))), ""),
        len(data) * 3 // 4,  # LlamaIndex keeps base64
        str(_field(block, "title") or ""),
    )


def _calls(message: ChatMessage) -> Iterator[ToolCall]:
    """Yield the tool calls of an assistant's message, from its blocks or in OpenAI's form."""
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    for block in blocks:
        given = block.tool_kwargs
        written = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        yield ToolCall(block.tool_call_id or "", block.tool_name, written)
    if not blocks:
        yield from calls_from_openai(message.additional_kwargs)


def _field(value: object, name: str) -> object:
    return getattr(value, name, None)
