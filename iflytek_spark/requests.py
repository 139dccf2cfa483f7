"""One request, checked once against its model before any socket opens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from iflytek_spark.assumptions import CONTEXT_MARGIN, UNKNOWN_CONTEXT_TOKENS
from iflytek_spark.conversation import arrange
from iflytek_spark.errors import ContextLengthError, InvalidRequestError
from iflytek_spark.instructions import call_instruction, chosen_tools, json_instruction
from iflytek_spark.messages import JSONObject, Message, Tool
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.option_checks import checked_options
from iflytek_spark.options import ChatOptions, Thinking, WebSearch
from iflytek_spark.tokens import estimate_tokens


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request that Spark should accept. Build it with :func:`build_request`.

    Attributes:
        must_call: whether one of the tools has to be called.
        json_only: whether the answer is to be JSON alone.
        instruction: what is added to the newest user message.
    """

    spec: ModelSpec
    messages: tuple[Message, ...]
    temperature: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    json_only: bool = False
    instruction: str = ""
    web_search: WebSearch | None = None
    thinking: Thinking | None = None
    uid: str | None = None
    chat_id: str | None = None
    extra: JSONObject = field(default_factory=dict)


def build_request(
    spec: ModelSpec, messages: str | Sequence[Message], options: ChatOptions
) -> ChatRequest:
    """Check a call against its model, and put right what can be.

    Args:
        spec: the model.
        messages: a prompt, or messages with the newest last.
        options: as in :class:`ChatOptions`.

    Returns:
        The request.

    Raises:
        InvalidRequestError: for an option that the service would refuse; it names the option,
            its value and what is legal.
        ContextLengthError: when the messages are surely too long for the model.
    """
    given = checked_options(spec, options)
    given.update(_instructed(given))
    arranged = arrange(messages, spec)
    _check_length(arranged, spec)
    request = ChatRequest(spec, arranged, **given)
    _check_writable(request)
    return request


def insisted(request: ChatRequest) -> ChatRequest:
    """Return the second try of a request whose tool call was not made."""
    return replace(request, instruction=call_instruction(request.tools, again=True))


def _instructed(given: dict[str, Any]) -> dict[str, Any]:
    """Turn what Spark has no field for into words."""
    tools, must_call = chosen_tools(given.pop("tools", ()), given.pop("tool_choice", None))
    words = [call_instruction(tools, again=False)] if must_call else []
    wanted = given.pop("response_format", None)
    json_only = wanted is not None and wanted["type"] != "text"
    if json_only and not must_call:
        words.append(json_instruction(_schema(wanted)))
    return {
        "tools": tools,
        "must_call": must_call,
        "json_only": json_only and not must_call,
        "instruction": "\n".join(words),
    }


def _schema(wanted: JSONObject) -> JSONObject | None:
    inner = wanted.get("json_schema")
    return None if inner is None else inner["schema"]


def _check_writable(request: ChatRequest) -> None:
    """Refuse what no JSON text in UTF-8 can hold."""
    tools = [(tool.name, tool.description, tool.parameters) for tool in request.tools]
    free = {"uid": request.uid, "chat_id": request.chat_id, "extra": request.extra, "tools": tools}
    for name, value in free.items():
        try:
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRequestError(
                f"{name} cannot be written as JSON: {error}", param=name
            ) from error


def _check_length(messages: tuple[Message, ...], spec: ModelSpec) -> None:
    tokens = sum(estimate_tokens(message.text) for message in messages)
    context = spec.context_tokens or UNKNOWN_CONTEXT_TOKENS
    if tokens > context * CONTEXT_MARGIN:
        raise ContextLengthError(
            f"the messages hold about {tokens} tokens, but model {spec.name!r} takes {context}",
            hint="shorten the history or use a model with a longer context",
        )
