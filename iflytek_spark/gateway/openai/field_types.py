"""The types of fields of requests, beyond pydantic's own."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

OnlyNull: TypeAlias = None
"""The only value of a field that Spark has no counterpart for."""


def _require_text(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "it is empty")
    return text


Text: TypeAlias = Annotated[
    str,
    Field(min_length=1, json_schema_extra={"pattern": r"[^\s\x1c-\x1f\x85]"}),
    AfterValidator(_require_text),
]
"""A text that says something."""


def _reject_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


def _require_boolean(value: object) -> object:
    if not isinstance(value, bool):
        raise PydanticKnownError("bool_type")
    return value


def _require_empty(value: list[Any] | dict[str, Any]) -> object:
    if value:
        raise PydanticKnownError("none_required")
    return value


OnlyEmptyList: TypeAlias = Annotated[
    list[Any], Field(json_schema_extra={"maxItems": 0}), AfterValidator(_require_empty)
]
OnlyEmptyObject: TypeAlias = Annotated[
    dict[str, Any], Field(json_schema_extra={"maxProperties": 0}), AfterValidator(_require_empty)
]
OnlyFalse: TypeAlias = Annotated[Literal[False], BeforeValidator(_require_boolean)]
OnlyZero: TypeAlias = Annotated[Literal[0], BeforeValidator(_reject_boolean)]
OnlyOne: TypeAlias = Annotated[Literal[1], BeforeValidator(_reject_boolean)]
"""To pydantic alone, true is the same literal as 1, and 0 as false."""

ModelName: TypeAlias = Annotated[str, Field(max_length=256)]

MAX_STOPS = 64
MAX_STOP_CHARACTERS = 8192
"""An automaton is made of all stop strings, some 300 bytes a character; OpenAI takes 4 of them."""


def _short_stops(stops: str | list[str]) -> object:
    if len(stops if isinstance(stops, str) else "".join(stops)) > MAX_STOP_CHARACTERS:
        raise PydanticCustomError(
            "stops",
            "its strings are longer than {most} characters together",
            {"most": MAX_STOP_CHARACTERS},
        )
    return stops


StopStrings: TypeAlias = Annotated[
    str | Annotated[list[str], Field(max_length=MAX_STOPS)], AfterValidator(_short_stops)
]
"""One string or several that end an answer."""
