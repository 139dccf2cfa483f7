"""The types that responses and their events are written through; OpenAPI follows from them.

A test compares them with those of OpenAI's package. What it does not have is ``sid``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from iflytek_spark.gateway.openai.responses import Count, Sid

Status = Literal["in_progress", "completed", "incomplete"]


class OutputAnnotation(TypedDict):
    """A page that was found; it stands for the whole text, since Spark does not say for what."""

    type: Literal["url_citation"]
    url: str
    title: str
    start_index: Count
    end_index: Count


class OutputText(TypedDict):
    """The text of a message."""

    type: Literal["output_text"]
    text: str
    annotations: list[OutputAnnotation]
    logprobs: Annotated[list[Any], Field(max_length=0)]


class OutputMessage(TypedDict):
    """What the model says."""

    type: Literal["message"]
    id: str
    role: Literal["assistant"]
    status: Status
    content: Annotated[list[OutputText], Field(max_length=1)]


class SummaryText(TypedDict):
    """A text of the model's thoughts."""

    type: Literal["summary_text"]
    text: str


class OutputReasoning(TypedDict):
    """What the model thinks before it answers, as Spark sends it."""

    type: Literal["reasoning"]
    id: str
    summary: Annotated[list[SummaryText], Field(max_length=1)]
    status: Status


class OutputFunctionCall(TypedDict):
    """A function that is to be called, and the JSON text of its arguments."""

    type: Literal["function_call"]
    id: str
    call_id: str
    name: str
    arguments: str
    status: Status


OutputItem = OutputMessage | OutputReasoning | OutputFunctionCall


class InputTokensDetails(TypedDict):
    """Spark tells of no cache."""

    cached_tokens: Literal[0]
    cache_write_tokens: Literal[0]


class OutputTokensDetails(TypedDict):
    """Spark does not count the tokens of its thoughts apart."""

    reasoning_tokens: Literal[0]


class ResponseUsage(TypedDict):
    """Tokens as Spark counts them."""

    input_tokens: Count
    input_tokens_details: InputTokensDetails
    output_tokens: Count
    output_tokens_details: OutputTokensDetails
    total_tokens: Count


class ResponseFailure(TypedDict):
    """Why a response failed after it had begun."""

    code: Literal["server_error", "rate_limit_exceeded"]
    message: str


class IncompleteDetails(TypedDict):
    """Why a response ended early."""

    reason: Literal["max_output_tokens", "content_filter"]


class ResponseObject(TypedDict):
    """A response, whole or as far as it has come."""

    id: str
    object: Literal["response"]
    created_at: int
    completed_at: int | None
    status: Literal["in_progress", "completed", "incomplete", "failed"]
    error: ResponseFailure | None
    incomplete_details: IncompleteDetails | None
    instructions: str | None
    max_output_tokens: int | None
    metadata: dict[str, str]
    model: Annotated[str, Field(description="The name that was asked for")]
    output: list[OutputItem]
    parallel_tool_calls: bool
    previous_response_id: str | None
    reasoning: dict[str, Any]
    store: Annotated[bool, Field(description="Whether the gateway keeps it")]
    temperature: float | None
    text: dict[str, Any]
    tool_choice: str | dict[str, Any]
    tools: list[dict[str, Any]]
    top_p: float | None
    truncation: Literal["disabled"]
    usage: ResponseUsage | None
    user: NotRequired[str]
    sid: NotRequired[Sid]


class DeletedResponse(TypedDict):
    """A response that the gateway keeps no longer."""

    id: str
    object: Literal["response"]
    deleted: Literal[True]
