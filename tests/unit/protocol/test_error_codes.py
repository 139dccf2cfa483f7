"""Spark's error codes, compared with PROTOCOL.md §10."""

from __future__ import annotations

import pytest

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
from iflytek_spark.protocol.wire.error_codes import api_error, known_codes
from tests._support import fact_sheet

NEITHER_SERVER_NOR_REQUEST: dict[type[APIError], set[int]] = {
    RateLimitError: {10006, 10007, 11201, 11202, 11203, 11210},
    ContentFilterError: {10013, 10014, 10019, 10021, 10022},
    PermissionDeniedError: {10015, 10016, 11200, 11221},
    NotFoundError: {10404},
    ContextLengthError: {10907},
}
"""The codes that a program may want to tell from "try again" and from "ask otherwise"."""


def kind_of(code: int, retried: bool) -> type[APIError]:
    usual = InternalServerError if retried else BadRequestError
    special = [kind for kind, codes in NEITHER_SERVER_NOR_REQUEST.items() if code in codes]
    return special[0] if special else usual


def test_codes_and_what_is_tried_again_are_those_of_the_fact_sheet() -> None:
    known = {
        code: api_error(code, "Name:(12:00:00.000) detail").retryable for code in known_codes()
    }
    assert known == {code: retry.startswith("R") for code, retry in fact_sheet.codes().items()}


def test_a_code_becomes_its_error() -> None:
    errors = {code: api_error(code, "Name:(12:00:00.000) detail", "cht1") for code in known_codes()}
    assert {code: (type(error), error.code, error.sid) for code, error in errors.items()} == {
        code: (kind_of(code, error.retryable), code, "cht1") for code, error in errors.items()
    }


def test_the_text_tells_code_words_sid_and_next_step() -> None:
    for code in (*known_codes(), 99999):
        error = api_error(code, "AppIdNoAuthError:(15:24:29.825) tokens.total", "cht000bb55a@dx")
        assert error.hint, code
        parts = (str(code), "tokens.total", "cht000bb55a@dx", error.hint)
        assert [part for part in parts if part not in str(error)] == [], code


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
