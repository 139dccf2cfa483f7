"""A response and its items, as OpenAI writes them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from iflytek_spark import ChatResponse, Citation, FinishReason, SparkError, ToolCall, Usage
from iflytek_spark.gateway.openai.convert import to_annotations
from iflytek_spark.gateway.openai.errors import GatewayError, row_of
from iflytek_spark.gateway.responses.requests import ResponsesRequest
from iflytek_spark.gateway.responses.response_types import (
    IncompleteDetails,
    OutputAnnotation,
    OutputFunctionCall,
    OutputItem,
    OutputMessage,
    OutputReasoning,
    OutputText,
    ResponseObject,
    ResponseUsage,
    Status,
)

_PREFIX = "resp_"


class Ids:
    """The ids of a response and of its items, which lead back to it.

    Attributes:
        response: the response's.
    """

    def __init__(self) -> None:
        """Make new ones."""
        self._random = uuid.uuid4().hex
        self._items = 0
        self.response = _PREFIX + self._random

    def item(self, kind: str) -> str:
        """Return the id of the next item: ``msg``, ``rs`` or ``fc``."""
        self._items += 1
        return f"{kind}_{self._random}_{self._items}"


def response_of(item_id: str) -> str:
    """Return the id of the response that an item belongs to."""
    parts = item_id.split("_")
    return _PREFIX + (parts[1] if len(parts) == 3 else "")


def begun(request: ResponsesRequest, response_id: str, *, stored: bool) -> ResponseObject:
    """Write a response that has nothing yet."""
    sent = request.model_dump(exclude_none=True, by_alias=True)
    return {
        "id": response_id,
        "object": "response",
        "created_at": int(time.time()),
        "completed_at": None,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "metadata": request.metadata or {},
        "model": request.model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": request.previous_response_id,
        "reasoning": {"effort": None, "summary": None, **sent.get("reasoning", {})},
        "store": stored,
        "temperature": request.temperature,
        "text": {"format": {"type": "text"}, **sent.get("text", {})},
        "tool_choice": sent.get("tool_choice", "auto"),
        "tools": [{"parameters": None, "strict": None, **tool} for tool in sent.get("tools", [])],
        "top_p": request.top_p,
        "truncation": "disabled",
        "usage": None,
    }


def to_response(begin: ResponseObject, ids: Ids, response: ChatResponse) -> ResponseObject:
    """Translate a whole response."""
    items: list[OutputItem] = []
    if response.reasoning:
        items.append(reasoning_item(ids.item("rs"), response.reasoning))
    if response.text or not response.tool_calls:
        text = output_text(response.text, response.citations)
        status = item_status(response.finish_reason)
        items.append(message_item(ids.item("msg"), [text], status))
    items += [call_item(ids.item("fc"), call) for call in response.tool_calls]
    return ended(begin, items, response.finish_reason, response.usage, response.sid)


def ended(
    begin: ResponseObject,
    items: list[OutputItem],
    reason: FinishReason,
    usage: Usage | None,
    sid: str,
) -> ResponseObject:
    """Write a response that has come to its end."""
    details: dict[FinishReason, IncompleteDetails] = {
        "length": {"reason": "max_output_tokens"},
        "content_filter": {"reason": "content_filter"},
    }
    incomplete = details.get(reason)
    return {
        **begin,
        "status": "incomplete" if incomplete else "completed",
        "completed_at": None if incomplete else int(time.time()),
        "incomplete_details": incomplete,
        "output": items,
        "usage": _usage(usage) if usage else None,
        "sid": sid,
    }


def failed(
    begin: ResponseObject, items: list[OutputItem], error: SparkError | GatewayError
) -> ResponseObject:
    """Write a response that is not whole."""
    limited = row_of(error).status == 429
    begin = {**begin, "status": "failed", "output": items}
    begin["error"] = {
        "code": "rate_limit_exceeded" if limited else "server_error",
        "message": str(error),
    }
    if isinstance(error, SparkError) and error.sid:
        begin["sid"] = error.sid
    return begin


def item_status(reason: FinishReason) -> Status:
    """Return the status of the message that an answer ends with."""
    return "incomplete" if reason in ("length", "content_filter") else "completed"


def message_item(
    item_id: str, content: list[OutputText], status: Status = "completed"
) -> OutputMessage:
    """Write what the model says."""
    return {
        "type": "message",
        "id": item_id,
        "role": "assistant",
        "status": status,
        "content": content,
    }


def output_text(text: str, citations: Sequence[Citation]) -> OutputText:
    """Write a text, and the pages that were found."""
    annotations = output_annotations(citations, len(text))
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def output_annotations(citations: Sequence[Citation], characters: int) -> list[OutputAnnotation]:
    """Write the pages that were found, each for so many characters."""
    return [
        {"type": "url_citation", **annotation["url_citation"]}
        for annotation in to_annotations(citations, characters)
    ]


def reasoning_item(item_id: str, text: str, status: Status = "completed") -> OutputReasoning:
    """Write the model's thoughts; there are none yet at their beginning."""
    return {
        "type": "reasoning",
        "id": item_id,
        "summary": [{"type": "summary_text", "text": text}] if text else [],
        "status": status,
    }


def call_item(item_id: str, call: ToolCall, status: Status = "completed") -> OutputFunctionCall:
    """Write a call."""
    return {
        "type": "function_call",
        "id": item_id,
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
        "status": status,
    }


def _usage(usage: Usage) -> ResponseUsage:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.total_tokens,
    }
