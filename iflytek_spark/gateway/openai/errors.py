"""Errors in OpenAI's form: one table from what failed to an HTTP status."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse

from iflytek_spark import errors
from iflytek_spark.errors import APIConnectionError, APIError, SparkError
from iflytek_spark.gateway.middleware.request_log_record import record_of

_INVALID = "invalid_request_error"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How a failure is told: HTTP status, OpenAI's type, and a code that programs can read."""

    status: int
    type: str
    code: str


_ROWS: dict[type[SparkError], ErrorRow] = {
    errors.MissingCredentialsError: ErrorRow(401, "authentication_error", "spark_keys_missing"),
    errors.UnknownModelError: ErrorRow(404, _INVALID, "model_not_found"),
    errors.ConfigurationError: ErrorRow(400, _INVALID, "invalid_configuration"),
    errors.InvalidRequestError: ErrorRow(400, _INVALID, "invalid_value"),
    errors.ContextLengthError: ErrorRow(400, _INVALID, "context_length_exceeded"),
    errors.ContentFilterError: ErrorRow(400, _INVALID, "content_filter"),
    errors.BadRequestError: ErrorRow(400, _INVALID, "spark_refused"),
    errors.ClockSkewError: ErrorRow(503, "server_error", "clock_skew"),
    errors.AuthenticationError: ErrorRow(401, "authentication_error", "spark_keys_refused"),
    errors.PermissionDeniedError: ErrorRow(403, "permission_error", "spark_not_permitted"),
    errors.NotFoundError: ErrorRow(404, _INVALID, "spark_not_found"),
    errors.RateLimitError: ErrorRow(429, "rate_limit_error", "rate_limit_exceeded"),
    errors.APITimeoutError: ErrorRow(504, "server_error", "spark_timeout"),
    errors.StreamInterruptedError: ErrorRow(502, "server_error", "spark_interrupted"),
    errors.APIConnectionError: ErrorRow(502, "server_error", "spark_unreachable"),
    errors.InvalidFrameError: ErrorRow(502, "server_error", "spark_invalid_frame"),
    errors.EmptyAnswerError: ErrorRow(502, "server_error", "spark_empty_answer"),
    errors.ToolNotCalledError: ErrorRow(502, "server_error", "tool_not_called"),
    errors.InvalidAnswerError: ErrorRow(502, "server_error", "invalid_answer"),
    errors.InternalServerError: ErrorRow(503, "server_error", "spark_failed"),
    errors.APIError: ErrorRow(502, "server_error", "spark_error"),
    errors.SparkError: ErrorRow(502, "server_error", "spark_error"),
}
_PARAMS: dict[type[SparkError], str] = {
    errors.UnknownModelError: "model",
    errors.ContextLengthError: "messages",
}
_UNREACHABLE = ErrorRow(400, _INVALID, "invalid_image_url")
"""What could not be reached is not Spark, but an image of the request's."""

_FIELDS = {"web_search": "web_search_options", "uid": "user"}
"""The core's options that OpenAI calls otherwise."""

_RETRY_SECONDS = 1.0
"""What a caller is told to wait when Spark itself names no time: its limits are per second."""

STATUSES = sorted({row.status for row in _ROWS.values()} | {405, 408, 413})
"""Every status of a failure, for the description of the routes."""

OWN_STATUSES = (401, 404, 405, 413, 429, 503)
"""Those of a route that does not ask Spark."""


class CallerError(Exception):
    """A request that the gateway itself refuses."""

    def __init__(
        self,
        row: ErrorRow,
        message: str,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse a request.

        Args:
            row: how it is told.
            message: what is wrong, and what to do.
            param: the field of the request, like ``messages[0].role``.
            headers: of the response, like ``retry-after``.
        """
        super().__init__(message)
        self.row = row
        self.message = message
        self.param = param
        self.headers = headers


def row_of(error: SparkError) -> ErrorRow:
    """Return the row of the nearest class of an error."""
    if error.param and isinstance(error, APIConnectionError):
        return _UNREACHABLE
    return next(_ROWS[kind] for kind in type(error).__mro__ if kind in _ROWS)


def error_body(
    message: str,
    row: ErrorRow,
    *,
    param: str | None = None,
    spark_code: int | None = None,
    sid: str | None = None,
) -> dict[str, Any]:
    """Write an error as OpenAI does, with Spark's own code and sid beside it."""
    told = {"message": message, "type": row.type, "param": param, "code": row.code}
    return {"error": told | {"spark_code": spark_code, "sid": sid}}


def spark_error_body(error: SparkError) -> dict[str, Any]:
    """Write an error of the core as OpenAI does."""
    param = error.param or _PARAMS.get(type(error))
    return error_body(
        str(error),
        row_of(error),
        param=_FIELDS.get(param, param) if param else None,
        spark_code=error.code,
        sid=error.sid,
    )


def spark_error_response(error: SparkError) -> JSONResponse:
    """Answer a request with an error of the core."""
    row = row_of(error)
    waits = {429: _retry_after(error), 503: _retry_after(error)}
    headers = {"retry-after": waits[row.status]} if row.status in waits else None
    return JSONResponse(spark_error_body(error), row.status, headers)


def caller_error_response(error: CallerError) -> JSONResponse:
    """Answer a request that the gateway itself refuses."""
    body = error_body(error.message, error.row, param=error.param)
    return JSONResponse(body, error.row.status, error.headers)


def note_error(scope: MutableMapping[str, Any], error: SparkError) -> None:
    """Keep what failed for the log and the metrics."""
    record = record_of(scope)
    record.error, record.error_code = type(error).__name__, error.code
    record.sid = error.sid or record.sid


def _retry_after(error: SparkError) -> str:
    seconds = error.retry_after if isinstance(error, APIError) else None
    return str(math.ceil(_RETRY_SECONDS if seconds is None else seconds))
