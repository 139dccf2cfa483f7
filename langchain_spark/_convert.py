"""LangChain's messages to the core's, and the core's answers to LangChain's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
)
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk

from iflytek_spark import (
    ChatResponse,
    ContentDelta,
    Event,
    Finished,
    Message,
    Usage,
)
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Role

PROVIDER = "iflytek_spark"
_ROLES: dict[str, Role] = {"human": "user", "ai": "assistant", "system": "system"}
_CHAT_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}


def to_messages(messages: Sequence[BaseMessage]) -> list[Message]:
    """Translate a conversation.

    Args:
        messages: LangChain's, the newest last.

    Returns:
        The core's messages, one for one.

    Raises:
        InvalidRequestError: for a kind of message or content that Spark cannot take; it names
            the message and the kind.
    """
    return [_to_message(message, f"messages[{at}]") for at, message in enumerate(messages)]


def _to_message(message: BaseMessage, where: str) -> Message:
    if isinstance(message, ChatMessage):
        role = _CHAT_ROLES.get(message.role)
    else:
        role = _ROLES.get(message.type.removesuffix("MessageChunk").lower())
    if role is None:
        kind = message.role if isinstance(message, ChatMessage) else message.type
        raise InvalidRequestError(
            f"{where} is a {kind!r} message", hint="ChatSpark takes human, ai and system messages"
        )
    return Message(role, _text(message.content, where))


def _text(content: str | list[str | dict[str, Any]], where: str) -> str:
    if isinstance(content, str):
        return content
    texts = []
    for block in content:
        if isinstance(block, str):
            texts.append(block)
        elif block.get("type") == "text":
            texts.append(block["text"])
        else:
            raise InvalidRequestError(
                f"{where}.content holds a block of type {block.get('type')!r}",
                hint="ChatSpark takes text",
            )
    return "".join(texts)


def to_ai_message(response: ChatResponse) -> AIMessage:
    """Translate a whole answer.

    Args:
        response: the core's answer.

    Returns:
        A message with text, token counts and metadata.
    """
    end = Finished(response.finish_reason, response.usage, response.sid)
    return AIMessage(
        content=response.text,
        response_metadata=_metadata(end, response.model),
        usage_metadata=_usage(response.usage),
    )


def to_chunk(event: Event, model: str) -> ChatGenerationChunk | None:
    """Translate one event of a running answer.

    Args:
        event: the core's event.
        model: the model's name, which the last chunk carries.

    Returns:
        A chunk, or None for an event that has nothing to show. Metadata and token counts stand
        on the last chunk only, because LangChain adds up what chunks carry.
    """
    match event:
        case ContentDelta(text):
            return ChatGenerationChunk(message=AIMessageChunk(content=text))
        case Finished(usage=usage):
            last = AIMessageChunk(
                content="",
                response_metadata=_metadata(event, model),
                usage_metadata=_usage(usage),
                chunk_position="last",
            )
            return ChatGenerationChunk(message=last)
    return None


def _metadata(end: Finished, model: str) -> dict[str, Any]:
    return {
        "model_name": model,
        "model_provider": PROVIDER,
        "finish_reason": end.finish_reason,
        "sid": end.sid,
    }


def _usage(usage: Usage | None) -> UsageMetadata | None:
    if usage is None:
        return None
    return UsageMetadata(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )
