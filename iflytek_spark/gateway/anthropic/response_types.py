"""The types that messages, their events and errors are written through; OpenAPI follows from them.

A test compares them with those of Anthropic's package. What it does not have is ``sid``,
``spark_code``, ``code`` and ``estimated``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypeAlias, get_args

from pydantic import Field
from typing_extensions import TypedDict

from iflytek_spark.gateway.openai.responses import Count, Sid

StopReason = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]


class WebCitation(TypedDict):
    """A page that was found; Spark does not say for which words."""

    type: Literal["web_search_result_location"]
    url: str
    title: str
    cited_text: Literal[""]
    encrypted_index: str


class TextBlock(TypedDict):
    """What the model says."""

    type: Literal["text"]
    text: str
    citations: NotRequired[list[WebCitation]]


class ThinkingBlock(TypedDict):
    """What the model thinks before it answers; Spark signs nothing."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class ToolUseBlock(TypedDict):
    """A tool that is to be called."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]


Block: TypeAlias = TextBlock | ThinkingBlock | ToolUseBlock


class MessageUsage(TypedDict):
    """Tokens as Spark counts them; estimated where it does not."""

    input_tokens: Count
    output_tokens: Count
    estimated: NotRequired[Literal[True]]


class MessageObject(TypedDict):
    """A message, whole or as it begins."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: Annotated[str, Field(description="The name that was asked for")]
    content: list[Block]
    stop_reason: StopReason | None
    stop_sequence: str | None
    usage: MessageUsage
    sid: NotRequired[Sid]


class TokensCount(TypedDict):
    """How many tokens a conversation has: Spark counts none ahead, so it is an estimate."""

    input_tokens: Count
    estimated: Literal[True]


class MessageStart(TypedDict):
    """The message begins."""

    type: Literal["message_start"]
    message: MessageObject


class Ping(TypedDict):
    """The connection lives."""

    type: Literal["ping"]


class BlockStart(TypedDict):
    """A block begins."""

    type: Literal["content_block_start"]
    index: Count
    content_block: Block


class TextDelta(TypedDict):
    """A part of what the model says."""

    type: Literal["text_delta"]
    text: str


class ThinkingDelta(TypedDict):
    """A part of what the model thinks."""

    type: Literal["thinking_delta"]
    thinking: str


class SignatureDelta(TypedDict):
    """The end of what the model thinks."""

    type: Literal["signature_delta"]
    signature: str


class InputDelta(TypedDict):
    """The JSON text of a call's arguments, all at once."""

    type: Literal["input_json_delta"]
    partial_json: str


class CitationDelta(TypedDict):
    """A source of the text."""

    type: Literal["citations_delta"]
    citation: WebCitation


Delta: TypeAlias = TextDelta | ThinkingDelta | SignatureDelta | InputDelta | CitationDelta


class BlockDelta(TypedDict):
    """A part of a block."""

    type: Literal["content_block_delta"]
    index: Count
    delta: Delta


class BlockStop(TypedDict):
    """A block is whole."""

    type: Literal["content_block_stop"]
    index: Count


class EndDelta(TypedDict):
    """Why the message ends."""

    stop_reason: StopReason
    stop_sequence: str | None


class MessageDelta(TypedDict):
    """The message is about to end."""

    type: Literal["message_delta"]
    delta: EndDelta
    usage: MessageUsage


class MessageStop(TypedDict):
    """The message is whole."""

    type: Literal["message_stop"]


ErrorType = Literal[
    "invalid_request_error",
    "authentication_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "timeout_error",
    "overloaded_error",
    "api_error",
]


class MessagesErrorDetail(TypedDict):
    """What failed."""

    type: ErrorType
    message: str
    code: Annotated[str, Field(examples=["model_not_found"])]
    spark_code: int | None
    sid: Sid | None


class MessagesError(TypedDict):
    """An error in Anthropic's form."""

    type: Literal["error"]
    error: MessagesErrorDetail
    request_id: str | None


AnyEvent: TypeAlias = (
    MessageStart
    | Ping
    | BlockStart
    | BlockDelta
    | BlockStop
    | MessageDelta
    | MessageStop
    | MessagesError
)
EVENTS: tuple[type, ...] = get_args(AnyEvent)
