"""Reads a request's body, and says which field is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails, from_json

from iflytek_spark import Unsupported
from iflytek_spark.gateway.openai.body_bounds import check_bounds
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.ignored import left_out, shown, unused

_MESSAGES: Mapping[str, str] = {
    "extra_forbidden": "there is no such field, or Spark has no counterpart for it; leave it out",
    "none_required": "Spark has no counterpart for it; leave it out, or send null",
    "union_tag_not_found": "it is missing",
}
"""Messages in place of pydantic's, which are for programmers."""

_MAX_ERRORS = 5_000
_MAX_READ = 30
_MAX_SHOWN = 3
"""Problems of a body."""

_Body = TypeVar("_Body", bound=BaseModel)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Count: TypeAlias = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
"""A number above 0; JSON knows no difference between 1 and 1.0."""


def parse_body(
    model: type[_Body], body: bytes | bytearray, unsupported: Unsupported
) -> tuple[_Body, tuple[str, ...]]:
    """Read a JSON body.

    Args:
        model: what it should be.
        body: its bytes.
        unsupported: whether fields that only tune the answer are left out when they are wrong.

    Returns:
        The body, and the names of the fields that go nowhere.

    Raises:
        GatewayError: when it is no JSON, or a field is wrong; it names the field. When it holds
            too much, see :mod:`.body_bounds`.
    """
    check_bounds(body)
    dropped: tuple[str, ...] = ()
    try:
        parsed = model.model_validate_json(body)
    except ValidationError as error:
        parsed, dropped = _read_again(model, body, _problems(error), unsupported)
    return parsed, shown((*dropped, *unused(parsed)))


def _read_again(
    model: type[_Body],
    body: bytes | bytearray,
    problems: list[ErrorDetails],
    unsupported: Unsupported,
) -> tuple[_Body, tuple[str, ...]]:
    """Read a body without the fields that may be left out, or say what is wrong with it."""
    if problems[0]["type"] == "json_invalid":
        message = f"the body is not JSON: {problems[0]['ctx']['error']}"
        raise GatewayError(ErrorRow.INVALID_VALUE, message)
    request = from_json(body)
    if unsupported == "ignore" and isinstance(request, dict):
        wrong = {problem["loc"][0] for problem in problems if problem["loc"]}
        dropped = {name: request.pop(name) for name in left_out(model, request, wrong)}
        try:
            return model.model_validate(request), _set(dropped)
        except ValidationError as error:
            problems = _problems(error)
    raise _refusal(request, problems[:_MAX_READ])


def _set(fields: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(name for name, value in fields.items() if value is not None)


def _problems(error: ValidationError) -> list[ErrorDetails]:
    if error.error_count() > _MAX_ERRORS:  # writing each takes 1 KB
        message = f"more than {_MAX_ERRORS} values of the body are wrong: is it of this route?"
        raise GatewayError(ErrorRow.INVALID_VALUE, message)
    return error.errors(include_url=False, include_input=False)


def _refusal(request: object, problems: list[ErrorDetails]) -> GatewayError:
    found = _deepest([(_field(problem, request), _message(problem)) for problem in problems])
    message = "; ".join(f"{field}: {text}" if field else text for field, text in found[:_MAX_SHOWN])
    return GatewayError(ErrorRow.INVALID_VALUE, message, param=found[0][0] or None)


def _message(problem: ErrorDetails) -> str:
    if problem["type"] == "union_tag_invalid":
        return "{tag!r} is none of {expected_tags}".format_map(problem["ctx"])
    return _MESSAGES.get(problem["type"], problem["msg"])


def _deepest(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out a field when a field within it is listed: the other branches of its union."""
    fields = [field for field, _ in found]
    return [
        (field, text)
        for field, text in found
        if not any(other.startswith((f"{field}.", f"{field}[")) for other in fields)
    ]


def _field(problem: ErrorDetails, request: object) -> str:
    """Write a location as OpenAI does: ``messages[0].content``."""
    steps = _steps(problem, request)
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return name.removeprefix(".")


def _steps(problem: ErrorDetails, here: Any) -> Iterator[int | str]:
    """Follow a location in the request; pydantic puts the branches of unions between its fields."""
    location = problem["loc"]
    for step in location:
        if _leads_on(here, step):
            here = here[step]
            yield step
    if problem["type"] == "missing":
        yield location[-1]
    if problem["type"].startswith("union_tag_"):
        yield problem["ctx"]["discriminator"].strip("'")


def _leads_on(here: Any, step: int | str) -> bool:
    return (
        isinstance(step, int) if isinstance(here, list) else isinstance(here, dict) and step in here
    )
