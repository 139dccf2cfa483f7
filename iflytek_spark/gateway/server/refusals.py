"""What a connection is told that is closed before the app has seen a request of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus

from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_response

_MAX_KEPT = 64


def refusal(row: ErrorRow, message: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Write a whole response that says why.

    Args:
        row: the failure.
        message: what it says; of few kinds, since what is written is kept.
        headers: the server's own.
    """
    status, rest = _written(row, message)
    return status + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + rest


@lru_cache(_MAX_KEPT)
def _written(row: ErrorRow, message: str) -> tuple[bytes, bytes]:
    """Return the status line, and what follows the server's headers; a flood pays for it once."""
    headers = {"connection": "close"} | ({"retry-after": "1"} if row.status == 503 else {})
    response = error_response(GatewayError(row, message, headers=headers))
    written = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
    phrase = HTTPStatus(row.status).phrase.encode()
    return b"HTTP/1.1 %d %b\r\n" % (row.status, phrase), written + b"\r\n" + bytes(response.body)
