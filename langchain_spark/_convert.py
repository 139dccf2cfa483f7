"""LangChain's messages to the core's, and the core's answers to LangChain's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    InvalidToolCall,
    ToolMessage,
)
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCall as LangChainToolCall
from langchain_core.messages.tool import (
    invalid_tool_call,
    tool_call,
    tool_call_chunk,
)
from langchain_core.outputs import ChatGenerationChunk

from iflytek_spark import (
    ChatResponse,
    Citation,
    Citations,
    ContentDelta,
    Event,
    Finished,
    InvalidRequestError,
    Message,
    ReasoningDelta,
    Role,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from langchain_spark._content import parts_of, texts_of

PROVIDER = "iflytek_spark"
_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}


def to_messages(messages: Sequence[BaseMessage], *, replay_reasoning: bool) -> list[Message]:
    """Translate a conversation.

    Args:
        messages: LangChain's, the newest last.
        replay_reasoning: whether the reasoning in assistant messages are sent back.

    Returns:
        The core's messages.

    Raises:
        InvalidRequestError: for a kind of message or content that Spark cannot take; it names
            the message and the kind.
    """
    return [
        translated
        for at, message in enumerate(messages)
        for translated in _translate(message, f"messages[{at}]", replay_reasoning)
    ]


def _translate(message: BaseMessage, where: str, replay_reasoning: bool) -> Iterator[Message]:
    match message:
        case AIMessage():
            yield _assistant(message, replay_reasoning)
        case HumanMessage():
            yield from _foreign_results(message)
            parts = parts_of(message.content, where)
            if parts or isinstance(message.content, str):
                yield Message("user", parts)
        case ToolMessage():
            yield Message(
                "tool",
                texts_of(message.content),
                tool_call_id=message.tool_call_id,
                failed=message.status == "error",
            )
        case _:
            yield Message(_role(message, where), texts_of(message.content))


def _assistant(message: AIMessage, replay_reasoning: bool) -> Message:
    calls = [
        ToolCall(call["id"] or "", call["name"], json.dumps(call["args"], ensure_ascii=False))
        for call in message.tool_calls
    ]
    calls += [
        ToolCall(call["id"] or "", call["name"] or "", call["args"] or "")
        for call in message.invalid_tool_calls
    ]
    text = texts_of(message.content)
    reasoning = message.additional_kwargs.get("reasoning_content") if replay_reasoning else None
    if reasoning:
        text = f"<think>{reasoning}</think>\n{text}"
    return Message("assistant", text, tool_calls=tuple(calls))


def _foreign_results(message: HumanMessage) -> Iterator[Message]:
    """Yield the tool results that Anthropic's form puts into a human message."""
    for block in () if isinstance(message.content, str) else message.content:
        if isinstance(block, dict) and block.get("type") == "tool_result":
            yield Message(
                "tool",
                texts_of(block.get("content", "")),
                tool_call_id=str(block.get("tool_use_id", "")),
                failed=bool(block.get("is_error")),
            )


def _role(message: BaseMessage, where: str) -> Role:
    name = message.role if isinstance(message, ChatMessage) else message.type
    role = _ROLES.get(name.removesuffix("MessageChunk").lower())
    if role is None:
        raise InvalidRequestError(
            f"{where} is a {name!r} message",
            hint="ChatSpark takes human, ai, system and tool messages",
        )
    return role


def to_ai_message(response: ChatResponse) -> AIMessage:
    """Translate a whole answer.

    Returns:
        A message with text, tool calls, reasoning, citations, token counts and metadata.
    """
    calls, invalid = _parsed(response.tool_calls)
    extra: dict[str, Any] = {}
    if response.reasoning:
        extra["reasoning_content"] = response.reasoning
    if response.citations:
        extra["citations"] = to_annotations(response.citations)
    metadata = to_metadata(
        Finished(response.finish_reason, response.usage, response.sid), response.model
    )
    if response.plugins:
        metadata["plugins"] = [plugin._asdict() for plugin in response.plugins]
    return AIMessage(
        content=response.text,
        additional_kwargs=extra,
        tool_calls=calls,
        invalid_tool_calls=invalid,
        response_metadata=metadata,
        usage_metadata=to_usage(response.usage),
    )


def to_chunk(event: Event, model: str) -> ChatGenerationChunk:
    """Translate one event of a running answer of a model.

    Metadata and token counts stand on the last chunk only, because LangChain adds up what chunks
    carry.
    """
    metadata: dict[str, Any] = {"model_provider": PROVIDER}
    match event:
        case ContentDelta():
            message = AIMessageChunk(content=event.text)
        case ReasoningDelta(text):
            message = AIMessageChunk(
                content="",
                additional_kwargs={"reasoning_content": text},
                response_metadata=metadata,
            )
        case ToolCallDelta(call):
            arguments = json.dumps(call.arguments) if call.problem else call.arguments
            chunk = tool_call_chunk(name=call.name, args=arguments, id=call.id, index=0)
            message = AIMessageChunk(
                content="", tool_call_chunks=[chunk], response_metadata=metadata
            )
        case Citations(citations, plugin):
            message = AIMessageChunk(
                content="",
                additional_kwargs={"citations": to_annotations(citations)} if citations else {},
                response_metadata=metadata | {"plugins": [plugin._asdict()]},
            )
        case Finished():
            message = AIMessageChunk(
                content="",
                response_metadata=to_metadata(event, model),
                usage_metadata=to_usage(event.usage),
                chunk_position="last",
            )
    return ChatGenerationChunk(message=message)


def to_tool_call(call: ToolCall) -> LangChainToolCall | InvalidToolCall:
    """Translate a tool call; arguments that are not a JSON object make it an invalid one."""
    if call.problem:
        return invalid_tool_call(
            name=call.name, args=call.arguments, id=call.id, error=call.problem
        )
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as error:
        problem = f"the arguments are not JSON: {error}"
    else:
        if isinstance(arguments, dict):
            return tool_call(name=call.name, args=arguments, id=call.id)
        problem = "the arguments are not a JSON object"
    return invalid_tool_call(name=call.name, args=call.arguments, id=call.id, error=problem)


def to_metadata(end: Finished, model: str) -> dict[str, Any]:
    """Return the metadata of an answer."""
    return {
        "model_name": model,
        "model_provider": PROVIDER,
        "finish_reason": end.finish_reason,
        "sid": end.sid,
    }


def to_usage(usage: Usage | None) -> UsageMetadata | None:
    """Return token counts in LangChain's form."""
    if usage is None:
        return None
    return UsageMetadata(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )


def _parsed(
    calls: Sequence[ToolCall],
) -> tuple[list[LangChainToolCall], list[InvalidToolCall]]:
    valid: list[LangChainToolCall] = []
    invalid: list[InvalidToolCall] = []
    for call in map(to_tool_call, calls):
        if call["type"] == "tool_call":
            valid.append(call)
        else:
            invalid.append(call)
    return valid, invalid


def to_annotations(citations: Sequence[Citation]) -> list[dict[str, Any]]:
    """Write citations as LangChain's standard annotations."""
    return [
        {
            "type": "citation",
            "url": citation.url,
            "title": citation.title,
            "extras": {"index": citation.index},
        }
        for citation in citations
    ]
