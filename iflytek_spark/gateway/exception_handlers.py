"""What an app answers when a route raises: every failure has OpenAI's form."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.middleware.disconnect import CallerLeftError
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.errors import (
    CallerError,
    ErrorRow,
    caller_error_response,
    error_body,
    note_error,
    spark_error_response,
)

_LEFT = 499
"""What logs show for a caller that hung up; nobody receives it."""

_UNFORESEEN = ErrorRow(500, "server_error", "internal_error")


def handle_failures(app: FastAPI) -> None:
    """Answer what an app's routes raise."""
    for kind in (SparkError, CallerError, CallerLeftError, HTTPException):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(Exception, _unforeseen)


async def _answer(request: Request, error: Exception) -> Response:
    record = record_of(request.scope)
    match error:
        case SparkError():
            note_error(request.scope, error)
            return spark_error_response(error)
        case CallerError():
            record.error = error.row.code
            return caller_error_response(error)
        case CallerLeftError():
            record.left = True
            return Response(status_code=_LEFT)
        case HTTPException():
            return _no_such_route(request, error)
    raise error


def _no_such_route(request: Request, error: HTTPException) -> Response:
    row = ErrorRow(error.status_code, "invalid_request_error", "no_such_route")
    record_of(request.scope).error = row.code
    words = f"{request.method} {request.url.path}: {error.detail}"
    return JSONResponse(error_body(words, row), error.status_code, error.headers)


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    """Tell nothing of it: Starlette raises it once more, and the server logs it and hangs up."""
    words = "the gateway failed in a way that was not foreseen; its log says how"
    headers = {"connection": "close"}
    return JSONResponse(error_body(words, _UNFORESEEN), _UNFORESEEN.status, headers)
