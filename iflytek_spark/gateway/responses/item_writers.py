"""Writes the items of a streamed response: each begins, grows and ends with events of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring
from typing import Protocol

from pydantic_core import to_json

from iflytek_spark import Citation, ToolCall
from iflytek_spark.gateway.openai.sse import named_event
from iflytek_spark.gateway.responses.event_types import (
    AnyEvent,
    SummaryDeltaEvent,
    TextDeltaEvent,
)
from iflytek_spark.gateway.responses.response import (
    call_item,
    message_item,
    output_text,
    reasoning_item,
)
from iflytek_spark.gateway.responses.response_types import OutputItem, OutputText, Status

_NUMBER = '"sequence_number":'
_PLACEHOLDER = "\0"


class Numbers:
    """Numbers the events of a response, from 0."""

    def __init__(self) -> None:
        """Start before the first."""
        self._number = -1

    def next(self) -> int:
        """Return the number of the next event."""
        self._number += 1
        return self._number


def event(data: AnyEvent) -> bytes:
    """Write an event."""
    return named_event(data["type"], data)


class DeltaTemplate:
    """The event of a text, written once for an item: the number and the text are put into it."""

    def __init__(self, data: TextDeltaEvent | SummaryDeltaEvent) -> None:
        """Write the event around a number of 0 and a placeholder."""
        before, self._number, rest = event(data).decode().partition(_NUMBER)
        self._before = before + self._number
        placeholder = to_json(_PLACEHOLDER).decode()
        self._between, _, self._after = rest.removeprefix("0").partition(placeholder)

    def write(self, number: int, text: str) -> bytes:
        """Write the event of a text."""
        return (
            f"{self._before}{number}{self._between}{encode_basestring(text)}{self._after}".encode()
        )


class TextItemWriter(Protocol):
    """Writes an item that grows text by text."""

    def begin(self) -> bytes:
        """Write what comes before the first text."""

    def delta(self, text: str) -> bytes:
        """Write the next text."""

    def end(self, status: Status) -> tuple[bytes, OutputItem]:
        """Write what comes after the last text, and return the whole item."""


class MessageWriter:
    """Writes what the model says."""

    def __init__(
        self, item_id: str, index: int, numbers: Numbers, citations: Sequence[Citation]
    ) -> None:
        """Prepare to write the item of an index; its citations may come until it ends."""
        self._id, self._index, self._next = item_id, index, numbers.next
        self._citations = citations
        self._texts: list[str] = []
        self._template = DeltaTemplate(
            {
                "type": "response.output_text.delta",
                "sequence_number": 0,
                "item_id": item_id,
                "output_index": index,
                "content_index": 0,
                "delta": _PLACEHOLDER,
                "logprobs": [],
            }
        )

    def begin(self) -> bytes:
        """Write that the item and its text begin."""
        item = message_item(self._id, [], "in_progress")
        added = item_added(self._next(), self._index, item)
        return added + event(
            {
                "type": "response.content_part.added",
                "sequence_number": self._next(),
                "item_id": self._id,
                "output_index": self._index,
                "content_index": 0,
                "part": output_text("", ()),
            }
        )

    def delta(self, text: str) -> bytes:
        """Write the next text."""
        self._texts.append(text)
        return self._template.write(self._next(), text)

    def end(self, status: Status) -> tuple[bytes, OutputItem]:
        """Write the sources and the whole text."""
        part = output_text("".join(self._texts), self._citations)
        item = message_item(self._id, [part], status)
        written = self._annotations(part) + self._text_done(part) + self._part_done(part)
        return written + item_done(self._next(), self._index, item), item

    def _annotations(self, part: OutputText) -> bytes:
        return b"".join(
            event(
                {
                    "type": "response.output_text.annotation.added",
                    "sequence_number": self._next(),
                    "item_id": self._id,
                    "output_index": self._index,
                    "content_index": 0,
                    "annotation_index": at,
                    "annotation": annotation,
                }
            )
            for at, annotation in enumerate(part["annotations"])
        )

    def _text_done(self, part: OutputText) -> bytes:
        return event(
            {
                "type": "response.output_text.done",
                "sequence_number": self._next(),
                "item_id": self._id,
                "output_index": self._index,
                "content_index": 0,
                "text": part["text"],
                "logprobs": [],
            }
        )

    def _part_done(self, part: OutputText) -> bytes:
        return event(
            {
                "type": "response.content_part.done",
                "sequence_number": self._next(),
                "item_id": self._id,
                "output_index": self._index,
                "content_index": 0,
                "part": part,
            }
        )


class ReasoningWriter:
    """Writes the model's thoughts."""

    def __init__(self, item_id: str, index: int, numbers: Numbers) -> None:
        """Prepare to write the item of an index."""
        self._id, self._index, self._next = item_id, index, numbers.next
        self._texts: list[str] = []
        self._template = DeltaTemplate(
            {
                "type": "response.reasoning_summary_text.delta",
                "sequence_number": 0,
                "item_id": item_id,
                "output_index": index,
                "summary_index": 0,
                "delta": _PLACEHOLDER,
            }
        )

    def begin(self) -> bytes:
        """Write that the item and its text begin."""
        item = reasoning_item(self._id, "", "in_progress")
        added = item_added(self._next(), self._index, item)
        return added + event(
            {
                "type": "response.reasoning_summary_part.added",
                "sequence_number": self._next(),
                "item_id": self._id,
                "output_index": self._index,
                "summary_index": 0,
                "part": {"type": "summary_text", "text": ""},
            }
        )

    def delta(self, text: str) -> bytes:
        """Write the next text."""
        self._texts.append(text)
        return self._template.write(self._next(), text)

    def end(self, status: Status) -> tuple[bytes, OutputItem]:
        """Write the whole text."""
        text = "".join(self._texts)
        item = reasoning_item(self._id, text, status)
        done = event(
            {
                "type": "response.reasoning_summary_text.done",
                "sequence_number": self._next(),
                "item_id": self._id,
                "output_index": self._index,
                "summary_index": 0,
                "text": text,
            }
        )
        part_done = event(
            {
                "type": "response.reasoning_summary_part.done",
                "sequence_number": self._next(),
                "item_id": self._id,
                "output_index": self._index,
                "summary_index": 0,
                "part": {"type": "summary_text", "text": text},
            }
        )
        return done + part_done + item_done(self._next(), self._index, item), item


def write_call(
    item_id: str, index: int, next_number: Callable[[], int], call: ToolCall
) -> tuple[bytes, OutputItem]:
    """Write a call, which comes whole, and return its item."""
    item = call_item(item_id, call)
    begun = call_item(item_id, call, "in_progress")
    begun["arguments"] = ""
    added = item_added(next_number(), index, begun)
    delta = event(
        {
            "type": "response.function_call_arguments.delta",
            "sequence_number": next_number(),
            "item_id": item_id,
            "output_index": index,
            "delta": call.arguments,
        }
    )
    done = event(
        {
            "type": "response.function_call_arguments.done",
            "sequence_number": next_number(),
            "item_id": item_id,
            "output_index": index,
            "name": call.name,
            "arguments": call.arguments,
        }
    )
    return added + delta + done + item_done(next_number(), index, item), item


def item_added(number: int, index: int, item: OutputItem) -> bytes:
    """Write that an item begins."""
    return event(
        {
            "type": "response.output_item.added",
            "sequence_number": number,
            "output_index": index,
            "item": item,
        }
    )


def item_done(number: int, index: int, item: OutputItem) -> bytes:
    """Write that an item is whole."""
    return event(
        {
            "type": "response.output_item.done",
            "sequence_number": number,
            "output_index": index,
            "item": item,
        }
    )
