"""What a row of an input file must be: checks that both halves make (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from iflytek_spark.errors import InvalidRowError
from iflytek_spark.protocol.wire.batches.shapes import ENDPOINT, MAX_BODY_BYTES, METHOD

_AROUND_BODY = len(', "body": ')


class Row(NamedTuple):
    """A line of an input file.

    Attributes:
        custom_id: the row's id.
        model: the model that its body names.
        body: the body.
    """

    custom_id: str
    model: str
    body: dict[str, Any]


def read_row(line: bytes, number: int) -> Row:
    """Read a line, and check all that can be checked without the other lines.

    Args:
        line: the line, with or without its end.
        number: which it is, counted from 1.

    Raises:
        InvalidRowError: when the service would refuse it; it names the row.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise row_error(number, "", "the line is not JSON") from None
    if not isinstance(row, dict):
        raise row_error(number, "", "the line is no JSON object")
    custom_id = check_id(number, row.get("custom_id"))
    body = row.get("body")
    if not isinstance(body, dict):
        raise row_error(number, custom_id, "it has no body that is an object")
    for key, wanted in (("method", METHOD), ("url", ENDPOINT)):
        if row.get(key) != wanted:
            raise row_error(number, custom_id, f"{key} is {row.get(key)!r}, not {wanted!r}")
    head = {key: value for key, value in row.items() if key != "body"}
    around = len(json.dumps(head, ensure_ascii=False).encode()) + _AROUND_BODY
    check_body_size(number, custom_id, len(line.strip()) - around)
    return Row(custom_id, _model(number, custom_id, body), body)


def check_id(number: int, custom_id: object) -> str:
    """Return the id of a row, if it is usable.

    Raises:
        InvalidRowError: when it is none.
    """
    if not isinstance(custom_id, str) or not custom_id.strip():
        raise row_error(number, "", f"custom_id is {custom_id!r}, not a text that says something")
    try:
        custom_id.encode()
    except UnicodeEncodeError:
        raise row_error(number, "", "custom_id holds half a character") from None
    return custom_id


def check_body_size(number: int, custom_id: str, size: int) -> None:
    """Refuse a row whose body is too large.

    Raises:
        InvalidRowError: when it is.
    """
    if size > MAX_BODY_BYTES:
        raise row_error(
            number,
            custom_id,
            f"its body has {size} bytes, and the Batch API takes {MAX_BODY_BYTES} (6 KB)",
            "shorten the messages, or ask this row live",
        )


def row_error(number: int, custom_id: str, message: str, hint: str = "") -> InvalidRowError:
    """Build the error for a row."""
    named = f" ({custom_id[:64]!r})" if custom_id else ""
    error = InvalidRowError(f"row {number}{named}: {message}", hint=hint)
    error.row, error.custom_id = number, custom_id
    return error


def _model(number: int, custom_id: str, body: dict[str, Any]) -> str:
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        raise row_error(number, custom_id, "its body names no model")
    if not isinstance(messages, list) or not messages:
        raise row_error(number, custom_id, "its body has no messages")
    if body.get("stream"):
        raise row_error(number, custom_id, "its body asks for a stream, which no file can hold")
    return model
