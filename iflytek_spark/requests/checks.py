"""The checks of a call's options against its model, before anything is sent.

Each takes the option's name, its value and the model, and returns the value in the form in which it
is used, or raises InvalidRequestError; UnsupportedOptionError for what is no mistake, but something
that the model has not.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from iflytek_spark.assumptions import SMALLEST_TEMPERATURE
from iflytek_spark.errors import ConfigurationError, InvalidRequestError
from iflytek_spark.messages import JSONObject, Tool, WebSearch
from iflytek_spark.models.catalogue import find_model, list_models
from iflytek_spark.models.routes import WIRES, WireChoice
from iflytek_spark.models.spec import ModelSpec, Range
from iflytek_spark.requests.unsupported import UnsupportedOptionError
from iflytek_spark.timeouts import Timeouts

Check: TypeAlias = Callable[[str, Any, ModelSpec], object]

_UID_LENGTH = 32
_COUNTS = ("top_k", "max_tokens")


def no_such_option(name: str, known: Collection[str]) -> InvalidRequestError:
    """Return the error of an option that does not exist; the nearest name is told."""
    near = difflib.get_close_matches(name, known, n=1)
    return InvalidRequestError(
        f"there is no option {name!r}",
        hint=f"did you mean {near[0]}?" if near else f"{', '.join(sorted(known))}",
    )


def checked(check: Check, name: str, value: object, spec: ModelSpec) -> object:
    """Apply a check; its error names the option."""
    try:
        return check(name, value, spec)
    except InvalidRequestError as error:
        error.param = name
        raise
    except UnsupportedOptionError as unsupported:
        unsupported.error.param = name
        raise


def number(name: str, value: object, spec: ModelSpec) -> float:
    """Check a number against the model's range of that name."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequestError(f"{name} is {value!r}, not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequestError(f"{name} is {value!r}, not a finite number")
    legal: Range | None = getattr(spec, name)
    if legal is None and name != "max_tokens":
        raise _lacking(f"model {spec.name!r} has no {name}", "leave it out")
    if value not in (legal or Range(1, float("inf"))):
        error = InvalidRequestError(
            f"{name} is {value}, but model {spec.name!r} takes {legal or '[1, ∞)'}"
        )
        raise UnsupportedOptionError(error, _nearest(name, value, legal))
    return value


def _nearest(name: str, value: float, legal: Range | None) -> float | None:
    """Return the legal value next to a number, or None to leave it out.

    To other services -1, and a count of 0, mean "no limit" or "as you like", not the least.
    """
    unset = name in _COUNTS or (value < 0 and not name.endswith("_penalty"))
    if legal is not None and value > legal.high:
        return legal.high
    if legal is None or unset:
        return None
    return SMALLEST_TEMPERATURE if legal.exclusive_min else legal.low


def _lacking(message: str, hint: str) -> UnsupportedOptionError:
    """Return the error of what a model has not, and can do without."""
    return UnsupportedOptionError(InvalidRequestError(message, hint=hint))


def whole_number(name: str, value: object, spec: ModelSpec) -> float:
    """Check a whole number against the model's range of that name."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequestError(f"{name} is {value!r}, not a whole number")
    return number(name, value, spec)


def temperature(name: str, value: object, spec: ModelSpec) -> float:
    """Check the temperature; where 0 is refused, the smallest that is not stands for it."""
    zero = value == 0 and not isinstance(value, bool) and 0 not in spec.temperature
    return SMALLEST_TEMPERATURE if zero else number(name, value, spec)


def text(name: str, value: object, _spec: ModelSpec) -> str:
    """Check a text."""
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} is a {type(value).__name__}, not a string")
    return value


def uid(name: str, value: object, spec: ModelSpec) -> str:
    """Check the id of an end user (PROTOCOL.md §2.2)."""
    found = text(name, value, spec)
    if not 0 < len(found) <= _UID_LENGTH:
        raise _lacking(
            f"uid has {len(found)} characters, Spark takes 1 to {_UID_LENGTH}",
            "a hash of your user's id is short and says nothing about the person",
        )
    return found


def stop(_name: str, value: object, _spec: ModelSpec) -> tuple[str, ...]:
    """Check stop strings."""
    strings = (value,) if isinstance(value, str) else value
    if not isinstance(strings, Sequence) or not all(isinstance(s, str) for s in strings):
        raise InvalidRequestError(f"stop is {value!r}; it must be strings that are not empty")
    if not all(strings):
        error = InvalidRequestError(f"stop is {value!r}; it must be strings that are not empty")
        raise UnsupportedOptionError(error, tuple(filter(None, strings)))
    return tuple(strings)


def tools(_name: str, value: object, spec: ModelSpec) -> tuple[Tool, ...]:
    """Check that the model can call tools; the error names those that can."""
    if not isinstance(value, list | tuple) or not all(isinstance(tool, Tool) for tool in value):
        raise InvalidRequestError("tools must be a list of Tool")
    if value and not spec.tools:
        raise _lacking(f"model {spec.name!r} cannot call tools", _able("tools"))
    return tuple(value)


def tool_choice(_name: str, value: object, _spec: ModelSpec) -> str:
    """Check the form of a tool choice; which tools there are is seen later."""
    if not isinstance(value, str):
        raise InvalidRequestError(f"tool_choice is {value!r}, not a string")
    return value


def response_format(_name: str, value: object, _spec: ModelSpec) -> JSONObject:
    """Check the form of an answer's format."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and kind in ("text", "json_object"):
        return value
    if kind == "json_schema" and isinstance(value, Mapping):
        inner = value.get("json_schema")
        if isinstance(inner, Mapping) and isinstance(inner.get("schema"), Mapping):
            return value
    raise InvalidRequestError(
        "response_format must be of type text, json_object, or json_schema with its schema"
    )


def web_search(_name: str, value: object, spec: ModelSpec) -> WebSearch | None:
    """Check a web search; the error names the models that can search."""
    if value is False:
        return None
    search = WebSearch() if value is True else value
    if not isinstance(search, WebSearch) or search.mode not in ("normal", "deep"):
        raise InvalidRequestError(f"web_search is {value!r}; it must be a bool or a WebSearch")
    if not spec.web_search:
        raise _lacking(f"model {spec.name!r} cannot search the web", _able("web_search"))
    return search


def thinking(_name: str, value: object, spec: ModelSpec) -> object:
    """Check the switch of an X model's thoughts."""
    if value not in ("enabled", "disabled", "auto"):
        raise InvalidRequestError(f"thinking is {value!r}, not enabled, disabled or auto")
    if not spec.reasoning:
        raise _lacking(f"model {spec.name!r} has no thinking", _able("reasoning"))
    return value


def auditing(name: str, value: object, _spec: ModelSpec) -> str:
    """Check the kind of moderation (PROTOCOL.md §2.2)."""
    if value != "default":
        raise _lacking(f"{name} is {value!r}, and Spark knows 'default' only", "leave it out")
    return "default"


def model(_name: str, value: object, _spec: ModelSpec) -> ModelSpec:
    """Find a model."""
    if not isinstance(value, str | ModelSpec):
        raise InvalidRequestError(f"{value!r} is not a model's name")
    return find_model(value)


def timeout(_name: str, value: Any, _spec: ModelSpec) -> Timeouts:
    """Check the time-outs of a call."""
    try:
        return Timeouts.of(value)
    except ConfigurationError as error:
        raise InvalidRequestError(error.message, hint=error.hint) from error


def wire(name: str, value: object, _spec: ModelSpec) -> WireChoice:
    """Check the word for the wire."""
    found = next((word for word in WIRES if word == value), None)
    if found is None:
        raise InvalidRequestError(f"{name} is {value!r}, not {', '.join(WIRES)}")
    return found


def no_field(name: str, spec: ModelSpec) -> InvalidRequestError:
    """Return the error of an option that one wire has and this one has not."""
    return InvalidRequestError(
        f"{name} has no field over {spec.wire}, where model {spec.name!r} is asked",
        hint="leave it out",
        param=name,
    )


def unsupported(name: str, value: object, _spec: ModelSpec) -> object:
    """Check the word for what is done with what the model lacks."""
    if value not in ("refuse", "ignore"):
        raise InvalidRequestError(f"{name} is {value!r}, not refuse or ignore")
    return value


def extra(name: str, value: object, _spec: ModelSpec) -> dict[str, Any]:
    """Check further parameters."""
    if not isinstance(value, Mapping):
        raise InvalidRequestError(f"{name} is a {type(value).__name__}, not a mapping")
    return dict(value)


def _able(flag: str) -> str:
    able = [
        spec.name for spec in list_models() if any(getattr(row, flag) for row in (spec, *spec.over))
    ]
    return f"these can: {', '.join(able)}"
