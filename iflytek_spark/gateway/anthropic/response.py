"""A message and its blocks, as Anthropic writes them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from iflytek_spark import ChatResponse, Citation, Finished, FinishReason, ToolCall, Usage
from iflytek_spark.adapters import read_arguments
from iflytek_spark.errors import InvalidResponseError
from iflytek_spark.gateway.anthropic.response_types import (
    Block,
    MessageObject,
    MessageUsage,
    StopReason,
    TextBlock,
    ToolUseBlock,
    WebCitation,
)

SIGNATURE = "unsigned"
"""Some clients send thoughts back only with a signature; nobody checks this one."""

_REASONS: Mapping[FinishReason, StopReason] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


def begun(model: str, usage: MessageUsage) -> MessageObject:
    """Write a message that has nothing yet."""
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def to_message(
    model: str, response: ChatResponse, estimate: Callable[[str], Usage]
) -> MessageObject:
    """Translate a whole response.

    Args:
        model: the name that the caller used.
        response: the core's.
        estimate: estimates what Spark has not counted, of a response's text.

    Raises:
        InvalidResponseError: for a call whose arguments are no JSON object.
    """
    content: list[Block] = []
    if response.reasoning:
        content.append({"type": "thinking", "thinking": response.reasoning, "signature": SIGNATURE})
    if response.text:
        content.append(text_block(response.text, response.citations))
    content += [call_block(call, response.sid) for call in response.tool_calls]
    usage = counted(response.usage, lambda: estimate(response.reasoning + response.text))
    return {
        **begun(model, usage),
        "content": content,
        "stop_reason": stop_reason(response),
        "stop_sequence": response.stop or None,
        "sid": response.sid,
    }


def stop_reason(end: ChatResponse | Finished) -> StopReason:
    """Return why a response ended."""
    return "stop_sequence" if end.stop else _REASONS[end.finish_reason]


def to_usage(usage: Usage) -> MessageUsage:
    """Write token counts."""
    return {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}


def counted(usage: Usage | None, estimate: Callable[[], Usage]) -> MessageUsage:
    """Write token counts, which Anthropic's form must have: estimates where Spark has none."""
    return to_usage(usage) if usage else {**to_usage(estimate()), "estimated": True}


def text_block(text: str, citations: Sequence[Citation] = ()) -> TextBlock:
    """Write a text, and the pages that were found; clients refuse an empty field of them."""
    block: TextBlock = {"type": "text", "text": text}
    if citations:
        block["citations"] = [web_citation(citation) for citation in citations]
    return block


def web_citation(citation: Citation) -> WebCitation:
    """Write a page that was found."""
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title,
        "cited_text": "",
        "encrypted_index": str(citation.index),
    }


def call_block(call: ToolCall, sid: str = "") -> ToolUseBlock:
    """Write a call.

    Raises:
        InvalidResponseError: when its arguments are no JSON object.
    """
    try:
        arguments = read_arguments(call.arguments)
    except InvalidResponseError as error:
        raise InvalidResponseError(
            f"the model calls {call.name!r} with arguments that are no JSON object: {error}",
            sid=sid or None,
            hint="ask again",
        ) from error
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}
