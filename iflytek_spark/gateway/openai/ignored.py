"""Fields of a request that are left out: which may be, and how the caller is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel

from iflytek_spark.adapters import changes_form

HEADER = b"x-spark-ignored"

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAX_NAMES = 20
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "web_search": ("web_search_options",),
    "uid": ("user",),
    "thinking": ("thinking", "reasoning_effort"),
    "max_tokens": ("max_tokens", "max_completion_tokens"),
}
"""The core's options that have other names here."""


class Mark(Enum):
    """What the annotation of a body's field may say.

    Attributes:
        TUNING: it only tunes the answer, so that what Spark has nothing for may be left out.
        UNUSED: it is taken for the sake of clients, and goes nowhere.
    """

    TUNING = "tuning"
    UNUSED = "unused"


def left_out(
    body: type[BaseModel], request: Mapping[str, Any], wrong: Collection[object]
) -> list[str]:
    """Return which of the wrong fields of a request may be left out.

    Args:
        body: the model that the request should fit.
        request: the request as it came.
        wrong: the names of the fields that do not fit.
    """
    return [
        name for name, value in request.items() if name in wrong and _optional(body, name, value)
    ]


def _optional(body: type[BaseModel], name: str, value: object) -> bool:
    if name in body.model_fields:
        return name in _marked(body, Mark.TUNING)
    return not changes_form(name, value)


def unused(body: BaseModel) -> list[str]:
    """Return the fields of a body that say something and go nowhere."""
    return [name for name in _marked(type(body), Mark.UNUSED) if getattr(body, name)]


@cache
def _marked(body: type[BaseModel], mark: Mark) -> tuple[str, ...]:
    return tuple(name for name, field in body.model_fields.items() if mark in field.metadata)


def field_names(options: Iterable[str], body: BaseModel) -> list[str]:
    """Return the fields of a body that the core's options were made of."""
    names = [_OPTIONS.get(option, (option,)) for option in options]
    return [
        next((name for name in found if getattr(body, name, None) is not None), found[0])
        for found in names
    ]


def shown(names: Iterable[str]) -> tuple[str, ...]:
    """Return names as they may be logged and sent: a caller's text is neither."""
    bounded = (name if _NAME.fullmatch(name) else "other" for name in names)
    return tuple(dict.fromkeys(bounded))[:_MAX_NAMES]


def ignored_headers(names: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """Return the header that tells what was left out or brought into range, if anything was."""
    value = ", ".join(names).encode()
    return [(HEADER, value)] if value else []
