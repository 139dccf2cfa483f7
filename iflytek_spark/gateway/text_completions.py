"""The older completions: a prompt is one turn of the user's."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Annotated, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import to_json
from typing_extensions import TypedDict

from iflytek_spark import (
    DEFAULT_MODEL,
    ChatResponse,
    ContentDelta,
    Event,
    Finished,
    FinishReason,
    Message,
    SparkError,
    Usage,
    list_models,
)
from iflytek_spark.adapters import usage_to_openai
from iflytek_spark.gateway.openai import responses
from iflytek_spark.gateway.openai.errors import GatewayError, error_body
from iflytek_spark.gateway.openai.field_types import (
    ModelName,
    OnlyEmptyObject,
    OnlyFalse,
    OnlyNull,
    OnlyOne,
    StopStrings,
    Text,
)
from iflytek_spark.gateway.openai.ignored import Mark
from iflytek_spark.gateway.openai.openapi import suggested
from iflytek_spark.gateway.openai.request_examples import range_of
from iflytek_spark.gateway.openai.requests import ChatParameters, StreamOptions
from iflytek_spark.gateway.openai.sse import DONE, sse_event

FIELDS: Mapping[str, str] = {"messages": "prompt"}
"""What is called otherwise than in chat completions."""

MAX_PROMPTS = 20
"""Prompts of a request, which are asked one after the other; as many as LangChain sends."""

_EXAMPLE: JsonValue = {"model": DEFAULT_MODEL, "prompt": "你好", "max_tokens": 64}
_PLACEHOLDER = "\0"


class CompletionRequest(BaseModel):
    """The body of ``POST /v1/completions``."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}
    )

    model: Annotated[
        ModelName, Field(json_schema_extra=suggested(spec.name for spec in list_models()))
    ]
    prompt: Text | Annotated[list[Text], Field(min_length=1, max_length=MAX_PROMPTS)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, json_schema_extra=range_of("temperature"))
    top_p: float | None = Field(None, json_schema_extra=range_of("top_p"))
    max_tokens: int | None = Field(None, json_schema_extra={"minimum": 1})
    presence_penalty: float | None = Field(None, json_schema_extra=range_of("presence_penalty"))
    frequency_penalty: float | None = Field(None, json_schema_extra=range_of("frequency_penalty"))
    stop: StopStrings | None = None
    user: str | None = None
    n: OnlyOne | None = None
    best_of: OnlyOne | None = None
    echo: OnlyFalse | None = None
    logprobs: OnlyNull = None
    suffix: Literal[""] | None = None
    logit_bias: Annotated[OnlyEmptyObject | None, Mark.TUNING] = None
    seed: Annotated[OnlyNull, Mark.TUNING] = None

    @property
    def prompts(self) -> list[str]:
        """The prompts."""
        return [self.prompt] if isinstance(self.prompt, str) else self.prompt


_PARAMETERS = (
    "model",
    "stream",
    "temperature",
    "top_p",
    "max_tokens",
    "presence_penalty",
    "frequency_penalty",
    "stop",
    "user",
)


def to_parameters(request: CompletionRequest) -> ChatParameters:
    """Translate what a request sets beside its prompts."""
    return ChatParameters.model_validate(request.model_dump(include={*_PARAMETERS}))


def to_messages(prompt: str) -> list[Message]:
    """Translate a prompt."""
    return [Message("user", prompt)]


class TextChoice(TypedDict):
    """The text after a prompt, or a part of it."""

    index: responses.Count
    text: str
    logprobs: None
    finish_reason: FinishReason | None


class TextCompletion(TypedDict):
    """A response, or a part of a streamed one; with ``include_usage`` the last part has usage."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: Annotated[str, Field(description="The name that was asked for")]
    choices: list[TextChoice]
    usage: NotRequired[responses.Usage | None]
    sid: NotRequired[responses.Sid]


def to_completion(model: str, answers: list[ChatResponse]) -> TextCompletion:
    """Translate whole responses, one for each prompt; what the model thinks has no place here."""
    counts = [answer.usage for answer in answers if answer.usage]
    return {
        **_begun(model),
        "choices": [_choice(one.text, one.finish_reason, at) for at, one in enumerate(answers)],
        "usage": usage_to_openai(_sum(counts)) if len(counts) == len(answers) else None,
        "sid": answers[-1].sid,
    }


def _sum(counts: list[Usage]) -> Usage:
    return Usage(
        sum(one.prompt_tokens for one in counts),
        sum(one.completion_tokens for one in counts),
        sum(one.total_tokens for one in counts),
    )


def _begun(model: str) -> TextCompletion:
    return {
        "id": f"cmpl-{uuid.uuid4().hex}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": model,
        "choices": [],
    }


def _choice(text: str, reason: FinishReason | None, index: int = 0) -> TextChoice:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": reason}


class CompletionWriter:
    """Writes a streamed response, part by part, as server-sent events."""

    def __init__(self, model: str, *, include_usage: bool) -> None:
        """Prepare, under the name of the model that the caller used; token counts may come last."""
        self._begun = _begun(model)
        self._include_usage = include_usage
        written = self._event(_choice(_PLACEHOLDER, None)).decode()
        placeholder = to_json(_PLACEHOLDER).decode()
        self._before, _, self._after = written.rpartition(placeholder)

    def start(self) -> bytes:
        """Write nothing: the first text is the first event."""
        return b""

    def write(self, event: Event) -> bytes:
        """Write what stands for an event; empty when nothing does."""
        match event:
            case ContentDelta(text):
                return f"{self._before}{encode_basestring(text)}{self._after}".encode()
            case Finished(reason, usage):
                return self._event(_choice("", reason)) + self._usage(usage) + DONE
        return b""

    def error(self, error: SparkError | GatewayError, request_id: str) -> bytes:
        """Write what ends a response early; no ``[DONE]`` follows."""
        return sse_event(error_body(error, request_id, FIELDS))

    def _event(self, choice: TextChoice) -> bytes:
        part: TextCompletion = {**self._begun, "choices": [choice]}
        return sse_event({**part, "usage": None} if self._include_usage else part)

    def _usage(self, usage: Usage | None) -> bytes:
        if not self._include_usage:
            return b""
        counts = usage_to_openai(usage) if usage else None
        last: TextCompletion = {**self._begun, "usage": counts}
        return sse_event(last)
