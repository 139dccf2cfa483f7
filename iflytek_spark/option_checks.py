"""Checks each option of a call against the model, before anything is sent."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from iflytek_spark.assumptions import SMALLEST_TEMPERATURE
from iflytek_spark.catalogue import MODELS
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Tool
from iflytek_spark.model_spec import Interval, ModelSpec
from iflytek_spark.options import ChatOptions, WebSearch
from iflytek_spark.schemas import flatten_parameters

_UID_LENGTH = 32
_OPTION_NAMES = frozenset(ChatOptions.__annotations__)
_NUMBERS = (
    "temperature", "top_k", "max_tokens", "top_p", "presence_penalty", "frequency_penalty",
)  # fmt: skip


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


def checked_options(spec: ModelSpec, options: ChatOptions) -> dict[str, Any]:
    """Check the options of a call against its model, and put right what can be.

    Args:
        spec: the model.
        options: as the user set them; None means not set.

    Returns:
        The options that are set, each in the form in which it is sent.

    Raises:
        InvalidRequestError: for an option that the service would refuse; it names the option,
            its value and what is legal.
    """
    given: dict[str, Any] = {key: value for key, value in options.items() if value is not None}
    _check_names(given)
    for name in (*_NUMBERS, *_CHECKS):
        if name in given:
            given[name] = _checked(name, given[name], spec)
    return given


def _checked(name: str, value: object, spec: ModelSpec) -> object:
    try:
        return _CHECKS[name](value, spec) if name in _CHECKS else _number(name, value, spec)
    except InvalidRequestError as error:
        error.param = name
        raise
