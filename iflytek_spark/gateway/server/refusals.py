"""What a connection is told that is closed before the app has seen a request of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus

from starlette.responses import JSONResponse

from iflytek_spark.gateway.anthropic.errors import messages_error
from iflytek_spark.gateway.anthropic.middleware import is_anthropics
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_body

_MAX_KEPT = 64


def refusal(
    row: ErrorRow, message: str, headers: Iterable[tuple[bytes, bytes]], url: bytes = b""
) -> bytes:
    """Write a whole response that says why.

    Args:
        row: the failure.
        message: what it says; of few kinds, since what is written is kept.
        headers: the server's own.
        url: what was asked for, as far as it came; the form is that of the route.
    """
    path = url.partition(b"?")[0].decode("latin-1")
    status, rest = _written(row, message, is_anthropics(path))
    return status + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + rest


@lru_cache(_MAX_KEPT)
def _written(row: ErrorRow, message: str, anthropics: bool) -> tuple[bytes, bytes]:
    """Return the status line, and what follows the server's headers; a flood pays for it once."""
    headers = {"connection": "close"} | ({"retry-after": "1"} if row.status == 503 else {})
    error = GatewayError(row, message)
    body = messages_error(error) if anthropics else error_body(error)
    response = JSONResponse(body, row.status, headers)
    written = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
    phrase = HTTPStatus(row.status).phrase.encode()
    return b"HTTP/1.1 %d %b\r\n" % (row.status, phrase), written + b"\r\n" + bytes(response.body)
