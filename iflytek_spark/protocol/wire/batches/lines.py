"""The lines of input files and of results: the client's half (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from iflytek_spark.errors import APIError, ProtocolError, SparkError
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.wire.batches.shapes import ENDPOINT, METHOD
from iflytek_spark.protocol.wire.http_errors import kind_of_status
from iflytek_spark.protocol.wire.lenient import number_in, object_of, parse, text_of
from iflytek_spark.protocol.wire.openai.error_reader import find_error

_Object = Mapping[str, Any]
_NEVER_ASKED = ("batch_expired", "batch_cancelled", "batch_canceled")
"""Words, in place of codes, for rows that the batch's end has come before."""


class ResultLine(NamedTuple):
    """A line of results.

    Attributes:
        custom_id: the row that it belongs to.
        body: the answer as a live call would have sent it, or an empty text.
        error: why there is no answer, or None.
    """

    custom_id: str
    body: str = ""
    error: SparkError | None = None


def encode_row(custom_id: str, body: str) -> bytes:
    """Write a line of an input file, with its end.

    Args:
        custom_id: the row's id.
        body: the request's body, which is JSON and stands in the line as it is.
    """
    head = {"custom_id": custom_id, "method": METHOD, "url": ENDPOINT}
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "body": {body}}}\n'.encode()


def decode_result(line: bytes, noted: Deviations) -> ResultLine:
    """Read a line of results.

    Raises:
        ProtocolError: when it is not JSON, or belongs to no row; it quotes nothing.
    """
    value = parse(line, noted)
    if not isinstance(value, dict):
        raise ProtocolError("it is no JSON object")
    custom_id = "" if value.get("custom_id") is None else text_of(value, "custom_id", noted)
    if not custom_id:
        found = find_error(value)
        why = f": it is an error, {found.error().message}" if found else ""
        raise ProtocolError(f"it has no custom_id{why}")
    if value.get("error"):
        return ResultLine(custom_id, error=_error(0, {"error": value["error"]}))
    if not value.get("response"):
        return ResultLine(custom_id, error=ProtocolError("the row has neither answer nor error"))
    return _read_response(custom_id, object_of(value, "response", noted), noted)


def _read_response(custom_id: str, response: _Object, noted: Deviations) -> ResultLine:
    """Read what a row was answered with; its body may be written as a text, or stand there bare."""
    status = number_in(response.get("status_code", response.get("status")), noted) or 200
    body = response.get("body", response)
    if isinstance(body, str):
        try:
            body = parse(body, noted)
        except ProtocolError as error:
            return ResultLine(custom_id, error=error)
    if status >= 400 or find_error(body) is not None:
        return ResultLine(custom_id, error=_error(status, body))
    return ResultLine(custom_id, json.dumps(body, ensure_ascii=False, default=float))


def _error(status: int, body: object) -> SparkError:
    """Return what an error says: by its code, or its word, or else the status."""
    found = find_error(body)
    if found is None:
        return _of_status(status, "no reason given")
    error = found.error()
    if type(error) is APIError and not found.code and status:
        error = _of_status(status, found.message)
    if _word(body) in _NEVER_ASKED:
        error.retryable, error.hint = True, "the row was never asked: ask it again"
    error.status = status or None
    return error


def _word(body: object) -> object:
    inner = body.get("error") if isinstance(body, dict) else None
    return inner.get("code") if isinstance(inner, dict) else None


def _of_status(status: int, message: str) -> APIError:
    error = kind_of_status(status)(f"Spark answered the row with HTTP {status}: {message}")
    error.status = status or None
    return error
