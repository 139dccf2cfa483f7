"""The core's responses in LlamaIndex's form, whole and as they grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CitationBlock,
    CompletionResponse,
    ContentBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from iflytek_spark import ChatResponse as SparkResponse
from iflytek_spark import (
    Citation,
    Citations,
    ContentDelta,
    Event,
    Finished,
    InvalidResponseError,
    ReasoningDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from iflytek_spark.adapters import call_to_openai, read_arguments, usage_to_openai


class ResponseBuilder:
    """The response so far. LlamaIndex wants all of it with every token.

    Each response holds objects of its own, because its reader may keep or change it.
    """

    def __init__(self, model: str) -> None:
        """Start at the beginning of an answer of a model."""
        self._model = model
        self._text = ""
        self._reasoning = ""
        self._citations: tuple[Citation, ...] = ()
        self._calls: tuple[ToolCall, ...] = ()
        self._plain = True

    def chat(self, event: Event) -> ChatResponse:
        """Take an event, and write the message so far."""
        delta = self._add(event)
        if self._plain:
            blocks: list[ContentBlock] = [TextBlock(text=self._text)]
            message = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks)
            return ChatResponse(message=message, delta=delta)
        return ChatResponse(
            message=_message(self._text, self._reasoning, self._citations, self._calls),
            delta=delta,
            raw=self._raw(event),
            additional_kwargs=_extra(event),
        )

    def completion(self, event: Event) -> CompletionResponse:
        """Take an event, and write the text so far."""
        delta = self._add(event)
        return CompletionResponse(
            text=self._text, delta=delta, raw=self._raw(event), additional_kwargs=_extra(event)
        )

    def _add(self, event: Event) -> str:
        """Add an event to the answer, and return its delta of the text."""
        if isinstance(event, ContentDelta):
            self._text += event.text
            return event.text
        self._plain = False
        match event:
            case ReasoningDelta(text):
                self._reasoning += text
            case Citations(citations):
                self._citations += citations
            case ToolCallDelta(call):
                self._calls += (call,)
        return ""

    def _raw(self, event: Event) -> dict[str, Any] | None:
        return _metadata(self._model, event) if isinstance(event, Finished) else None


def to_chat_response(response: SparkResponse) -> ChatResponse:
    """Translate a whole answer.

    Returns:
        A message of reasoning, text, citations and tool calls, with its token counts.
    """
    return ChatResponse(
        message=_message(
            response.text, response.reasoning, response.citations, response.tool_calls
        ),
        raw=_metadata(response.model, response),
        additional_kwargs=_counts(response.usage),
    )


def to_completion_response(response: SparkResponse) -> CompletionResponse:
    """Translate a whole answer to a prompt."""
    return CompletionResponse(
        text=response.text,
        raw=_metadata(response.model, response),
        additional_kwargs=_counts(response.usage),
    )


def _message(
    text: str, reasoning: str, citations: Sequence[Citation], calls: Sequence[ToolCall]
) -> ChatMessage:
    blocks: list[ContentBlock] = []
    if reasoning:
        blocks.append(ThinkingBlock(content=reasoning))
    if text or not (reasoning or calls):
        blocks.append(TextBlock(text=text))
    blocks += map(_citation_block, citations)
    blocks += map(_call_block, calls)
    extra: dict[str, Any] = {}
    if calls:
        extra["tool_calls"] = [call_to_openai(call) for call in calls]
    if problems := {call.id: call.problem for call in calls if call.problem}:
        extra["invalid_tool_calls"] = problems
    return ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extra)


def _citation_block(citation: Citation) -> CitationBlock:
    """Spark names the page alone, so its title stands for what is cited."""
    return CitationBlock(
        cited_content=TextBlock(text=citation.title),
        source=citation.url,
        title=citation.title,
        additional_location_info={"index": citation.index},
    )


def _call_block(call: ToolCall) -> ToolCallBlock:
    return ToolCallBlock(
        tool_call_id=call.id, tool_name=call.name, tool_kwargs=_arguments(call.arguments)
    )


def _arguments(text: str) -> dict[str, Any] | str:
    """Read the arguments of a call; what is no JSON object stays as the model wrote it."""
    try:
        return read_arguments(text)
    except InvalidResponseError:
        return text


def _extra(event: Event) -> dict[str, Any]:
    match event:
        case ReasoningDelta(text):
            return {"thinking_delta": text}
        case Finished(usage=usage):
            return _counts(usage)
    return {}


def _counts(usage: Usage | None) -> dict[str, Any]:
    return {} if usage is None else {**usage_to_openai(usage)}


def _metadata(model: str, end: Finished | SparkResponse) -> dict[str, Any]:
    """Return what LlamaIndex calls raw; its token counter and tracers read ``usage`` there.

    What was tolerated or left out is named only where there is some.
    """
    doubts = {"deviations": [*end.deviations], "ignored": [*end.ignored]}
    return {
        "model": model,
        "sid": end.sid,
        "wire": end.wire,
        "finish_reason": end.finish_reason,
        "usage": _counts(end.usage) or None,
        **{name: names for name, names in doubts.items() if names},
    }
