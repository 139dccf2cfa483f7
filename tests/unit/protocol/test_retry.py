"""When a failed call is tried again, and after how long."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import (
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    InternalServerError,
    ProtocolError,
    RateLimitError,
    SparkError,
)
from iflytek_spark.protocol.retry import RetryPolicy

BUSY = InternalServerError("busy")


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (BUSY, True),
        (APIConnectionError("gone"), True),
        (RateLimitError("slow down"), True),
        (RateLimitError("tomorrow", retryable=False), False),
        (AuthenticationError("no"), False),
        (ProtocolError("what"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: SparkError, again: bool) -> None:
    delay = RetryPolicy().delay(error, 0, emitted=False, jitter=0)
    assert (delay is not None) is again


def test_never_after_the_caller_has_seen_a_part() -> None:
    assert RetryPolicy().delay(BUSY, 0, emitted=True, jitter=0) is None


@pytest.mark.parametrize(("max_retries", "tries"), [(0, 1), (1, 2), (2, 3), (5, 6)])
def test_the_number_of_tries(max_retries: int, tries: int) -> None:
    policy = RetryPolicy(max_retries)
    delays = [policy.delay(BUSY, attempt, emitted=False, jitter=0) for attempt in range(tries)]
    assert delays[-1] is None
    assert None not in delays[:-1]


def test_waits_double_up_to_the_limit() -> None:
    policy = RetryPolicy(6, base=0.5, limit=8)
    waits = [policy.delay(BUSY, attempt, emitted=False, jitter=0) for attempt in range(6)]
    assert waits == [0.5, 1, 2, 4, 8, 8]


@given(st.floats(0, 1), st.integers(0, 50))
def test_chance_shortens_a_wait_by_up_to_half(jitter: float, attempt: int) -> None:
    policy = RetryPolicy(100)
    full = policy.delay(BUSY, attempt, emitted=False, jitter=0)
    wait = policy.delay(BUSY, attempt, emitted=False, jitter=jitter)
    assert full is not None
    assert wait is not None
    assert full / 2 <= wait <= full <= policy.limit


@pytest.mark.parametrize("seconds", [0.0, 3.0, 60.0])
def test_the_services_own_wish_goes_before(seconds: float) -> None:
    error = RateLimitError("slow down")
    error.retry_after = seconds
    assert RetryPolicy().delay(error, 1, emitted=False, jitter=1) == seconds
    assert RetryPolicy().delay(error, 2, emitted=False, jitter=1) is None


@pytest.mark.parametrize("max_retries", [-1, True, 1.5, "2"])
def test_a_number_of_tries_that_is_none_is_refused(max_retries: Any) -> None:
    with pytest.raises(ConfigurationError, match="not 0 or more"):
        RetryPolicy(max_retries)
