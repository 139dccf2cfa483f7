"""Turns of a rate limit: spaced evenly, none lost, none too early."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.embeddings.rate_limit import RateLimit, Slot


class Spacing(RateLimit):
    """A rate limit that says how long to wait."""

    def wait(self, now: float, per_second: float) -> float:
        return self.reserve(now, per_second).start - now


def test_the_first_turn_is_free() -> None:
    assert Spacing().wait(now=-1e9, per_second=2) == 0


def test_turns_at_one_moment_queue_up() -> None:
    limit = Spacing()
    assert [limit.wait(10, 2) for _ in range(4)] == [0, 0.5, 1, 1.5]


def test_time_that_passes_is_counted() -> None:
    limit = Spacing()
    limit.wait(10, 2)
    assert limit.wait(10.2, 2) == pytest.approx(0.3)
    assert limit.wait(11.0, 2) == 0


def test_idle_time_is_not_saved_up_for_a_burst() -> None:
    limit = Spacing()
    limit.wait(0, 2)
    assert [limit.wait(1000, 2) for _ in range(3)] == [0, 0.5, 1]


def test_another_rate_counts_from_its_own_turn_on() -> None:
    limit = Spacing()
    limit.wait(0, 2)
    assert limit.wait(0, 10) == 0.5
    assert limit.wait(0, 10) == pytest.approx(0.6)


@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
    st.sampled_from([0.5, 1.0, 2.0, 7.0, 50.0]),
)
def test_no_window_of_a_second_holds_too_many(gaps: list[float], rate: float) -> None:
    limit, now, turns = Spacing(), 0.0, []
    for gap in gaps:
        now += gap
        turns.append(now + limit.wait(now, rate))
    assert turns == sorted(turns)
    for place, turn in enumerate(turns):
        inside = [other for other in turns[place:] if other < turn + 1 - 1e-6]
        assert len(inside) <= max(rate, 1)


@given(st.lists(st.floats(0, 0.4), min_size=1, max_size=60))
def test_a_queue_loses_no_time(gaps: list[float]) -> None:
    """Calls that come faster than the limit finish exactly at the limit's pace."""
    limit, now, last = Spacing(), 0.0, 0.0
    for gap in gaps:
        last = now + limit.wait(now, 2)
        now += gap
    assert last == pytest.approx((len(gaps) - 1) / 2)


def test_a_turn_that_is_given_back_goes_to_the_next_who_asks() -> None:
    limit = RateLimit()
    turns = [limit.reserve(0, 2) for _ in range(4)]
    limit.release(turns[1])
    assert [limit.reserve(0.1, 2).start for _ in range(2)] == [0.5, 2]


def test_one_who_waits_moves_up() -> None:
    limit = RateLimit()
    turns = [limit.reserve(0, 2) for _ in range(4)]
    limit.release(turns[1])
    assert limit.move_up(turns[3], 0.1).start == 0.5
    assert limit.move_up(turns[2], 0.1) == turns[2]
    assert limit.reserve(0.1, 2).start == 1.5


def test_a_turn_in_the_past_is_nobodys() -> None:
    limit = RateLimit()
    turns = [limit.reserve(0, 2) for _ in range(3)]
    limit.release(turns[1])
    assert limit.reserve(0.6, 2).start == 1.5


def test_after_all_have_left_the_limit_is_like_new() -> None:
    limit = RateLimit()
    for turn in [limit.reserve(0, 2) for _ in range(1000)]:
        limit.release(turn)
    assert limit.idle(0)
    assert limit.reserve(0, 2).start == 0


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1), st.sampled_from(["reserve", "release", "move up"]), st.integers()
        ),
        max_size=60,
    )
)
def test_no_two_turns_are_too_near_whoever_leaves(steps: list[tuple[float, str, int]]) -> None:
    limit, now = RateLimit(), 0.0
    used: list[float] = []
    held: list[Slot] = []
    for gap, step, number in steps:
        now += gap
        used += [slot.start for slot in held if slot.start <= now]
        held = [slot for slot in held if slot.start > now]
        if step == "reserve":
            held.append(limit.reserve(now, 2))
        elif held:
            slot = held.pop(number % len(held))
            if step == "release":
                limit.release(slot)
            else:
                held.append(limit.move_up(slot, now))
    turns = sorted(used + [slot.start for slot in held])
    assert all(later - earlier > 0.5 - 1e-6 for earlier, later in pairwise(turns))
