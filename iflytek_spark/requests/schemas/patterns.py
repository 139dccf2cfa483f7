"""Regular expressions of others, matched in linear time or not at all."""

from __future__ import annotations

from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

MAX_PATTERN = 1_000
MAX_TEXT = 10_000


def matches(pattern: str, text: str) -> bool | None:
    """Tell whether a pattern is found in a text.

    Returns:
        None for what is not checked: a pattern that looks ahead or back, or is no regular
        expression, and whatever is longer than ``MAX_PATTERN`` or ``MAX_TEXT``.
    """
    if len(pattern) > MAX_PATTERN or len(text) > MAX_TEXT:
        return None
    matcher = _matcher(pattern)
    return None if matcher is None else matcher.isinstance_python(text)


@lru_cache(256)
def _matcher(pattern: str) -> SchemaValidator | None:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return None
