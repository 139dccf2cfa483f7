"""Errors in Anthropic's form, with the statuses of the one table."""

from __future__ import annotations

from collections.abc import Mapping

from iflytek_spark import SparkError
from iflytek_spark.gateway.anthropic.response_types import ErrorType, MessagesError
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_body, row_of

_TYPES: Mapping[int, ErrorType] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_TOO_LONG = "prompt is too long"
"""By which programs know the error after which they shorten a conversation."""


def messages_error(
    error: SparkError | GatewayError, request_id: str | None = None
) -> MessagesError:
    """Write an error as Anthropic does, with Spark's own code and sid beside it."""
    row, detail = row_of(error), error_body(error)["error"]
    message = detail["message"]
    return {
        "type": "error",
        "error": {
            "type": _TYPES.get(row.status, "invalid_request_error"),
            "message": f"{_TOO_LONG}: {message}" if row is ErrorRow.CONTEXT_LENGTH else message,
            "code": detail["code"],
            "spark_code": detail["spark_code"],
            "sid": detail["sid"],
        },
        "request_id": request_id,
    }
