"""The keywords of JSON Schema that look at one value: its type, its bounds, its constants."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from iflytek_spark.requests.schemas.patterns import MAX_TEXT, matches
from iflytek_spark.requests.schemas.problem import Problem, shown
from iflytek_spark.requests.schemas.run import Check, Run

_STEPS_OF_A_PATTERN = 20
_MAX_DIGITS = 40
_MAX_LISTED = 20
_ROUNDING = 1e-9


def is_number(value: object) -> bool:
    """Tell whether a value is a number in JSON, which true is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _type(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    given = schema["type"]
    kinds = given if isinstance(given, list | tuple) else (given,)
    run.spend(len(kinds))
    if not all(isinstance(kind, str) and kind in _IS for kind in kinds):
        return None
    if any(_IS[kind](value) for kind in kinds) or (
        value is None and schema.get("nullable") is True
    ):
        return None
    if run.lenient and any(_is_written(kind, value) for kind in kinds):
        return None
    return Problem(path, f"{shown(value)} is not of type {' or '.join(kinds)}")


_IS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: is_number(value) and float(value).is_integer(),
    "number": is_number,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}


def _is_written(kind: str, value: object) -> bool:
    """Tell whether a string holds a number or a boolean of JSON."""
    if kind not in ("boolean", "integer", "number") or not isinstance(value, str):
        return False
    try:
        return len(value) <= _MAX_DIGITS and _IS[kind](json.loads(value))
    except ValueError:
        return False


def _enum(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    values = schema["enum"]
    if not isinstance(values, list) or run.key(value) in run.keys(values):
        return None
    listed = ", ".join(map(shown, values[:_MAX_LISTED])) + (", …" if values[_MAX_LISTED:] else "")
    return Problem(path, f"{shown(value)} is not one of {listed}")


def _const(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if run.key(value) == run.key(schema["const"]):
        return None
    return Problem(path, f"{shown(value)} is not {shown(schema['const'])}")


def _bound(keyword: str, fits: Callable[[Any, Any], bool], words: str) -> Check:
    """Compare a number with a bound; a bound that is none is passed over."""

    def check(_run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
        bound = schema[keyword]
        if not is_number(bound) or not is_number(value) or fits(value, bound):
            return None
        return Problem(path, f"{shown(value)} is not {words} {shown(bound)}")

    return check


def _is_multiple(value: float, of: float) -> bool:
    try:
        quotient = value / of
        return of <= 0 or abs(quotient - round(quotient)) < _ROUNDING
    except (OverflowError, ZeroDivisionError, ValueError):
        return True


def _size(kind: type[str | list[Any] | dict[str, Any]], keyword: str, words: str) -> Check:
    """Compare the length of a string, a list or an object with a bound."""
    least = keyword.startswith("min")

    def check(_run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
        bound = schema[keyword]
        if not isinstance(value, kind) or not is_number(bound):
            return None
        size = len(value)
        if size >= bound if least else size <= bound:
            return None
        return Problem(path, f"{shown(value)} has {size} {words}, not {keyword} {bound}")

    return check


def _pattern(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    pattern = schema["pattern"]
    if not isinstance(value, str) or not isinstance(pattern, str):
        return None
    if matched(run, pattern, value) is False:
        return Problem(path, f"{shown(value)} does not match {shown(pattern)}")
    return None


def matched(run: Run, pattern: str, text: str) -> bool | None:
    """Match a pattern, which is paid for; see :func:`~.patterns.matches`."""
    run.spend(_STEPS_OF_A_PATTERN + len(text) * len(pattern) // MAX_TEXT)
    return matches(pattern, text)


def _unique(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if schema["uniqueItems"] is not True or not isinstance(value, list):
        return None
    if len({run.key(item) for item in value}) == len(value):
        return None
    return Problem(path, "its items are not unique")


VALUE_CHECKS: dict[str, Check] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound("minimum", lambda value, bound: value >= bound, "at least"),
    "maximum": _bound("maximum", lambda value, bound: value <= bound, "at most"),
    "exclusiveMinimum": _bound("exclusiveMinimum", lambda value, bound: value > bound, "above"),
    "exclusiveMaximum": _bound("exclusiveMaximum", lambda value, bound: value < bound, "below"),
    "multipleOf": _bound("multipleOf", _is_multiple, "a multiple of"),
    "minLength": _size(str, "minLength", "characters"),
    "maxLength": _size(str, "maxLength", "characters"),
    "minItems": _size(list, "minItems", "items"),
    "maxItems": _size(list, "maxItems", "items"),
    "minProperties": _size(dict, "minProperties", "properties"),
    "maxProperties": _size(dict, "maxProperties", "properties"),
    "pattern": _pattern,
    "uniqueItems": _unique,
}
