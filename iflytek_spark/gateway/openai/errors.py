"""Errors in OpenAI's form: one table from what failed to an HTTP status."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import Enum

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from iflytek_spark import SparkError, errors
from iflytek_spark.gateway.openai.responses import Error

_REQUEST, _SERVER = "invalid_request_error", "server_error"
_AUTHENTICATION, _RATE_LIMIT = "authentication_error", "rate_limit_error"


class ErrorRow(Enum):
    """A failure: HTTP status, OpenAI's type, a code that programs read, the core's errors of it.

    A core's error belongs to the row of its nearest class; a row without is the gateway's own.
    """

    SPARK_KEYS_MISSING = 401, _AUTHENTICATION, "spark_keys_missing", errors.MissingCredentialsError
    MODEL_NOT_FOUND = 404, _REQUEST, "model_not_found", errors.UnknownModelError
    CONFIGURATION = 400, _REQUEST, "invalid_configuration", errors.ConfigurationError
    INVALID_VALUE = 400, _REQUEST, "invalid_value", errors.InvalidRequestError
    INVALID_IMAGE_URL = 400, _REQUEST, "invalid_image_url"
    CONTEXT_LENGTH = 400, _REQUEST, "context_length_exceeded", errors.ContextLengthError
    CONTENT_FILTER = 400, _REQUEST, "content_filter", errors.ContentFilterError
    SPARK_REFUSED = 400, _REQUEST, "spark_refused", errors.BadRequestError
    CLOCK_SKEW = 503, _SERVER, "clock_skew", errors.ClockSkewError
    SPARK_KEYS_REFUSED = 401, _AUTHENTICATION, "spark_keys_refused", errors.AuthenticationError
    NOT_PERMITTED = 403, "permission_error", "spark_not_permitted", errors.PermissionDeniedError
    SPARK_NOT_FOUND = 404, _REQUEST, "spark_not_found", errors.NotFoundError
    RATE_LIMIT = 429, _RATE_LIMIT, "rate_limit_exceeded", errors.RateLimitError
    TIMEOUT = 504, _SERVER, "spark_timeout", errors.APITimeoutError
    INTERRUPTED = 502, _SERVER, "spark_interrupted", errors.StreamInterruptedError
    UNREACHABLE = 502, _SERVER, "spark_unreachable", errors.APIConnectionError
    INVALID_FRAME = 502, _SERVER, "spark_invalid_frame", errors.ProtocolError
    EMPTY_ANSWER = 502, _SERVER, "spark_empty_answer", errors.EmptyResponseError
    TOOL_NOT_CALLED = 502, _SERVER, "tool_not_called", errors.ToolNotCalledError
    INVALID_ANSWER = 502, _SERVER, "invalid_answer", errors.InvalidResponseError
    SPARK_FAILED = 503, _SERVER, "spark_failed", errors.InternalServerError
    SPARK_ERROR = 502, _SERVER, "spark_error", errors.SparkError
    OWN_KEYS_REFUSED = 502, _SERVER, "gateway_keys_refused"
    OWN_KEYS_NOT_PERMITTED = 502, _SERVER, "gateway_keys_not_permitted"

    RESPONSE_NOT_FOUND = 404, _REQUEST, "response_not_found"
    PREVIOUS_RESPONSE_NOT_FOUND = 400, _REQUEST, "previous_response_not_found"
    STORE_UNAVAILABLE = 503, _SERVER, "store_unavailable"
    INVALID_API_KEY = 401, _AUTHENTICATION, "invalid_api_key"
    NOT_LOCAL = 403, "permission_error", "not_local"
    MODEL_NOT_ALLOWED = 403, "permission_error", "model_not_allowed"
    NO_SUCH_ROUTE = 404, _REQUEST, "no_such_route"
    NO_SUCH_FILE = 404, _REQUEST, "no_such_file"
    NO_BATCHES = 403, "permission_error", "no_batches"
    NO_SUCH_KEY = 404, _REQUEST, "no_such_key"
    NO_SUCH_METHOD = 405, _REQUEST, "no_such_route"
    BODY_TIMEOUT = 408, _REQUEST, "request_timeout"
    BODY_TOO_LARGE = 413, _REQUEST, "request_too_large"
    NOT_JSON = 415, _REQUEST, "unsupported_media_type"
    NOT_HTTP = 400, _REQUEST, "not_http"
    HEAD_TIMEOUT = 408, _REQUEST, "head_timeout"
    HEAD_TOO_LARGE = 431, _REQUEST, "head_too_large"
    TOO_MANY_CONNECTIONS = 503, _SERVER, "too_many_connections"
    BUDGET_USED_UP = 429, "insufficient_quota", "insufficient_quota"
    CONCURRENCY_LIMIT = 429, _RATE_LIMIT, "concurrency_limit_exceeded"
    QUEUE_TIMEOUT = 429, _RATE_LIMIT, "queue_timeout"
    NO_ACCOUNT = 503, _SERVER, "no_account"
    BUSY = 503, _SERVER, "gateway_busy"
    LIMITS_UNAVAILABLE = 503, _SERVER, "limits_unavailable", errors.RateStoreError
    STOPPING = 503, _SERVER, "gateway_stopping"
    UNEXPECTED = 500, _SERVER, "internal_error"

    def __init__(
        self, status: int, error_type: str, code: str, error: type[SparkError] | None = None
    ) -> None:
        """Name the parts of a row."""
        self.status = status
        self.type = error_type
        self.code = code
        self.error = error


_ROWS = {row.error: row for row in ErrorRow}
_PARAMS: dict[type[SparkError], str] = {
    errors.UnknownModelError: "model",
    errors.ContextLengthError: "messages",
}
_FIELDS = {"web_search": "web_search_options", "uid": "user"}
"""The core's options that OpenAI calls otherwise."""

_PYTHON = re.compile(r"\w\(|ModelSpec|=…|=True|too_long=|strict=")
_HINTS: Mapping[type[BaseException], str] = {
    errors.APITimeoutError: "ask again; the gateway's operator can allow more time",
    errors.UnknownModelError: "GET /v1/models lists every model",
    errors.ContextLengthError: "send a shorter text",
}

REQUEST_ID = "iflytek_spark.request_id"
"""Where the scope of a request holds its id."""

_RETRY_SECONDS = 1.0
"""What a caller waits when Spark itself names no time: its limits are per second."""

STATUSES = sorted({row.status for row in ErrorRow if row is not ErrorRow.UNEXPECTED})
"""Every status of a failure, for the description of the routes."""

OWN_STATUSES = [401, 403, 404, 405, 413, 429, 503]
"""Those of a route that does not ask Spark."""


class GatewayError(Exception):
    """What the gateway itself answers in place of a response."""

    def __init__(
        self,
        row: ErrorRow,
        message: str,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        spark: SparkError | None = None,
    ) -> None:
        """Refuse a request.

        Args:
            row: what failed.
            message: what is wrong, and what to do.
            param: the field of the request, like ``messages[0].role``.
            headers: of the response, like ``retry-after``.
            spark: what Spark said, of which code and sid are shown.
        """
        super().__init__(errors.encodable(message))
        self.row = row
        self.param = None if param is None else errors.encodable(param)
        self.headers = headers
        self.spark = spark


ERROR_FORM, ERROR_EVENT = "iflytek_spark.error_form", "iflytek_spark.error_event"
"""Where a request's scope has what writes an error, with the request's id: of a route that has
another form than OpenAI's chat completions, and within its streamed response."""


def error_body(
    error: SparkError | GatewayError,
    request_id: str | None = None,
    fields: Mapping[str, str] = {},
) -> Error:
    """Write an error as OpenAI does, with Spark's own code and sid, and the request's id.

    Args:
        error: what failed.
        request_id: names the request.
        fields: what the route calls options that are not called as in chat completions.
    """
    row, spark = row_of(error), error if isinstance(error, SparkError) else error.spark
    return {
        "error": {
            "message": _words(error),
            "type": row.type,
            "param": _param(error, fields),
            "code": row.code,
            "spark_code": spark.code if spark else None,
            "sid": spark.sid if spark else None,
            "request_id": request_id,
        }
    }


def _words(error: SparkError | GatewayError) -> str:
    """Return what an error says; a hint that is Python is put in words for callers of HTTP."""
    if isinstance(error, GatewayError) or not _PYTHON.search(error.hint):
        return str(error)
    hints = (_HINTS[base] for base in type(error).__mro__ if base in _HINTS)
    hint = next(hints, "")
    sid = f" (sid {error.sid})" if error.sid else ""
    return f"{error.message}{sid}{f' — {hint}' if hint else ''}"


def error_response(error: SparkError | GatewayError) -> JSONResponse:
    """Answer a request with an error, in the form of its route; it names the request."""
    return _ErrorResponse(error)


class _ErrorResponse(JSONResponse):
    """Is written when it is known which request it answers."""

    def __init__(self, error: SparkError | GatewayError) -> None:
        super().__init__(error_body(error), row_of(error).status, _headers(error))
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        write = scope.get(ERROR_FORM, error_body)
        self.body = self.render(write(self._error, scope.get(REQUEST_ID)))
        self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def row_of(error: SparkError | GatewayError) -> ErrorRow:
    """Return the row of an error.

    A connection that failed for a field of the request was not Spark's, but an image's.
    """
    if isinstance(error, GatewayError):
        return error.row
    if error.param and isinstance(error, errors.APIConnectionError):
        return ErrorRow.INVALID_IMAGE_URL
    return next(_ROWS[base] for base in type(error).__mro__ if base in _ROWS)


def _param(error: SparkError | GatewayError, fields: Mapping[str, str]) -> str | None:
    if isinstance(error, GatewayError):
        return error.param
    param = error.param or _PARAMS.get(type(error))
    if not param:
        return None
    whole = fields.get(param.partition("[")[0])  # places within it are not the route's own
    return errors.encodable(whole or _FIELDS.get(param, param))


def _headers(error: SparkError | GatewayError) -> Mapping[str, str] | None:
    if isinstance(error, GatewayError):
        return error.headers
    if row_of(error).status not in (429, 503):
        return None
    seconds = error.retry_after if isinstance(error, errors.APIError) else None
    return {"retry-after": str(math.ceil(_RETRY_SECONDS if seconds is None else seconds))}
