"""Reads JSON that stands in a text, and the parts of JSON Schema that the rules can fill."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from iflytek_spark.messages import JSONObject

_Count: TypeAlias = Annotated[int, Field(ge=0)]
_Schema = TypedDict(
    "_Schema",
    {
        "type": str | list[str],
        "properties": "dict[str, _Schema]",
        "required": list[str],
        "items": "_Schema | list[Any] | bool",
        "enum": Annotated[list[Any], Field(min_length=1)],
        "anyOf": "list[_Schema]",
        "oneOf": "list[_Schema]",
        "allOf": "list[_Schema]",
        "minimum": float,
        "maximum": float,
        "exclusiveMinimum": float,
        "exclusiveMaximum": float,
        "minItems": _Count,
        "maxItems": _Count,
        "maxLength": _Count,
        "$ref": str,
        "$defs": "dict[str, _Schema]",
    },
    total=False,
)
_SCHEMA: TypeAdapter[Any] = TypeAdapter(_Schema)
_LONGEST_CHAIN = 16


def json_values(text: str) -> Iterator[Any]:
    """Yield the JSON objects that stand in a text, outermost only."""
    for start, end in _spans(text):
        yield json.loads(text[start:end])


def without_json(text: str) -> str:
    """Return a text without the JSON objects that stand in it."""
    for start, end in reversed(list(_spans(text))):
        text = text[:start] + text[end:]
    return text


def is_schema(value: object) -> bool:
    """Tell whether a value is a JSON schema as far as the rules read it."""
    try:
        _SCHEMA.validate_python(value)
    except ValidationError:
        return False
    return True


def resolve(schema: JSONObject, root: JSONObject, *, ending: bool = False) -> JSONObject:
    """Follow references, and take the first branch of a choice that is not null.

    References start from ``root``. Where a value that holds values of its own kind is to end, it
    is the branch that refers to the fewest others.
    """
    for _ in range(_LONGEST_CHAIN):
        if "$ref" in schema:
            schema = {**_target(str(schema["$ref"]), root), **_without(schema, "$ref")}
            continue
        branches = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not branches:
            return schema
        kept: list[JSONObject] = [one for one in branches if one.get("type") != "null"]
        if ending:
            kept.sort(key=lambda one: _references(one, root))
        chosen = kept[0] if kept else {}
        schema = {**_without(schema, "anyOf", "oneOf", "allOf"), **chosen}
    return {}


def allows_null(schema: JSONObject, root: JSONObject) -> bool:
    """Tell whether a schema, or a branch of its choice, allows null."""
    if "$ref" in schema:
        schema = _target(str(schema["$ref"]), root)
    kinds = [schema, *(schema.get("anyOf") or schema.get("oneOf") or ())]
    return any(kind.get("type") == "null" or "null" in _listed(kind) for kind in kinds)


def _listed(schema: JSONObject) -> list[str]:
    kind = schema.get("type")
    return kind if isinstance(kind, list) else []


def _references(schema: JSONObject, root: JSONObject) -> int:
    """Count the references in a schema, or in what it refers to."""
    target = _target(str(schema["$ref"]), root) if "$ref" in schema else schema
    return json.dumps(target).count('"$ref"')


def type_of(schema: JSONObject) -> str:
    """Return the type of a resolved schema; of several the first that is not null."""
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        return next((str(one) for one in kind if one != "null"), "null")
    return str(kind)


def allows(schema: JSONObject, value: float) -> bool:
    """Tell whether a resolved schema of a number allows ``value``."""
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    fits = (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
        and (above is None or value > above)
        and (below is None or value < below)
    )
    return bool(fits) and (type_of(schema) == "number" or value.is_integer())


def some_number(schema: JSONObject) -> float:
    """Return a number that a resolved schema allows, 1 if it does."""
    bounds = (
        schema.get("minimum", 0),
        schema.get("exclusiveMinimum", 0) + 1,
        schema.get("maximum", 0),
        schema.get("exclusiveMaximum", 0) - 1,
    )
    candidates = (1.0, 0.0, *map(float, bounds))
    return next((value for value in candidates if allows(schema, value)), 1.0)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    decode = json.JSONDecoder().raw_decode
    start = text.find("{")
    while start >= 0:
        try:
            _, end = decode(text, start)
            yield start, end
        except (ValueError, RecursionError):
            end = start + 1
        start = text.find("{", end)


def _target(reference: str, root: JSONObject) -> JSONObject:
    target: Any = root
    for key in reference.removeprefix("#/").split("/"):
        target = target.get(key, {}) if isinstance(target, Mapping) else {}
    return target if is_schema(target) else {}


def _without(schema: JSONObject, *names: str) -> JSONObject:
    return {name: value for name, value in schema.items() if name not in names}
