"""Reads a request's body, and says which field is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from iflytek_spark.gateway.openai.errors import CallerError, ErrorRow

_INVALID = ErrorRow(400, "invalid_request_error", "invalid_value")
_WORDS: Mapping[str, str] = {
    "extra_forbidden": "there is no such field, or Spark has no counterpart for it; leave it out",
    "none_required": "Spark has no counterpart for it; leave it out, or send null",
    "union_tag_not_found": "it is missing",
}
"""What pydantic says in words for programmers."""

_LOOKED_AT = 30
_SHOWN = 3
_Body = TypeVar("_Body", bound=BaseModel)


def parse_body(kind: type[_Body], body: bytes) -> _Body:
    """Read a JSON body.

    Args:
        kind: what it must be.
        body: the bytes of the request.

    Returns:
        The request.

    Raises:
        CallerError: when it is no JSON, or a field is wrong; it names the field.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)[:_LOOKED_AT]
    if problems[0]["type"] == "json_invalid":
        raise CallerError(_INVALID, f"the body is not JSON: {problems[0]['ctx']['error']}")
    request = from_json(body)
    told = _deepest([(_field(problem, request), _words(problem)) for problem in problems])
    words = "; ".join(f"{field}: {word}" if field else word for field, word in told[:_SHOWN])
    raise CallerError(_INVALID, words, param=told[0][0] or None)


def _words(problem: ErrorDetails) -> str:
    if problem["type"] == "union_tag_invalid":
        return "{tag!r} is none of {expected_tags}".format_map(problem["ctx"])
    return _WORDS.get(problem["type"], problem["msg"])


def _deepest(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out a field when a field within it is told: the other branches of its union."""
    fields = [field for field, _ in told]
    return [
        (field, word)
        for field, word in told
        if not any(other.startswith((f"{field}.", f"{field}[")) for other in fields)
    ]


def _field(problem: ErrorDetails, request: object) -> str:
    """Write a place as OpenAI does: ``messages[0].content``."""
    steps = _steps(problem, request)
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return name.removeprefix(".")


def _steps(problem: ErrorDetails, here: Any) -> Iterator[int | str]:
    """Follow a place in the request; pydantic puts the branches of unions between its fields."""
    place = problem["loc"]
    for step in place:
        if _leads_on(here, step):
            here = here[step]
            yield step
    if problem["type"] == "missing":
        yield place[-1]
    if problem["type"].startswith("union_tag_"):
        yield problem["ctx"]["discriminator"].strip("'")


def _leads_on(here: Any, step: int | str) -> bool:
    return (
        isinstance(step, int) if isinstance(here, list) else isinstance(here, dict) and step in here
    )
