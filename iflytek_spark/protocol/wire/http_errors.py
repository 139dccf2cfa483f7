"""Turns a refused handshake into an error that says what to do (PROTOCOL.md §2.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from iflytek_spark.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ClockSkewError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from iflytek_spark.protocol.steps import HTTPStatusError
from iflytek_spark.protocol.wire.envelope import read_error
from iflytek_spark.protocol.wire.openai.error_reader import read_http_error
from iflytek_spark.protocol.wire.signing import ALLOWED_SKEW, parse_http_date

_KINDS: dict[int, tuple[type[APIError], str]] = {
    401: (AuthenticationError, "check the API key and secret"),
    403: (PermissionDeniedError, "check in the console that this machine's address is allowed"),
    404: (NotFoundError, "check base_url: its path is not one of the service's"),
    429: (RateLimitError, "send fewer requests at once"),
}
_SHOWN = 500
_MATCHES = (
    ("does not match", "check that api_secret belongs to api_key and no proxy rewrites the host"),
    ("retrieve credential", "check api_key: the service does not know it"),
)


def status_error(refused: HTTPStatusError, timestamp: float, key_hint: str = "") -> APIError:
    """Read a refusal.

    Args:
        refused: the service's HTTP response.
        timestamp: this machine's time, in seconds since 1970, when the URL was signed.
        key_hint: what to check when a key is refused that was sent as it is; a clock that is wrong
            is no cause then.

    Returns:
        What the service's own code says, where the body has one; a :class:`ClockSkewError` with
        the measured skew when the date was refused or is the likely cause; else the class of
        the HTTP status.
    """
    headers, found = refused.headers, read_http_error(refused.body)
    own = read_error(refused.body) or (found.error() if found and found.code else None)
    if own is not None:
        own.status, own.retry_after = refused.status, _retry_after(headers)
        return own
    message = found.message[:_SHOWN] if found else _message(refused.body)
    theirs = parse_http_date(headers.get("date", ""))
    skew = None if theirs is None else timestamp - theirs
    dated = refused.status in (401, 403) and not key_hint
    if dated and ("valid date" in message or abs(skew or 0) > ALLOWED_SKEW):
        return _clock_error(refused.status, message, skew)
    kind, hint = _kind(refused.status)
    hint = next((text for words, text in _MATCHES if words in message), hint)
    hint = key_hint if key_hint and kind is AuthenticationError else hint
    error = kind(
        f"Spark refused the connection with HTTP {refused.status}: {message}",
        sid=(found.sid or None) if found else None,
        hint=hint,
    )
    error.status = refused.status
    error.retry_after = _retry_after(headers)
    return error


def kind_of_status(status: int) -> type[APIError]:
    """Return what an error is that nothing but its HTTP status tells."""
    return _kind(status)[0]


def _kind(status: int) -> tuple[type[APIError], str]:
    if status >= 500:
        return InternalServerError, "try again in a moment"
    return _KINDS.get(status, (BadRequestError, "check base_url and the model"))


def _clock_error(status: int, message: str, skew: float | None) -> ClockSkewError:
    if skew is None:
        measured = "by more than five minutes"
    else:
        measured = f"by {abs(skew):.0f} seconds, {'ahead' if skew > 0 else 'behind'}"
    error = ClockSkewError(
        f"Spark refused the signature's date with HTTP {status}: {message}. "
        f"This machine's clock is off {measured}",
        hint="set the clock (for instance with NTP) and try again",
    )
    error.status, error.skew = status, skew
    return error


def _message(body: bytes) -> str:
    """Return the message of a body like ``{"message": "…"}``, or the body's beginning."""
    text = body[: 4 * _SHOWN].decode("utf-8", "replace").strip()
    try:
        message = json.loads(body)["message"]
    except (ValueError, TypeError, KeyError, RecursionError):
        message = None
    return str(message or text or "no reason given")[:_SHOWN]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None
