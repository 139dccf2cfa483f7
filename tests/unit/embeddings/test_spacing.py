"""Turns of a rate limit: spaced evenly, none lost, none too early."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.embeddings.rate_limit import RateLimit


def test_the_first_turn_is_free() -> None:
    assert RateLimit().reserve(now=-1e9, per_second=2) == 0


def test_turns_at_one_moment_queue_up() -> None:
    limit = RateLimit()
    assert [limit.reserve(10, 2) for _ in range(4)] == [0, 0.5, 1, 1.5]


def test_time_that_passes_is_counted() -> None:
    limit = RateLimit()
    limit.reserve(10, 2)
    assert limit.reserve(10.2, 2) == pytest.approx(0.3)
    assert limit.reserve(11.0, 2) == 0


def test_idle_time_is_not_saved_up_for_a_burst() -> None:
    limit = RateLimit()
    limit.reserve(0, 2)
    assert [limit.reserve(1000, 2) for _ in range(3)] == [0, 0.5, 1]


def test_another_rate_counts_from_its_own_turn_on() -> None:
    limit = RateLimit()
    limit.reserve(0, 2)
    assert limit.reserve(0, 10) == 0.5
    assert limit.reserve(0, 10) == pytest.approx(0.6)


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
    st.sampled_from([0.5, 1.0, 2.0, 7.0, 50.0]),
)
def test_no_window_of_a_second_holds_too_many(gaps: list[float], rate: float) -> None:
    limit, now, turns = RateLimit(), 0.0, []
    for gap in gaps:
        now += gap
        turns.append(now + limit.reserve(now, rate))
    assert turns == sorted(turns)
    for place, turn in enumerate(turns):
        inside = [other for other in turns[place:] if other < turn + 1 - 1e-6]
        assert len(inside) <= max(rate, 1)


@given(st.lists(st.floats(0, 0.4), min_size=1, max_size=60))
def test_a_queue_loses_no_time(gaps: list[float]) -> None:
    """Calls that come faster than the limit finish exactly at the limit's pace."""
    limit, now, last = RateLimit(), 0.0, 0.0
    for gap in gaps:
        last = now + limit.reserve(now, 2)
        now += gap
    assert last == pytest.approx((len(gaps) - 1) / 2)
