"""What ``POST /v1/responses`` takes; the rules are those of chat completions."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from iflytek_spark import DEFAULT_MODEL, list_models
from iflytek_spark.gateway.openai.field_types import (
    ModelName,
    OnlyEmptyList,
    OnlyFalse,
    OnlyNull,
    OnlyZero,
)
from iflytek_spark.gateway.openai.history import HistoryContent
from iflytek_spark.gateway.openai.ignored import Mark
from iflytek_spark.gateway.openai.openapi import suggested
from iflytek_spark.gateway.openai.request_examples import range_of
from iflytek_spark.gateway.openai.requests import MAX_MESSAGES, PlainFormat

_EXAMPLES: list[JsonValue] = [
    {"model": DEFAULT_MODEL, "input": "你好"},
    {"model": DEFAULT_MODEL, "input": [{"role": "user", "content": "你好"}], "stream": True},
    {
        "model": DEFAULT_MODEL,
        "instructions": "Answer in one word.",
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "你好"}]}
        ],
        "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object"}}],
    },
]


class _Lenient(BaseModel):
    """A part of a request. Clients send items back as they came, with further fields."""

    model_config = ConfigDict(strict=True, extra="ignore")


class MessageItem(_Lenient):
    """What somebody says and shows."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: HistoryContent


class FunctionCallItem(_Lenient):
    """A call of an earlier answer."""

    type: Literal["function_call"]
    call_id: str
    name: str = Field(min_length=1)
    arguments: str


class FunctionCallOutputItem(_Lenient):
    """The result of a call."""

    type: Literal["function_call_output"]
    call_id: str
    output: HistoryContent


class ItemReference(_Lenient):
    """An item of a response that the gateway keeps, by its id."""

    type: Literal["item_reference"]
    id: str


class PassedItem(_Lenient):
    """An item of an earlier answer that tells Spark nothing: it is taken and passed over."""

    type: Literal["reasoning", "web_search_call", "compaction", "mcp_list_tools"]


Item: TypeAlias = Annotated[
    MessageItem | FunctionCallItem | FunctionCallOutputItem | ItemReference | PassedItem,
    Field(discriminator="type"),
]


def _with_types(value: object) -> object:
    """Name the type of messages, which need not say it."""
    if not isinstance(value, list):
        return value
    return [
        {"type": "message", **item} if isinstance(item, dict) and "role" in item else item
        for item in value
    ]


Items: TypeAlias = Annotated[
    list[Item], Field(min_length=1, max_length=MAX_MESSAGES), BeforeValidator(_with_types)
]


class ResponsesTool(BaseModel):
    """A function, the web search, or a tool of OpenAI's that is refused by name."""

    model_config = ConfigDict(strict=True, extra="allow")

    type: str
    name: str | None = Field(None, min_length=1)
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    search_context_size: Literal["low", "medium", "high"] | None = None


class ToolName(_Lenient):
    """The one function that is to be called, or one of those that may be."""

    type: Literal["function"]
    name: str


class AllowedTools(_Lenient):
    """The functions that may be called."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[ToolName]


class TextSchema(BaseModel):
    """JSON of a schema."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)

    type: Literal["json_schema"]
    name: str
    json_schema: dict[str, Any] = Field(alias="schema")


class TextConfig(_Lenient):
    """What the text of an answer is."""

    format: Annotated[PlainFormat | TextSchema, Field(discriminator="type")] | None = None


class Reasoning(_Lenient):
    """Whether an X model thinks before it answers."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None


_CHAT_MODELS = suggested([spec.name for spec in list_models()])


class ResponsesRequest(BaseModel):
    """The body of ``POST /v1/responses``."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": _EXAMPLES}
    )

    model: Annotated[ModelName, Field(json_schema_extra=_CHAT_MODELS)]
    input: Annotated[Items | str, Field(union_mode="left_to_right")]
    instructions: str | None = None
    previous_response_id: str | None = Field(None, max_length=256)
    store: bool | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    temperature: float | None = Field(None, json_schema_extra=range_of("temperature"))
    top_p: float | None = Field(None, json_schema_extra=range_of("top_p"))
    max_output_tokens: int | None = Field(None, json_schema_extra={"minimum": 1})
    tools: list[ResponsesTool] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolName | AllowedTools | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: Annotated[Reasoning | None, Mark.TUNING] = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    include: Annotated[list[str] | None, Mark.TUNING] = None
    top_logprobs: OnlyZero | None = None
    background: OnlyFalse | None = None
    conversation: OnlyNull = None
    prompt: OnlyNull = None
    moderation: OnlyNull = None
    truncation: Annotated[Literal["auto", "disabled"] | None, Mark.TUNING] = None
    service_tier: Annotated[Literal["auto", "default"] | None, Mark.TUNING] = None
    max_tool_calls: Annotated[int | None, Mark.TUNING, Mark.UNUSED] = None
    safety_identifier: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None
    prompt_cache_key: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None
    prompt_cache_options: Annotated[dict[str, Any] | None, Mark.TUNING, Mark.UNUSED] = None
    prompt_cache_retention: Annotated[
        Literal["in_memory", "24h"] | None, Mark.TUNING, Mark.UNUSED
    ] = None
    context_management: Annotated[OnlyEmptyList | None, Mark.TUNING] = None
