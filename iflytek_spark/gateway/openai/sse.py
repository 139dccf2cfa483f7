"""A streamed response as server-sent events, chunk by chunk."""

from __future__ import annotations

import time
from json.encoder import encode_basestring

from pydantic_core import to_json

from iflytek_spark import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    SparkError,
    ToolCallDelta,
    Usage,
)
from iflytek_spark.adapters import call_to_openai, usage_to_openai
from iflytek_spark.gateway.openai import convert, responses
from iflytek_spark.gateway.openai.errors import GatewayError, error_body

DONE = b"data: [DONE]\n\n"
_PLACEHOLDER = "\0"


class ChunkWriter:
    """Writes a streamed response, ``chat.completion.chunk`` by chunk, as server-sent events.

    A chunk of text is written once, with a placeholder; each text is only escaped and put there.
    """

    def __init__(self, model: str, *, include_usage: bool) -> None:
        """Prepare, under the name of the model that the caller used; token counts may come last."""
        self._model = model
        self._include_usage = include_usage
        self._id = convert.completion_id()
        self._created = int(time.time())
        self._characters = 0
        self._before_content, self._after = self._around({"content": _PLACEHOLDER})
        self._before_reasoning, _ = self._around({"reasoning_content": _PLACEHOLDER})

    def start(self) -> bytes:
        """Write the first chunk, which names the role."""
        return self._event({"role": "assistant", "content": "", "refusal": None})

    def write(self, event: Event) -> bytes:
        """Write the chunk of one event; empty when the event has none."""
        if type(event) is ContentDelta:
            self._characters += len(event.text)
            return f"{self._before_content}{encode_basestring(event.text)}{self._after}".encode()
        match event:
            case ReasoningDelta(text):
                return f"{self._before_reasoning}{encode_basestring(text)}{self._after}".encode()
            case ToolCallDelta(call, index):
                return self._event({"tool_calls": [{"index": index, **call_to_openai(call)}]})
            case Citations(citations) if citations:
                return self._event(
                    {"annotations": convert.to_annotations(citations, self._characters)}
                )
            case Finished(reason, usage):
                return self._event({}, reason) + self._usage(usage) + DONE
        return b""

    def error(self, error: SparkError | GatewayError, request_id: str) -> bytes:
        """Write what ends a response early; no ``[DONE]`` follows."""
        return sse_event(error_body(error, request_id))

    def _around(self, delta: responses.Delta) -> tuple[str, str]:
        """Return what stands before and after the text of a chunk."""
        placeholder = to_json(_PLACEHOLDER).decode()
        before, _, after = self._event(delta).decode().rpartition(placeholder)
        return before, after

    def _event(self, delta: responses.Delta, reason: responses.FinishReason | None = None) -> bytes:
        choice: responses.ChunkChoice = {
            "index": 0,
            "delta": delta,
            "logprobs": None,
            "finish_reason": reason,
        }
        return sse_event(self._chunk([choice], None))

    def _usage(self, usage: Usage | None) -> bytes:
        if not self._include_usage:
            return b""
        return sse_event(self._chunk([], usage_to_openai(usage) if usage else None))

    def _chunk(
        self, choices: list[responses.ChunkChoice], usage: responses.Usage | None
    ) -> responses.ChatCompletionChunk:
        chunk: responses.ChatCompletionChunk = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "choices": choices,
        }
        if self._include_usage:
            chunk["usage"] = usage
        return chunk


def sse_event(data: object) -> bytes:
    """Write a server-sent event."""
    return b"data: %b\n\n" % to_json(data)


def named_event(name: str, data: object) -> bytes:
    """Write a server-sent event with a name."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), to_json(data))
