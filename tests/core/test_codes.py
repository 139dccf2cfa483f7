"""Spark's error codes, row by row of PROTOCOL.md §10."""

from __future__ import annotations

import pytest

from iflytek_spark.codes import api_error, known_codes
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

RETRY, NEVER = True, False

TABLE: dict[int, tuple[type[APIError], bool]] = {
    10000: (InternalServerError, RETRY),
    10001: (InternalServerError, RETRY),
    10002: (InternalServerError, RETRY),
    10003: (BadRequestError, NEVER),
    10004: (BadRequestError, NEVER),
    10005: (BadRequestError, NEVER),
    10006: (RateLimitError, RETRY),
    10007: (RateLimitError, RETRY),
    10008: (InternalServerError, RETRY),
    10009: (InternalServerError, RETRY),
    10010: (InternalServerError, RETRY),
    10011: (InternalServerError, RETRY),
    10012: (InternalServerError, RETRY),
    10013: (ContentFilterError, NEVER),
    10014: (ContentFilterError, NEVER),
    10015: (PermissionDeniedError, NEVER),
    10016: (PermissionDeniedError, NEVER),
    10017: (BadRequestError, NEVER),
    10018: (BadRequestError, NEVER),
    10019: (ContentFilterError, NEVER),
    10021: (ContentFilterError, NEVER),
    10022: (ContentFilterError, NEVER),
    10029: (BadRequestError, NEVER),
    10041: (BadRequestError, NEVER),
    10050: (InternalServerError, RETRY),
    10110: (InternalServerError, RETRY),
    10163: (BadRequestError, NEVER),
    10222: (InternalServerError, RETRY),
    10223: (InternalServerError, RETRY),
    10300: (InternalServerError, RETRY),
    10404: (NotFoundError, NEVER),
    10907: (ContextLengthError, NEVER),
    11200: (PermissionDeniedError, NEVER),
    11201: (RateLimitError, NEVER),
    11202: (RateLimitError, RETRY),
    11203: (RateLimitError, RETRY),
    11210: (RateLimitError, RETRY),
}


def test_the_known_codes_are_those_of_the_fact_sheet() -> None:
    assert known_codes() == tuple(TABLE)


@pytest.mark.parametrize("code", TABLE)
def test_a_code_becomes_its_error(code: int) -> None:
    kind, retryable = TABLE[code]
    error = api_error(code, "Name:(12:00:00.000) detail", "cht1")
    assert type(error) is kind
    assert (error.code, error.sid, error.retryable) == (code, "cht1", retryable)


@pytest.mark.parametrize("code", [*TABLE, 99999])
def test_the_text_tells_code_words_sid_and_next_step(code: int) -> None:
    error = api_error(code, "AppIdNoAuthError:(15:24:29.825) tokens.total", "cht000bb55a@dx")
    assert str(code) in str(error)
    assert "tokens.total" in str(error)
    assert "cht000bb55a@dx" in str(error)
    assert error.hint
    assert error.hint in str(error)


def test_an_unknown_code_is_an_error_all_the_same() -> None:
    error = api_error(10910, "?")
    assert type(error) is APIError
    assert not error.retryable
    assert error.code == 10910


@pytest.mark.parametrize(
    "message",
    [
        "EngineInternalError:InvalidParameter: messages",
        "EngineInternalError:(1) input token limit is 97280",
        "Range of input length should be [1, 202745]",
        "Unsupported content type",
    ],
)
def test_an_engine_failure_that_blames_the_input_is_not_tried_again(message: str) -> None:
    error = api_error(10012, message)
    assert isinstance(error, BadRequestError)
    assert not error.retryable
    assert error.code == 10012


def test_only_the_engines_code_is_read_for_blame() -> None:
    assert type(api_error(10110, "ServiceIsBusyError: connection limit")) is InternalServerError


def test_an_empty_sid_is_none() -> None:
    assert api_error(10110, "busy", "").sid is None


def test_a_missing_entitlement_says_where_to_look() -> None:
    error = api_error(11200, "AppIdNoAuthError:(1) domain.generalv3")
    assert "console.xfyun.cn" in error.hint
    assert "each model" in error.hint
