"""Whether a schema is one that values can be checked against, before there is a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from iflytek_spark.requests.schemas.check_values import TYPE_NAMES, is_number
from iflytek_spark.requests.schemas.patterns import Pattern
from iflytek_spark.requests.schemas.references import KEYWORDS, target_of
from iflytek_spark.requests.schemas.run import shown

_MAX_PLACES = 2_000
_MAX_DEPTH = 40
_MAX_WEIGHT = 300_000
_ONE = ("items", "additionalItems", "additionalProperties", "contains", "propertyNames", "not",
        "if", "then", "else")  # fmt: skip
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_BY_NAME = ("properties", "$defs", "definitions", "dependentSchemas")
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
            "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains",
            "maxContains")  # fmt: skip


def schema_problem(schema: Mapping[str, Any]) -> str:
    """Say why values cannot be checked against a schema of a caller's, or nothing.

    What :class:`~iflytek_spark.adapters.SchemaCheck` would pass over is a problem here: a keyword
    of a wrong form, a reference that leads nowhere or elsewhere, a pattern that is not matched,
    ``patternProperties``, and ``unevaluatedProperties`` or ``unevaluatedItems``; and so are more
    than 2,000 places, and more than 40 levels.

    Args:
        schema: a JSON schema, not trusted.

    Returns:
        Words that follow "the schema": ``refers to '#/$defs/a', which is not in it``.
    """
    waiting: list[tuple[Any, int]] = [(schema, 0)]
    weight = places = 0
    while waiting:
        part, depth = waiting.pop()
        places += 1
        if places > _MAX_PLACES or depth > _MAX_DEPTH:
            return f"has more than {_MAX_PLACES} places or {_MAX_DEPTH} levels"
        if isinstance(part, bool):
            continue
        if not isinstance(part, Mapping):
            return f"is no JSON schema: {shown(part)} stands where a schema must"
        pattern = Pattern(part["pattern"]) if isinstance(part.get("pattern"), str) else None
        weight += pattern.weight if pattern else 0
        if weight > _MAX_WEIGHT or (pattern and not pattern.usable):
            return f"has a pattern that is not matched here: {shown(part['pattern'])}"
        problem = _own_problem(part, schema)
        if problem:
            return problem
        waiting += [(inner, depth + 1) for inner in _inner(part)]
    return ""


def _own_problem(part: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    for keyword, fits in _FORMS.items():
        if keyword in part and not fits(part[keyword]):
            return f"is no JSON schema: {keyword} is {shown(part[keyword])}"
    for keyword in _UNKNOWN:
        if keyword in part:
            return f"holds {keyword}, which is not checked here"
    for keyword in KEYWORDS:
        if keyword in part and target_of(part[keyword], root) is None:
            return f"refers to {shown(part[keyword])}, which is not in it"
    return ""


def _inner(part: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the schemas of the next level."""
    for keyword in (*_ONE, *_SEVERAL):
        found = part.get(keyword, ())
        yield from found if isinstance(found, list) else [found] if found != () else []
    for keyword in _BY_NAME:
        yield from part.get(keyword, {}).values()


def _is_type(value: object) -> bool:
    kinds = value if isinstance(value, list) else [value]
    return bool(kinds) and all(isinstance(kind, str) and kind in TYPE_NAMES for kind in kinds)


def _is_bound(value: object) -> bool:
    return is_number(value) or isinstance(value, bool)  # draft 4's exclusiveMinimum


def _is_list(value: object) -> bool:
    return isinstance(value, list)


_FORMS: dict[str, Callable[[object], bool]] = {
    "type": _is_type,
    "enum": _is_list,
    "required": lambda value: (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    ),
    **dict.fromkeys(_BY_NAME, lambda value: isinstance(value, Mapping)),
    **dict.fromkeys(_SEVERAL, lambda value: isinstance(value, list) and bool(value)),
    **dict.fromkeys(_NUMBERS, _is_bound),
    **dict.fromkeys((*KEYWORDS, "pattern"), lambda value: isinstance(value, str)),
}
_UNKNOWN = ("patternProperties", "unevaluatedProperties", "unevaluatedItems")
"""Keywords that would be passed over; a caller who writes them counts on them."""
