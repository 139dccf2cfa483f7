"""A streamed response as the events of Anthropic's Messages."""

from __future__ import annotations

from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Literal

from pydantic_core import to_json

from iflytek_spark import (
    Citation,
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    SparkError,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from iflytek_spark.gateway.anthropic.errors import messages_error
from iflytek_spark.gateway.anthropic.response import (
    SIGNATURE,
    begun,
    call_block,
    counted,
    stop_reason,
    text_block,
    to_usage,
    web_citation,
)
from iflytek_spark.gateway.anthropic.response_types import AnyEvent, Block, Delta
from iflytek_spark.gateway.openai.errors import GatewayError
from iflytek_spark.gateway.openai.sse import named_event

_PLACEHOLDER = "\0"


class MessageWriter:
    """Writes a streamed response as server-sent events.

    The event of a text is written once for a block; each text is only escaped and put there.
    """

    def __init__(self, model: str, estimate: Callable[[str], Usage]) -> None:
        """Prepare, under the name of the model that the caller used.

        Args:
            model: that name.
            estimate: estimates what Spark has not counted, of a response's text.
        """
        self._message = begun(model, to_usage(estimate("")))
        self._estimate = estimate
        self._index = -1
        self._open: Literal["text", "thinking"] | None = None
        self._before = self._after = ""
        self._texts: list[str] = []
        self._citations: list[Citation] = []

    def start(self) -> bytes:
        """Write the beginning of the message, with an estimate of what it answers."""
        return _event({"type": "message_start", "message": self._message}) + _event(
            {"type": "ping"}
        )

    def write(self, event: Event) -> bytes:
        """Write what stands for an event; empty when nothing does."""
        if type(event) is ContentDelta:
            begun = b"" if self._open == "text" else self._begin_text()
            return begun + self._text(event.text)
        match event:
            case ReasoningDelta(text):
                begun = b"" if self._open == "thinking" else self._begin_thinking()
                return begun + self._text(text)
            case ToolCallDelta(call):
                return self._call(call)
            case Citations(citations):
                self._citations += citations
            case Finished():
                return self._finish(event)
        return b""

    def error(self, error: SparkError | GatewayError, request_id: str) -> bytes:
        """Write what ends a response early; no ``message_stop`` follows."""
        return _event(messages_error(error, request_id))

    def _text(self, text: str) -> bytes:
        self._texts.append(text)
        return f"{self._before}{encode_basestring(text)}{self._after}".encode()

    def _begin_text(self) -> bytes:
        written = self._end() + self._begin(text_block(""))
        self._open = "text"
        self._around({"type": "text_delta", "text": _PLACEHOLDER})
        return written

    def _begin_thinking(self) -> bytes:
        block: Block = {"type": "thinking", "thinking": "", "signature": ""}
        written = self._end() + self._begin(block)
        self._open = "thinking"
        self._around({"type": "thinking_delta", "thinking": _PLACEHOLDER})
        return written

    def _around(self, delta: Delta) -> None:
        """Keep what stands before and after the text of an event."""
        placeholder = to_json(_PLACEHOLDER).decode()
        self._before, _, self._after = self._delta(delta).decode().rpartition(placeholder)

    def _call(self, call: ToolCall) -> bytes:
        block = call_block(call)
        arguments = to_json(block["input"]).decode()
        begun: Block = {**block, "input": {}}
        written = self._end() + self._begin(begun)
        written += self._delta({"type": "input_json_delta", "partial_json": arguments})
        return written + self._stop()

    def _begin(self, block: Block) -> bytes:
        self._index += 1
        return _event({"type": "content_block_start", "index": self._index, "content_block": block})

    def _delta(self, delta: Delta) -> bytes:
        return _event({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _stop(self) -> bytes:
        return _event({"type": "content_block_stop", "index": self._index})

    def _end(self) -> bytes:
        """End the block that is open, if one is."""
        kind, self._open = self._open, None
        if kind is None:
            return b""
        if kind == "thinking":
            return self._delta({"type": "signature_delta", "signature": SIGNATURE}) + self._stop()
        pages, self._citations = self._citations, []
        deltas = [
            self._delta({"type": "citations_delta", "citation": web_citation(page)})
            for page in pages
        ]
        return b"".join(deltas) + self._stop()

    def _finish(self, last: Finished) -> bytes:
        usage = counted(last.usage, lambda: self._estimate("".join(self._texts)))
        ended = self._end() + _event(
            {
                "type": "message_delta",
                "delta": {"stop_reason": stop_reason(last), "stop_sequence": last.stop or None},
                "usage": usage,
            }
        )
        return ended + _event({"type": "message_stop"})


def _event(data: AnyEvent) -> bytes:
    return named_event(data["type"], data)
