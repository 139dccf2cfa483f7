"""From the core's answer to OpenAI's, whole or in pieces."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any

from pydantic_core import to_json

from iflytek_spark.messages import ChatResponse, Citation, FinishReason, ToolCall, Usage
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """What stands in every part of one answer.

    Attributes:
        model: the name that the caller used.
        id: the answer's id.
        created: when it was begun, in seconds since 1970.
    """

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))


def whole_answer(head: AnswerHead, response: ChatResponse) -> dict[str, Any]:
    """Write a whole answer, a ``chat.completion``."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": response.text or (None if response.tool_calls else ""),
        "refusal": None,
    }
    if response.reasoning:
        message["reasoning_content"] = response.reasoning
    if response.citations:
        message["annotations"] = _annotations(response.citations, len(response.text))
    if response.tool_calls:
        message["tool_calls"] = [_call(call) for call in response.tool_calls]
    choice = {"index": 0, "message": message, "logprobs": None}
    return {
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "choices": [choice | {"finish_reason": response.finish_reason}],
        "usage": _usage(response.usage),
        "sid": response.sid,
    }


class ChunkWriter:
    """Writes a streamed answer, ``chat.completion.chunk`` by chunk, as server-sent events.

    The parts that never change are written once; a piece of text is only escaped and put between.
    """

    def __init__(self, head: AnswerHead, *, include_usage: bool) -> None:
        """Prepare.

        Args:
            head: what stands in every chunk.
            include_usage: whether a chunk with token counts comes last.
        """
        self._include_usage = include_usage
        fixed = {
            "id": head.id,
            "object": "chat.completion.chunk",
            "created": head.created,
            "model": head.model,
        }
        usage = ',"usage":null' if include_usage else ""
        self._open = f"data: {to_json(fixed).decode()[:-1]}{usage}"
        before = f'{self._open},"choices":[{{"index":0,"delta":'
        self._before = before.encode()
        self._content = f'{before}{{"content":'
        self._reasoning = f'{before}{{"reasoning_content":'
        self._after_text = '},"logprobs":null,"finish_reason":null}]}\n\n'
        self._characters = 0

    def role(self) -> bytes:
        """Write the first chunk, which says who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def write(self, event: Event) -> bytes:
        """Write what one event tells."""
        if type(event) is ContentDelta:
            self._characters += len(event.text)
            return f"{self._content}{encode_basestring(event.text)}{self._after_text}".encode()
        match event:
            case ReasoningDelta(text):
                return f"{self._reasoning}{encode_basestring(text)}{self._after_text}".encode()
            case ToolCallDelta(call):
                return self._chunk({"tool_calls": [{"index": 0} | _call(call)]})
            case Citations(citations) if citations:
                return self._chunk({"annotations": _annotations(citations, self._characters)})
            case Finished(reason, usage):
                return self._chunk({}, reason) + self._counted(usage) + DONE
        return b""

    def _chunk(self, delta: dict[str, Any], reason: FinishReason | None = None) -> bytes:
        ending = b',"logprobs":null,"finish_reason":%b}]}\n\n' % to_json(reason)
        return self._before + to_json(delta) + ending

    def _counted(self, usage: Usage | None) -> bytes:
        if not self._include_usage:
            return b""
        opening = self._open.removesuffix(',"usage":null')
        return f'{opening},"choices":[],"usage":{to_json(_usage(usage)).decode()}}}\n\n'.encode()


def error_event(body: dict[str, Any]) -> bytes:
    """Write an error that came after the answer had begun; no ``[DONE]`` follows it."""
    return b"data: %b\n\n" % to_json(body)


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _annotations(citations: Sequence[Citation], characters: int) -> list[dict[str, Any]]:
    """Spark does not say which words a page stands for, so each stands for all of them."""
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": citation.url,
                "title": citation.title,
                "start_index": 0,
                "end_index": characters,
            },
        }
        for citation in citations
    ]


def _usage(usage: Usage | None) -> dict[str, int] | None:
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
