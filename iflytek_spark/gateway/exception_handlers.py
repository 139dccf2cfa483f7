"""What an app answers when a route raises: every failure has OpenAI's form."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route

from iflytek_spark import SparkError
from iflytek_spark.gateway.middleware.disconnect import CLIENT_CLOSED_REQUEST
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_response
from iflytek_spark.gateway.state import state_of
from iflytek_spark.gateway.unknown_routes import advice

_MAX_SHOWN = 200
"""Characters of a path, which is the caller's text."""


def add_exception_handlers(app: FastAPI) -> None:
    """Answer what an app's routes raise."""
    for error in (SparkError, GatewayError, ClientDisconnect, HTTPException):
        app.add_exception_handler(error, _answer)
    app.add_exception_handler(Exception, _unexpected)


async def _answer(request: Request, error: Exception) -> Response:
    record = record_of(request.scope)
    match error:
        case SparkError():
            record.add_error(error)
            own_keys = state_of(request.scope).own_keys
            return error_response(own_keys.blame(error, request.headers))
        case ClientDisconnect():
            record.client_disconnected = True
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        case HTTPException():
            error = _no_such_route(request, error)
    if not isinstance(error, GatewayError):
        raise error
    record.error = error.row.code
    return error_response(error)


def _no_such_route(request: Request, error: HTTPException) -> GatewayError:
    path, headers = request.scope["path"], error.headers
    if error.status_code == ErrorRow.NO_SUCH_METHOD.status:
        headers = _allowed(request) or error.headers
        allowed = Headers(headers or {}).get("allow", "another method")
        row, hint = ErrorRow.NO_SUCH_METHOD, f"it takes {allowed}"
    else:
        row, hint = ErrorRow.NO_SUCH_ROUTE, advice(path, _paths(request))
    message = f"{request.method} {path[:_MAX_SHOWN]}: {error.detail} — {hint}"
    return GatewayError(row, message, headers=headers)


def _paths(request: Request) -> list[str]:
    """Return the addresses of all routes that callers use."""
    routes: list[APIRoute] = request.app.state.routes
    return [route.path_format for route in routes if route.include_in_schema]


def _allowed(request: Request) -> dict[str, str]:
    """Return the header of the methods of an address: Starlette names those of one route."""
    routes: list[Route] = request.app.state.routes
    found = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in found for method in route.methods or ()}
    return {"allow": ", ".join(sorted(methods))} if methods else {}


async def _unexpected(request: Request, _error: Exception) -> Response:
    """Show nothing of it: Starlette raises it once more, and the server logs it and hangs up."""
    message = "the gateway failed in a way that was not foreseen; its log says how"
    headers = {"connection": "close", "x-request-id": record_of(request.scope).request_id}
    return error_response(GatewayError(ErrorRow.UNEXPECTED, message, headers=headers))
