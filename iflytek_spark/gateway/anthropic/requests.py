"""What ``POST /v1/messages`` takes; the rules are those of chat completions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from iflytek_spark import DEFAULT_MODEL, list_models
from iflytek_spark.gateway.openai.field_types import ModelName, OnlyEmptyList, OnlyNull, StopStrings
from iflytek_spark.gateway.openai.history import HistoryContent
from iflytek_spark.gateway.openai.ignored import Mark
from iflytek_spark.gateway.openai.openapi import suggested
from iflytek_spark.gateway.openai.request_examples import range_of
from iflytek_spark.gateway.openai.requests import MAX_MESSAGES

_QUESTION: JsonValue = {
    "model": DEFAULT_MODEL,
    "messages": [{"role": "user", "content": "你好"}],
}
_ASKED: JsonValue = {**_QUESTION, "max_tokens": 1024} if isinstance(_QUESTION, dict) else None


class _Lenient(BaseModel):
    """A part of a request. Clients send blocks back as they came, with further fields."""

    model_config = ConfigDict(strict=True, extra="ignore")


class SystemText(_Lenient):
    """A text of the instructions."""

    type: Literal["text"]
    text: str


class MessageParam(_Lenient):
    """A turn of a conversation; its blocks are read by the core."""

    role: Literal["user", "assistant", "system"]
    content: HistoryContent


class MessagesTool(BaseModel):
    """A function, the web search, or a tool of Anthropic's that is refused by name."""

    model_config = ConfigDict(strict=True, extra="allow")

    type: str | None = None
    name: str = Field(min_length=1)
    description: str | None = None
    input_schema: dict[str, Any] | None = None


class ToolChoice(_Lenient):
    """Whether the model may, must or must not call a tool, or which one it must."""

    type: Literal["auto", "any", "none", "tool"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(_Lenient):
    """Whether an X model thinks before it answers; Spark has no budget for it."""

    type: Literal["enabled", "disabled", "adaptive"]


class OutputFormat(BaseModel):
    """JSON of a schema."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)

    type: Literal["json_schema"]
    json_schema: dict[str, Any] = Field(alias="schema")


class OutputConfig(_Lenient):
    """What the answer is, and how much effort it is worth."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class Metadata(_Lenient):
    """Who asks."""

    user_id: str | None = None


_CHAT_MODELS = suggested([spec.name for spec in list_models()])


class CountTokensRequest(BaseModel):
    """The body of ``POST /v1/messages/count_tokens``."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [_QUESTION]}
    )

    model: Annotated[ModelName, Field(json_schema_extra=_CHAT_MODELS)]
    messages: list[MessageParam] = Field(min_length=1, max_length=MAX_MESSAGES)
    system: str | list[SystemText] | None = None
    tools: list[MessagesTool] | None = None
    tool_choice: ToolChoice | None = None
    thinking: Annotated[Thinking | None, Mark.TUNING] = None
    output_config: OutputConfig | None = None
    output_format: OutputFormat | None = None
    speed: Annotated[Literal["standard"] | None, Mark.TUNING] = None
    cache_control: Annotated[dict[str, Any] | None, Mark.TUNING] = None
    mcp_servers: OnlyEmptyList | None = None


class MessagesRequest(CountTokensRequest):
    """The body of ``POST /v1/messages``."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASKED]})

    max_tokens: int = Field(ge=1)
    stream: bool | None = None
    temperature: float | None = Field(None, json_schema_extra=range_of("temperature"))
    top_p: float | None = Field(None, json_schema_extra=range_of("top_p"))
    top_k: int | None = Field(None, json_schema_extra=range_of("top_k"))
    stop_sequences: StopStrings | None = None
    metadata: Metadata | None = None
    container: OnlyNull = None
    service_tier: Annotated[Literal["auto", "standard_only"] | None, Mark.TUNING] = None
    inference_geo: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None
