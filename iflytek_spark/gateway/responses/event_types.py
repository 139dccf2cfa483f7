"""The types that the events of a streamed response are written through."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field
from typing_extensions import TypedDict

from iflytek_spark.gateway.openai.responses import Count, ErrorDetail
from iflytek_spark.gateway.responses.response_types import (
    OutputAnnotation,
    OutputItem,
    OutputText,
    ResponseObject,
    SummaryText,
)


class StreamEvent(TypedDict):
    """What every event has."""

    sequence_number: Count


class ResponseEvent(StreamEvent):
    """The response as a whole."""

    type: Literal[
        "response.created",
        "response.in_progress",
        "response.completed",
        "response.incomplete",
        "response.failed",
    ]
    response: ResponseObject


class ItemEvent(StreamEvent):
    """An item begins, or is whole."""

    type: Literal["response.output_item.added", "response.output_item.done"]
    output_index: Count
    item: OutputItem


class _WithinItem(StreamEvent):
    item_id: str
    output_index: Count


class _WithinContent(_WithinItem):
    content_index: Count


class ContentPartEvent(_WithinContent):
    """The text of a message begins, or is whole."""

    type: Literal["response.content_part.added", "response.content_part.done"]
    part: OutputText


class TextDeltaEvent(_WithinContent):
    """A part of the text."""

    type: Literal["response.output_text.delta"]
    delta: str
    logprobs: Annotated[list[Any], Field(max_length=0)]


class TextDoneEvent(_WithinContent):
    """The whole text."""

    type: Literal["response.output_text.done"]
    text: str
    logprobs: Annotated[list[Any], Field(max_length=0)]


class AnnotationEvent(_WithinContent):
    """A source of the text."""

    type: Literal["response.output_text.annotation.added"]
    annotation_index: Count
    annotation: OutputAnnotation


class _WithinSummary(_WithinItem):
    summary_index: Count


class SummaryPartEvent(_WithinSummary):
    """The thoughts begin, or are whole."""

    type: Literal["response.reasoning_summary_part.added", "response.reasoning_summary_part.done"]
    part: SummaryText


class SummaryDeltaEvent(_WithinSummary):
    """A part of the thoughts."""

    type: Literal["response.reasoning_summary_text.delta"]
    delta: str


class SummaryDoneEvent(_WithinSummary):
    """All of the thoughts."""

    type: Literal["response.reasoning_summary_text.done"]
    text: str


class ArgumentsDeltaEvent(_WithinItem):
    """The arguments of a call, all at once."""

    type: Literal["response.function_call_arguments.delta"]
    delta: str


class ArgumentsDoneEvent(_WithinItem):
    """The arguments of a call."""

    type: Literal["response.function_call_arguments.done"]
    name: str
    arguments: str


class ErrorEvent(StreamEvent):
    """What failed; ``error`` is what OpenAI's clients raise."""

    type: Literal["error"]
    code: str
    message: str
    param: str | None
    error: ErrorDetail


AnyEvent: TypeAlias = (
    ResponseEvent
    | ItemEvent
    | ContentPartEvent
    | TextDeltaEvent
    | TextDoneEvent
    | AnnotationEvent
    | SummaryPartEvent
    | SummaryDeltaEvent
    | SummaryDoneEvent
    | ArgumentsDeltaEvent
    | ArgumentsDoneEvent
    | ErrorEvent
)
EVENTS: tuple[type, ...] = get_args(AnyEvent)
