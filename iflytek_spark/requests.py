"""One request, checked once against its model before any socket opens."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, TypedDict

from iflytek_spark.assumptions import (
    CONTEXT_MARGIN,
    SMALLEST_TEMPERATURE,
    UNKNOWN_CONTEXT_TOKENS,
)
from iflytek_spark.catalogue import MODELS
from iflytek_spark.conversation import arrange
from iflytek_spark.errors import ContextLengthError, InvalidRequestError
from iflytek_spark.instructions import (
    ToolChoice,
    call_instruction,
    chosen_tools,
    json_instruction,
)
from iflytek_spark.messages import JSONObject, Message, Tool
from iflytek_spark.model_spec import Interval, ModelSpec
from iflytek_spark.schemas import flatten_parameters
from iflytek_spark.tokens import estimate_tokens

Thinking: TypeAlias = Literal["enabled", "disabled", "auto"]
_UID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class WebSearch:
    """How the model searches the web (PROTOCOL.md §4).

    Attributes:
        mode: ``normal`` reads snippets, ``deep`` whole pages (more tokens).
        citations: whether the pages are asked for; only Max and Ultra give them.
    """

    mode: Literal["normal", "deep"] = "normal"
    citations: bool = True


class ChatOptions(TypedDict, total=False):
    """What may be set for a call; the ranges stand in the catalogue.

    Attributes:
        temperature: randomness; 0 is sent as the smallest legal value.
        top_k: how many candidates a token is drawn from, 1 to 6.
        max_tokens: the longest answer, in tokens.
        top_p: nucleus sampling, X models only.
        presence_penalty: X models only.
        frequency_penalty: X models only.
        stop: strings at which the answer is cut, by this library: Spark has no such option.
        tools: functions that the model may ask for.
        tool_choice: ``auto`` (the default), ``none``, ``required``, or a tool's name. Spark
            cannot be forced: only the tools in question are offered, the model is told in
            words, and told once more when it answers in text.
        response_format: ``{"type": "json_object"}`` or ``{"type": "json_schema",
            "json_schema": {"schema": …}}``: the model is told in words, and a Markdown fence
            around its answer is taken off. The answer is not validated.
        web_search: False (the default), True, or a :class:`WebSearch`. Spark itself searches by
            default; this library does not, so that prompts stay where they are sent, and
            time and tokens are what the prompt asks for.
        thinking: whether an X model thinks before it answers.
        uid: an id of the end user, at most 32 characters; random by default.
        chat_id: an id of the conversation; Spark keeps no history by it.
        extra: further keys for ``parameter.chat``, sent as they are.
    """

    temperature: float | None
    top_k: int | None
    max_tokens: int | None
    top_p: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    stop: str | Sequence[str] | None
    tools: Sequence[Tool]
    tool_choice: ToolChoice | None
    response_format: JSONObject | None
    web_search: bool | WebSearch
    thinking: Thinking | None
    uid: str | None
    chat_id: str | None
    extra: JSONObject


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


_OPTION_NAMES = frozenset(ChatOptions.__annotations__)
_NUMBERS = (
    "temperature", "top_k", "max_tokens", "top_p", "presence_penalty", "frequency_penalty",
)  # fmt: skip


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
    given: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    _check_names(given)
    for name in _NUMBERS:
        if name in given:
            given[name] = _number(name, given[name], spec)
    for name, check in _CHECKS.items():
        if name in given:
            given[name] = check(given[name], spec)
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
        "json_only": json_only and not tools,
        "instruction": "\n".join(words),
    }


def _schema(wanted: JSONObject) -> JSONObject | None:
    inner = wanted.get("json_schema")
    return None if inner is None else inner["schema"]


def _check_names(given: Mapping[str, object]) -> None:
    for name in given.keys() - _OPTION_NAMES:
        near = difflib.get_close_matches(name, _OPTION_NAMES, n=1)
        raise InvalidRequestError(
            f"there is no option {name!r}",
            hint=f"did you mean {near[0]}?" if near else f"{', '.join(sorted(_OPTION_NAMES))}",
        )


def _number(name: str, value: object, spec: ModelSpec) -> float:
    legal: Interval | None = getattr(spec, name)
    whole = name in ("top_k", "max_tokens")
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise InvalidRequestError(f"{name} is {value!r}, not a {'whole ' if whole else ''}number")
    if name == "temperature" and value == 0 and 0 not in spec.temperature:
        return SMALLEST_TEMPERATURE
    if legal is None and name != "max_tokens":
        raise InvalidRequestError(f"model {spec.name!r} has no {name}", hint="leave it out")
    if value not in (legal or Interval(1, float("inf"))):
        raise InvalidRequestError(
            f"{name} is {value}, but model {spec.name!r} takes {legal or '[1, ∞)'}"
        )
    return value


def _stop(value: object, _spec: ModelSpec) -> tuple[str, ...]:
    strings = (value,) if isinstance(value, str) else value
    if not isinstance(strings, Sequence) or not all(s and isinstance(s, str) for s in strings):
        raise InvalidRequestError(f"stop is {value!r}; it must be strings that are not empty")
    return tuple(strings)


def check_tools(spec: ModelSpec, tools: Sequence[Tool]) -> tuple[Tool, ...]:
    """Check tools against a model, and make their schemas flat.

    Args:
        spec: the model.
        tools: the tools to offer.

    Returns:
        The tools as they will be sent.

    Raises:
        InvalidRequestError: when the model cannot call tools (it names those that can), or a
            schema has no plain form.
    """
    if not isinstance(tools, list | tuple) or not all(isinstance(tool, Tool) for tool in tools):
        raise InvalidRequestError("tools must be a list of Tool")
    if tools and not spec.tools:
        able = ", ".join(model.name for model in MODELS if model.tools)
        raise InvalidRequestError(
            f"model {spec.name!r} cannot call tools", hint=f"these can: {able}"
        )
    return tuple(
        replace(tool, parameters=flatten_parameters(tool.parameters, tool.name)) for tool in tools
    )


def _response_format(value: object, _spec: ModelSpec) -> object:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind in ("text", "json_object"):
        return value
    if kind == "json_schema" and isinstance(value, Mapping):
        inner = value.get("json_schema")
        if isinstance(inner, Mapping) and isinstance(inner.get("schema"), Mapping):
            return value
    raise InvalidRequestError(
        "response_format must be of type text, json_object, or json_schema with its schema"
    )


def _web_search(value: object, spec: ModelSpec) -> WebSearch | None:
    if value is False:
        return None
    search = WebSearch() if value is True else value
    if not isinstance(search, WebSearch) or search.mode not in ("normal", "deep"):
        raise InvalidRequestError(f"web_search is {value!r}; it must be a bool or a WebSearch")
    if not spec.web_search:
        able = ", ".join(model.name for model in MODELS if model.web_search)
        raise InvalidRequestError(
            f"model {spec.name!r} cannot search the web", hint=f"these can: {able}"
        )
    return search


def _thinking(value: object, spec: ModelSpec) -> object:
    if value not in ("enabled", "disabled", "auto"):
        raise InvalidRequestError(f"thinking is {value!r}, not enabled, disabled or auto")
    if not spec.reasoning:
        raise InvalidRequestError(f"model {spec.name!r} has no thinking", hint="x1.5 and x2 have")
    return value


def _uid(value: object, _spec: ModelSpec) -> object:
    if not isinstance(value, str):
        raise InvalidRequestError(f"uid is a {type(value).__name__}, not a string")
    if not 0 < len(value) <= _UID_LENGTH:
        raise InvalidRequestError(
            f"uid has {len(value)} characters, Spark takes 1 to {_UID_LENGTH}",
            hint="a hash of your user's id is short and says nothing about the person",
        )
    return value


def _chat_id(value: object, _spec: ModelSpec) -> object:
    if not isinstance(value, str):
        raise InvalidRequestError(f"chat_id is a {type(value).__name__}, not a string")
    return value


def _extra(value: object, _spec: ModelSpec) -> object:
    if not isinstance(value, Mapping):
        raise InvalidRequestError(f"extra is a {type(value).__name__}, not a mapping")
    return dict(value)


_CHECKS: Mapping[str, Callable[[Any, ModelSpec], object]] = {
    "stop": _stop,
    "tools": lambda tools, spec: check_tools(spec, tools),
    "response_format": _response_format,
    "web_search": _web_search,
    "thinking": _thinking,
    "uid": _uid,
    "chat_id": _chat_id,
    "extra": _extra,
}


def _check_writable(request: ChatRequest) -> None:
    """Refuse what no JSON text in UTF-8 can hold."""
    tools = [(tool.name, tool.description, tool.parameters) for tool in request.tools]
    free = (request.uid, request.chat_id, request.extra, tools)
    try:
        json.dumps(free, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"the request cannot be written as JSON: {error}") from error


def _check_length(messages: tuple[Message, ...], spec: ModelSpec) -> None:
    tokens = sum(estimate_tokens(message.text) for message in messages)
    context = spec.context_tokens or UNKNOWN_CONTEXT_TOKENS
    if tokens > context * CONTEXT_MARGIN:
        raise ContextLengthError(
            f"the messages hold about {tokens} tokens, but model {spec.name!r} takes {context}",
            hint="shorten the history or use a model with a longer context",
        )
