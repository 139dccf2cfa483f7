"""A streamed response as the events of OpenAI's Responses, in their order and numbered."""

from __future__ import annotations

from typing import Literal

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
)
from iflytek_spark.gateway.openai.errors import GatewayError, error_body
from iflytek_spark.gateway.responses.convert import FIELDS
from iflytek_spark.gateway.responses.item_writers import (
    MessageWriter,
    Numbers,
    ReasoningWriter,
    TextItemWriter,
    event,
    write_call,
)
from iflytek_spark.gateway.responses.response import Ids, ended, failed, item_status
from iflytek_spark.gateway.responses.response_types import OutputItem, ResponseObject, Status

_Whole = Literal[
    "response.created",
    "response.in_progress",
    "response.completed",
    "response.incomplete",
    "response.failed",
]


class ResponseWriter:
    """Writes a streamed response as server-sent events.

    Attributes:
        response: the response; whole after its last event.
    """

    def __init__(self, begin: ResponseObject, ids: Ids) -> None:
        """Prepare to write a response that has nothing yet."""
        self.response = begin
        self._ids = ids
        self._numbers = Numbers()
        self._items: list[OutputItem] = []
        self._message: MessageWriter | None = None
        self._reasoning: ReasoningWriter | None = None
        self._citations: list[Citation] = []

    def start(self) -> bytes:
        """Write the two events before the first of the model's."""
        return self._whole("response.created") + self._whole("response.in_progress")

    def write(self, event: Event) -> bytes:
        """Write what stands for an event; empty when nothing does."""
        if type(event) is ContentDelta:
            if self._message is not None:
                return self._message.delta(event.text)
            return self._begin_message() + self._delta(event.text)
        match event:
            case ReasoningDelta(text):
                begun = b"" if self._reasoning is not None else self._begin_reasoning()
                return begun + self._delta(text)
            case ToolCallDelta(call):
                return self._end("completed") + self._call(call)
            case Citations(citations):
                self._citations += citations
            case Finished():
                return self._finish(event)
        return b""

    def error(self, error: SparkError | GatewayError, request_id: str) -> bytes:
        """Write what ends a response that is not whole: OpenAI's clients raise the last event."""
        self.response = failed(self.response, self._items, error)
        last = self._whole("response.failed")
        detail = error_body(error, request_id, FIELDS)["error"]
        return last + event(
            {
                "type": "error",
                "sequence_number": self._numbers.next(),
                "code": detail["code"],
                "message": detail["message"],
                "param": detail["param"],
                "error": detail,
            }
        )

    def _open(self) -> TextItemWriter | None:
        return self._message or self._reasoning

    def _delta(self, text: str) -> bytes:
        item = self._open()
        return item.delta(text) if item else b""

    def _begin_message(self) -> bytes:
        before = self._end("completed")
        self._message = MessageWriter(
            self._ids.item("msg"), len(self._items), self._numbers, self._citations
        )
        return before + self._message.begin()

    def _begin_reasoning(self) -> bytes:
        before = self._end("completed")
        self._reasoning = ReasoningWriter(self._ids.item("rs"), len(self._items), self._numbers)
        return before + self._reasoning.begin()

    def _call(self, call: ToolCall) -> bytes:
        index, next_number = len(self._items), self._numbers.next
        written, item = write_call(self._ids.item("fc"), index, next_number, call)
        self._items.append(item)
        return written

    def _end(self, status: Status) -> bytes:
        """End the item that is open, if one is."""
        item = self._open()
        if item is None:
            return b""
        written, whole = item.end(status)
        self._items.append(whole)
        if self._message is not None:
            self._citations = []
        self._message = self._reasoning = None
        return written

    def _finish(self, last: Finished) -> bytes:
        begun = b"" if self._open() or self._items else self._begin_message()
        written = begun + self._end(item_status(last.finish_reason))
        self.response = ended(self.response, self._items, last.finish_reason, last.usage, last.sid)
        incomplete = self.response["status"] == "incomplete"
        return written + self._whole("response.incomplete" if incomplete else "response.completed")

    def _whole(self, kind: _Whole) -> bytes:
        number = self._numbers.next()
        return event({"type": kind, "sequence_number": number, "response": self.response})
