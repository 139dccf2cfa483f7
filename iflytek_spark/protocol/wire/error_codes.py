"""What each of Spark's error codes means, and which exception it becomes (PROTOCOL.md §10)."""

from __future__ import annotations

import re
from typing import NamedTuple

from iflytek_spark.errors import (
    APIError,
    BadRequestError,
    ContentFilterError,
    ContextLengthError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)


class CodeRow(NamedTuple):
    """What one of Spark's codes means (PROTOCOL.md §10)."""

    kind: type[APIError]
    meaning: str
    hint: str
    retryable: bool


_CONSOLE = "see the console (https://console.xfyun.cn) for"
_AGAIN = "try again in a moment"
_REPHRASE = "rephrase the question or its context"
_FORMAT = "check the messages, the options and that model and base_url belong together"
_QUOTA = (
    f"{_CONSOLE} whether this app has this very model and tokens left: each model is enabled "
    "and metered on its own"
)

_CODES: dict[int, CodeRow] = {
    10000: CodeRow(InternalServerError, "the WebSocket upgrade failed", _AGAIN, True),
    10001: CodeRow(InternalServerError, "the service could not read the request", _AGAIN, True),
    10002: CodeRow(InternalServerError, "the service could not write the answer", _AGAIN, True),
    10003: CodeRow(BadRequestError, "the request has a wrong format", _FORMAT, False),
    10004: CodeRow(BadRequestError, "the request does not fit the schema", _FORMAT, False),
    10005: CodeRow(BadRequestError, "a parameter has a wrong value", _FORMAT, False),
    10006: CodeRow(
        RateLimitError,
        "this user already has a connection",
        "wait for the running answer, or give each call its own uid",
        True,
    ),
    10007: CodeRow(
        RateLimitError,
        "this user's previous question is still being answered",
        "wait for the running answer, or give each call its own uid",
        True,
    ),
    10008: CodeRow(InternalServerError, "the service's capacity is used up", _AGAIN, True),
    10009: CodeRow(InternalServerError, "the model engine could not be reached", _AGAIN, True),
    10010: CodeRow(InternalServerError, "the model engine did not answer", _AGAIN, True),
    10011: CodeRow(InternalServerError, "the model engine did not take the request", _AGAIN, True),
    10012: CodeRow(InternalServerError, "the model engine failed", _AGAIN, True),
    10013: CodeRow(ContentFilterError, "moderation refused the question", _REPHRASE, False),
    10014: CodeRow(
        ContentFilterError,
        "moderation stopped the answer",
        f"do not show what arrived; {_REPHRASE}",
        False,
    ),
    10015: CodeRow(
        PermissionDeniedError, "the app is on a block list", "ask iFlytek's support", False
    ),
    10016: CodeRow(PermissionDeniedError, "the app is not entitled to this", _QUOTA, False),
    10017: CodeRow(BadRequestError, "clearing the history failed", _AGAIN, False),
    10018: CodeRow(
        BadRequestError, "the connection was idle for too long", "open a new connection", False
    ),
    10019: CodeRow(
        ContentFilterError,
        "moderation suspects a violation",
        f"{_REPHRASE}; further turns may be refused",
        False,
    ),
    10021: CodeRow(ContentFilterError, "moderation refused the image's prompt", _REPHRASE, False),
    10022: CodeRow(ContentFilterError, "moderation refused the image", "use another image", False),
    10029: CodeRow(BadRequestError, "a side of the image is too long", "scale it down", False),
    10041: CodeRow(
        BadRequestError, "the image has too few or too many pixels", "scale the image", False
    ),
    10050: CodeRow(InternalServerError, "an unknown failure", _AGAIN, True),
    10110: CodeRow(InternalServerError, "the service is busy", _AGAIN, True),
    10163: CodeRow(BadRequestError, "the engine refused a parameter", _FORMAT, False),
    10222: CodeRow(InternalServerError, "the engine's network failed", _AGAIN, True),
    10223: CodeRow(InternalServerError, "no engine node is available", _AGAIN, True),
    10300: CodeRow(InternalServerError, "reading from the service's queue expired", _AGAIN, True),
    10404: CodeRow(
        NotFoundError, "the service has no such model", "check the domain and the URL", False
    ),
    10907: CodeRow(
        ContextLengthError,
        "prompt is too long",
        "shorten the history or use a model with a longer context",
        False,
    ),
    11200: CodeRow(
        PermissionDeniedError, "the app may not use this model, or its quota is used up", _QUOTA,
        False,
    ),
    11201: CodeRow(
        RateLimitError, "the daily limit is reached", f"try tomorrow; {_CONSOLE} the limit", False
    ),
    11202: CodeRow(
        RateLimitError, "too many requests in a second", "send fewer requests at once", True
    ),
    11203: CodeRow(RateLimitError, "too many requests at once", "send fewer at once", True),
    11210: CodeRow(RateLimitError, "too many requests in a minute", "send fewer requests", True),
    11221: CodeRow(
        PermissionDeniedError, "the plan of this key has no such model",
        "take one of the models that the message lists, or another key", False,
    ),
}  # fmt: skip

_UNKNOWN_CODE = CodeRow(
    APIError, "a code that this library does not know", "report it with the sid", False
)
_ENGINE_FAILED = 10012
_LIMIT = re.compile(r"limit\D{0,12}(\d+)")
_TOO_LONG = ("length", "limit")
_INPUT_FAULTS = ("invalidparameter", "unsupported", "status code: 400", "content type")


def known_codes() -> tuple[int, ...]:
    """Return Spark's known error codes in ascending order (PROTOCOL.md §10)."""
    return tuple(sorted(_CODES))


def api_error(code: int, message: str, sid: str | None = None) -> APIError:
    """Build the exception for an error frame of Spark.

    Args:
        code: the frame's code, not 0.
        message: the frame's message, for instance ``AppIdNoAuthError:(15:24:29.825) tokens.total``.
        sid: the frame's session id.

    Returns:
        An instance of the class that PROTOCOL.md §10 gives the code; :class:`APIError` itself
        for a code that is not in the table.
    """
    row = _CODES.get(code, _UNKNOWN_CODE)
    if code == _ENGINE_FAILED:
        row = _engine_row(message.lower(), row)
    limit = _context_limit(message) if row.kind is ContextLengthError else ""
    text = f"Spark error {code}, {row.meaning}{limit}: {message}"
    return row.kind(text, code=code, sid=sid or None, hint=row.hint, retryable=row.retryable)


def _context_limit(message: str) -> str:
    """Say the limit, where the service names it, in the words by which programs know the case."""
    match = _LIMIT.search(message)
    return f", maximum context length is {match[1]} tokens" if match else ""


def _engine_row(message: str, row: CodeRow) -> CodeRow:
    """Tell the engine's own failures from those of the input (§4, §10)."""
    if any(word in message for word in _TOO_LONG):
        return _CODES[10907]
    if any(word in message for word in _INPUT_FAULTS):
        return CodeRow(BadRequestError, "the model engine refused the input", _FORMAT, False)
    return row
