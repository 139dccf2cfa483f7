"""The errors that the service answers over HTTP, written (PROTOCOL-HTTP.md §7)."""

from __future__ import annotations

from typing import NamedTuple

from iflytek_spark.protocol.wire.openai.service_values import written
from iflytek_spark.protocol.wire.openai.shapes import ErrorFieldsShape, ErrorShape


class HttpError(NamedTuple):
    """An error as a response."""

    status: int
    body: bytes


def open_error(status: int, code: int | None, message: str) -> HttpError:
    """Write an error of dialect A, whose code is a text or null."""
    fields: ErrorFieldsShape = {
        "message": message,
        "type": "invalid_request_error" if status == 400 else "api_error",
        "param": None,
        "code": None if code is None else str(code),
    }
    body: ErrorShape = {"error": fields}
    return HttpError(status, written(body))


def maas_error(status: int, code: int | None, message: str, kind: str = "") -> HttpError:
    """Write an error of dialect B, whose code is a number or missing.

    Args:
        status: the HTTP status.
        code: the code, or None for the errors that name it in their text alone.
        message: the text.
        kind: the type, or an empty string for the errors that have none.
    """
    fields: ErrorFieldsShape = {"message": message}
    if code is not None:
        fields["code"] = code
    body: ErrorShape = {"error": fields}
    if kind:
        fields["type"] = kind
        body["id"] = ""
    return HttpError(status, written(body))


def proxy_error(status: int, message: str) -> HttpError:
    """Write an error of the proxy in front of the service."""
    return HttpError(status, written({"message": message}))
