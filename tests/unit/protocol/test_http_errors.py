"""A refused handshake becomes an error that says what to do (PROTOCOL.md §2.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from iflytek_spark.protocol.wire.http_errors import status_error
from iflytek_spark.protocol.wire.signing import http_date

NOW = 1736150400.0
NO_MATCH = "HMAC signature does not match"
UNVERIFIABLE = "HMAC signature cannot be verified"
WRONG_DATE = (
    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC "
    "Authentication"
)


def refuse(
    status: int,
    message: object = "no",
    *,
    body: bytes | None = None,
    ahead: float = 0,
    retry_after: str | None = None,
) -> APIError:
    """Read a refusal by a service whose clock is behind ours by ``ahead`` seconds."""
    headers = {"date": http_date(NOW - ahead)}
    if retry_after is not None:
        headers["retry-after"] = retry_after
    body = json.dumps({"message": message}).encode() if body is None else body
    return status_error(HTTPStatusError(status, headers, body), NOW)


@pytest.mark.parametrize(
    ("message", "step"),
    [
        ("Unauthorized", "API key and secret"),
        (UNVERIFIABLE, "API key and secret"),
        (f"{UNVERIFIABLE}: fail to retrieve credential", "the service does not know it"),
        (
            f"{UNVERIFIABLE}:enforced header 'host' not used for signature creation",
            "API key and secret",
        ),
        (NO_MATCH, "api_secret belongs to api_key"),
    ],
)
def test_a_refused_signature(message: str, step: str) -> None:
    error = refuse(401, message)
    assert type(error) is AuthenticationError
    assert message in error.message
    assert step in error.hint
    assert (error.status, error.retryable) == (401, False)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, BadRequestError, False),
        (401, AuthenticationError, False),
        (403, PermissionDeniedError, False),
        (404, NotFoundError, False),
        (418, BadRequestError, False),
        (429, RateLimitError, True),
        (500, InternalServerError, True),
        (502, InternalServerError, True),
        (503, InternalServerError, True),
        (504, InternalServerError, True),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[APIError], retryable: bool) -> None:
    error = refuse(status, "reasons")
    assert type(error) is kind
    assert (error.status, error.retryable) == (status, retryable)
    assert f"HTTP {status}: reasons" in error.message
    assert error.hint


def test_an_address_that_is_not_allowed_is_no_matter_of_clocks() -> None:
    error = refuse(403, "Your IP address is not allowed")
    assert type(error) is PermissionDeniedError
    assert "console" in error.hint


@pytest.mark.parametrize(
    ("ahead", "words"), [(400, "400 seconds, ahead"), (-3600, "3600 seconds, behind")]
)
def test_the_skew_of_the_clock_is_measured(ahead: float, words: str) -> None:
    error = refuse(403, WRONG_DATE, ahead=ahead)
    assert isinstance(error, ClockSkewError)
    assert error.skew == ahead
    assert words in error.message
    assert (error.status, error.retryable) == (403, False)
    assert "clock" in error.hint


def test_a_skew_that_cannot_be_measured_is_still_named() -> None:
    body = json.dumps({"message": WRONG_DATE}).encode()
    error = status_error(HTTPStatusError(403, {}, body), NOW)
    assert isinstance(error, ClockSkewError)
    assert error.skew is None
    assert "more than five minutes" in error.message


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("ahead", "skewed"), [(300, False), (301, True), (-301, True)])
def test_a_wrong_clock_is_seen_behind_another_reason(
    status: int, ahead: float, skewed: bool
) -> None:
    assert isinstance(refuse(status, NO_MATCH, ahead=ahead), ClockSkewError) is skewed


@pytest.mark.parametrize("status", [404, 429, 503])
def test_a_wrong_clock_explains_no_other_status(status: int) -> None:
    assert not isinstance(refuse(status, ahead=9999), ClockSkewError)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3), ("0", 0), ("", None), ("soon", None), ("-1", None), ("1.5", None), ("²", None)],
)
def test_retry_after_is_kept(value: str, seconds: float | None) -> None:
    assert refuse(429, retry_after=value).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no reason given"),
        (b"  \n", "no reason given"),
        (b"404 page not found", "404 page not found"),
        (b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        (b'{"error":{"message":"no category route found"}}', "no category route found"),
        (b'["a list"]', "a list"),
        (b"null", "null"),
        (b'{"message":', '{"message":'),
        (b"\xff\xfe", "\ufffd"),
    ],
)
def test_a_body_of_another_form_is_shown(body: bytes, words: str) -> None:
    assert words in refuse(404, body=body).message


def test_a_long_body_is_shown_in_part() -> None:
    assert len(refuse(502, body=b"x" * 10**6).message) < 1000


@given(st.integers(300, 599), st.binary(), st.dictionaries(st.text(), st.text()))
def test_whatever_the_service_answers_is_one_of_our_errors(
    status: int, body: bytes, headers: Any
) -> None:
    error = status_error(HTTPStatusError(status, headers, body), NOW)
    assert error.status == status


def test_a_message_of_a_megabyte_is_shown_in_part() -> None:
    assert len(refuse(502, "x" * 10**6).message) < 1000


def test_a_deeply_nested_body_is_shown_in_part() -> None:
    assert "[[[" in refuse(502, body=b"[" * 10**5).message
