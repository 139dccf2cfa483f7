"""What OpenAI's chat completions take, as far as Spark can do it; nothing else is accepted.

A field that Spark has no counterpart for is allowed only with the value that asks for nothing, so
that clients which always send it work, and what cannot be done is refused by name; or left out, if
it only tunes the answer and the gateway's ``unsupported`` is ``ignore``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from iflytek_spark import list_models
from iflytek_spark.gateway.openai.field_types import (
    ModelName,
    OnlyEmptyList,
    OnlyEmptyObject,
    OnlyFalse,
    OnlyNull,
    OnlyOne,
    OnlyZero,
    StopStrings,
)
from iflytek_spark.gateway.openai.history import AnyMessage, Lenient
from iflytek_spark.gateway.openai.ignored import Mark
from iflytek_spark.gateway.openai.model_names import LEGACY_TEXT_MODEL
from iflytek_spark.gateway.openai.openapi import suggested
from iflytek_spark.gateway.openai.request_examples import CHATS, range_of

MAX_MESSAGES = 2048
"""More than any model's context can hold."""


class Function(Lenient):
    """A function that the model may ask for."""

    name: str = Field(min_length=1)
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Lenient):
    """A tool. Spark knows functions only."""

    type: Literal["function"]
    function: Function


class FunctionName(Lenient):
    """The name of a function."""

    name: str


class NamedToolChoice(Lenient):
    """The one function that is to be called."""

    type: Literal["function"]
    function: FunctionName


class PlainFormat(Lenient):
    """Text, or any JSON object."""

    type: Literal["text", "json_object"]


class NamedSchema(Lenient):
    """A JSON schema with a name."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)

    name: str
    json_schema: dict[str, Any] = Field(alias="schema")


class SchemaFormat(Lenient):
    """JSON of a schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


class StreamOptions(Lenient):
    """How an answer is streamed."""

    include_usage: bool | None = None


class WebSearchOptions(Lenient):
    """How the web is searched; ``high`` reads whole pages (PROTOCOL.md §4)."""

    search_context_size: Literal["low", "medium", "high"] | None = None


class ThinkingChoice(Lenient):
    """Whether an X model thinks before it answers (PROTOCOL.md §5)."""

    type: Literal["enabled", "disabled", "auto"]


_CHAT_MODELS = suggested([*(spec.name for spec in list_models()), LEGACY_TEXT_MODEL])


class ChatParameters(BaseModel):
    """What a request sets beside its conversation; other routes' requests are put into it too."""

    model_config = ConfigDict(strict=True, extra="forbid")

    model: Annotated[ModelName, Field(json_schema_extra=_CHAT_MODELS)]
    version: str | None = Field(None, description="With model spark-api: v1.1, v2.1, v3.1, …")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, json_schema_extra=range_of("temperature"))
    top_p: float | None = Field(None, json_schema_extra=range_of("top_p"))
    top_k: int | None = Field(None, json_schema_extra=range_of("top_k"))
    max_tokens: int | None = Field(None, json_schema_extra={"minimum": 1})
    max_completion_tokens: int | None = Field(None, json_schema_extra={"minimum": 1})
    presence_penalty: float | None = Field(None, json_schema_extra=range_of("presence_penalty"))
    frequency_penalty: float | None = Field(None, json_schema_extra=range_of("frequency_penalty"))
    stop: StopStrings | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedToolChoice | None = None
    response_format: Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")] | None = (
        None
    )
    web_search_options: WebSearchOptions | None = None
    thinking: Annotated[ThinkingChoice | None, Mark.TUNING] = None
    reasoning_effort: Annotated[
        Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None, Mark.TUNING
    ] = None
    user: str | None = None
    parallel_tool_calls: bool | None = None
    n: OnlyOne | None = None
    logprobs: OnlyFalse | None = None
    top_logprobs: OnlyZero | None = None
    modalities: list[Literal["text"]] | None = None
    service_tier: Annotated[Literal["auto", "default"] | None, Mark.TUNING] = None
    store: Annotated[OnlyFalse | None, Mark.TUNING] = None
    metadata: Annotated[dict[str, str] | None, Mark.TUNING, Mark.UNUSED] = None
    safety_identifier: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None
    prompt_cache_key: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None
    logit_bias: Annotated[OnlyEmptyObject | None, Mark.TUNING] = None
    seed: Annotated[OnlyNull, Mark.TUNING] = None
    prediction: Annotated[OnlyNull, Mark.TUNING] = None
    verbosity: Annotated[OnlyNull, Mark.TUNING] = None
    audio: OnlyNull = None
    functions: OnlyEmptyList | None = None
    function_call: Literal["none", "auto"] | None = None


class ChatCompletionRequest(ChatParameters):
    """The body of ``POST /v1/chat/completions``."""

    model_config = ConfigDict(json_schema_extra={"examples": CHATS})

    messages: list[AnyMessage] = Field(min_length=1, max_length=MAX_MESSAGES)
