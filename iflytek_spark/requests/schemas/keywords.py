"""The keywords of JSON Schema that are read one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iflytek_spark.requests.schemas.node import TYPES, as_json, unique


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MAX


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX


_MAX = 10**300
"""The largest number that is kept: not every reader of JSON takes more."""

_KEPT: dict[str, Callable[[object], bool]] = {
    "description": _is_text,
    "title": _is_text,
    "default": lambda _: True,
    "examples": lambda value: isinstance(value, list | tuple),
    "format": _is_text,
    "pattern": _is_text,
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _is_number
    ),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    "uniqueItems": lambda value: isinstance(value, bool),
}
_NOTED = {
    "minProperties": "at least {} properties",
    "maxProperties": "at most {} properties",
    "minContains": "contains at least {} of them",
    "maxContains": "contains at most {} of them",
    "contentEncoding": "in {}",
    "contentMediaType": "{}",
}
_IMPLIED = {
    "object": ("properties", "required", "additionalProperties", "patternProperties",
               "propertyNames", "minProperties", "maxProperties", "dependentRequired"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}  # fmt: skip


def kept_keywords(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords that Spark is sent as they are, those of a wrong form left out."""
    kept = {key: schema[key] for key, fits in _KEPT.items() if key in schema and fits(schema[key])}
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(exclusive) is True and bound in kept:  # as in draft 4
            kept[exclusive] = kept.pop(bound)
    return kept


def noted_numbers(schema: Mapping[str, Any]) -> list[str]:
    """Put into words the keywords that Spark is not sent."""
    return [
        words.format(schema[key])
        for key, words in _NOTED.items()
        if _is_count(schema.get(key)) or _is_text(schema.get(key))
    ]


def values_and_null(schema: Mapping[str, Any]) -> tuple[list[Any] | None, bool]:
    """Return the constants of a schema without null, or None, and whether null is among them."""
    found = schema.get("enum")
    values = list(found) if isinstance(found, list | tuple) else None
    if "const" in schema:
        values = [schema["const"]]
    if values is None:
        return None, False
    kept = unique(value for value in values if value is not None)
    return kept or None, None in values


def names_of(schema: Mapping[str, Any], properties: Any) -> list[str]:
    """Return the names of required properties; draft 3 says it in the properties."""
    given = schema.get("required")
    listed = given if isinstance(given, list | tuple) else ()
    names = [name for name in listed if isinstance(name, str)]
    inner = properties if isinstance(properties, Mapping) else {}
    names += [
        str(name)
        for name, one in inner.items()
        if isinstance(one, Mapping) and one.get("required") is True
    ]
    return list(dict.fromkeys(names))


def kinds_of(
    schema: Mapping[str, Any], values: list[Any] | None, null: bool
) -> tuple[tuple[str, ...], bool, list[str]]:
    """Return the types of a schema without null, whether null is allowed, and words."""
    given = schema.get("type")
    listed = list(given) if isinstance(given, list | tuple) else [given] if given else []
    named = [kind for kind in listed if isinstance(kind, str)]
    kinds = tuple(dict.fromkeys(kind for kind in named if kind in TYPES))
    unknown = [kind for kind in named if kind not in (*TYPES, "null")]
    nullable = null or "null" in named or schema.get("nullable") is True
    if not kinds:
        kinds = _kinds_of_values(values) if values else () if unknown else _implied(schema)
    if not kinds and nullable and not unknown and (named or (values is None and null)):
        kinds = ("null",)
    return kinds, nullable, [f"of type {as_json(kind)}" for kind in unknown]


def _kinds_of_values(values: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_kind_of(value) for value in values))


def _kind_of(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case Mapping():
            return "object"
    return "array"


def _implied(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the type of a schema that leaves it out, by the keywords that it has."""
    found = [
        kind
        for kind, keys in _IMPLIED.items()
        if any(schema.get(key, True) is not True for key in keys)
    ]
    return (found[0],) if found else ()
