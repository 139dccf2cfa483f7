"""LlamaIndex's messages to the core's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    BaseContentBlock,
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

from iflytek_spark import ImagePart, InvalidRequestError, Message, Part, Role, TextPart, ToolCall

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


def to_messages(messages: Sequence[ChatMessage]) -> list[Message]:
    """Translate a conversation, the newest message last, and leave it as it is.

    Raises:
        InvalidRequestError: for a block that Spark cannot take; it names the message and the
            block's type.
    """
    return [_translate(message, f"messages[{at}]") for at, message in enumerate(messages)]


def _translate(message: ChatMessage, where: str) -> Message:
    if not isinstance(message, ChatMessage):
        raise InvalidRequestError(f"{where} is a {type(message).__name__}, not a ChatMessage")
    role = _ROLES[message.role]
    parts = [part for block in message.blocks for part in _parts(block, where)]
    if role != "user" and any(isinstance(part, ImagePart) for part in parts):
        raise InvalidRequestError(
            f"{where} is a {role} message with an image", hint="send images in a user message"
        )
    return Message(
        role,
        _content(parts),
        tool_calls=tuple(_calls(message)) if role == "assistant" else (),
        tool_call_id=_answered_call(message) if role == "tool" else "",
    )


def _answered_call(message: ChatMessage) -> str:
    return str(message.additional_kwargs.get("tool_call_id") or "")


def _content(parts: list[Part]) -> str | tuple[Part, ...]:
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    return "\n".join(texts) if len(texts) == len(parts) else tuple(parts)


def _parts(block: BaseContentBlock, where: str) -> Iterator[Part]:
    match block:
        case TextBlock():
            yield TextPart(block.text)
        case ImageBlock():
            yield _image(block, where)
        case CitableBlock():
            yield TextPart(f"{block.title} ({block.source})")
            for inner in block.content:
                yield from _parts(inner, where)
        case _ if not isinstance(block, _SKIPPED_BLOCKS):
            raise InvalidRequestError(
                f"{where} holds a {type(block).__name__}", hint="Spark takes text and images"
            )


def _image(block: ImageBlock, where: str) -> ImagePart:
    if block.url is not None:
        return ImagePart(url=str(block.url))
    try:
        return ImagePart(data=block.resolve_image().read())
    except (ValueError, OSError) as error:
        raise InvalidRequestError(f"{where} holds an unreadable image: {error}") from error


def _calls(message: ChatMessage) -> Iterator[ToolCall]:
    """Yield the tool calls of an assistant's message, from its blocks or in OpenAI's form."""
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    for block in blocks:
        yield ToolCall(block.tool_call_id or "", block.tool_name, _json(block.tool_kwargs))
    for call in () if blocks else message.additional_kwargs.get("tool_calls") or ():
        function = _field(call, "function")
        arguments = _json(_field(function, "arguments"))
        yield ToolCall(str(_field(call, "id") or ""), str(_field(function, "name")), arguments)


def _field(value: Any, name: str) -> Any:
    """Read a field of a dict, or of another provider's object."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _json(arguments: dict[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
