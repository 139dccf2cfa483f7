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
    InvalidResponseError,
    Message,
    ReasoningDelta,
    Role,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from iflytek_spark.adapters import calls_from_openai, messages_of, read_arguments

PROVIDER = "iflytek_spark"
_ROLES: dict[str, Role] = {
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}


def to_messages(messages: Sequence[BaseMessage], *, replay_reasoning: bool) -> list[Message]:
    """Translate a conversation, from whatever provider its messages come.

    Args:
        messages: LangChain's, the newest last.
        replay_reasoning: whether the reasoning in assistant messages are sent back.

    Returns:
        The core's messages.

    Raises:
        InvalidRequestError: for a kind of message that no model can take; it names the message
            and the kind.
    """
    return [
        translated
        for at, message in enumerate(messages)
        for translated in _translate(message, f"messages[{at}]", replay_reasoning)
    ]


def _translate(message: BaseMessage, where: str, replay_reasoning: bool) -> Iterator[Message]:
    content, name = message.content, message.name or ""
    match message:
        case AIMessage():
            reasoning = _reasoning(message) if replay_reasoning else []
            refusal = message.additional_kwargs.get("refusal")
            blocks = [*reasoning, content, *filter(None, [refusal])]
            known = "" if replay_reasoning else message.additional_kwargs.get("reasoning_content")
            yield from messages_of(
                "assistant",
                blocks,
                calls=_calls(message),
                name=name,
                reasoning=known if isinstance(known, str) else "",
            )
        case ToolMessage():
            yield from messages_of(
                "tool",
                content,
                tool_call_id=message.tool_call_id,
                failed=message.status == "error",
                name=name,
            )
        case _:
            role, speaker = _role(message, where)
            given = message.additional_kwargs.get("tool_call_id")
            yield from messages_of(
                role, content, tool_call_id=str(given or ""), name=name or speaker
            )


def _reasoning(message: AIMessage) -> list[str]:
    reasoning = message.additional_kwargs.get("reasoning_content")
    return [f"<think>{reasoning}</think>"] if reasoning else []


def _calls(message: AIMessage) -> list[ToolCall]:
    """Return the calls of an answer; those that LangChain could not read as they were written."""
    read = [
        ToolCall(call["id"] or "", call["name"], json.dumps(call["args"], ensure_ascii=False))
        for call in message.tool_calls
    ]
    invalid = [
        ToolCall(call["id"] or "", call["name"] or "", _as_written(call["args"] or ""))
        for call in message.invalid_tool_calls
    ]
    return read + invalid or calls_from_openai(message.additional_kwargs)


def _as_written(arguments: str) -> str:
    """Undo what :func:`_streamed_arguments` does to arguments that cannot be read."""
    try:
        text = json.loads(arguments)
    except ValueError:
        return arguments
    return text if isinstance(text, str) else arguments


def _role(message: BaseMessage, where: str) -> tuple[Role, str]:
    """Return a role that Spark has; a role of one's own speaks as a user of that name."""
    name = message.role if isinstance(message, ChatMessage) else message.type
    role = _ROLES.get(name.removesuffix("MessageChunk").lower())
    if role is not None:
        return role, ""
    if isinstance(message, ChatMessage):
        return "user", name
    raise InvalidRequestError(
        f"{where} is a {name!r} message",
        hint="ChatSpark takes human, ai, system and tool messages",
    )


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
    metadata = to_metadata(response, response.model)
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
        case ToolCallDelta(call, index):
            written = _streamed_arguments(call)
            chunk = tool_call_chunk(name=call.name, args=written, id=call.id, index=index)
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
        return tool_call(name=call.name, args=read_arguments(call.arguments), id=call.id)
    except InvalidResponseError as error:
        problem = error.message
    return invalid_tool_call(name=call.name, args=call.arguments, id=call.id, error=problem)


def _streamed_arguments(call: ToolCall) -> str:
    """Return arguments as a chunk carries them.

    LangChain completes what ends early, and would run a call on half its arguments. So what
    cannot be read goes out as a JSON string, which makes the call an invalid one.
    """
    invalid = to_tool_call(call)["type"] == "invalid_tool_call"
    if invalid and call.arguments.lstrip().startswith("{"):
        return json.dumps(call.arguments, ensure_ascii=False)
    return call.arguments


def to_metadata(end: Finished | ChatResponse, model: str) -> dict[str, Any]:
    """Return the metadata of an answer; what was tolerated or left out only where it was."""
    doubts = {"deviations": [*end.deviations], "ignored": [*end.ignored]}
    return {
        "model_name": model,
        "model_provider": PROVIDER,
        "finish_reason": end.finish_reason,
        "sid": end.sid,
        "wire": end.wire,
        **{name: names for name, names in doubts.items() if names},
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
