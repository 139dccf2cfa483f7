"""Stop strings cut an answer in the same place however it is cut into pieces."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.protocol.filters.stop import StopMatcher


def cut(text: str, stops: Sequence[str]) -> str:
    """What should be left: everything before the stop string that is complete first."""
    places = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text]
    return text[: min(places)[1]] if places else text


def run(pieces: Sequence[str], stops: Sequence[str]) -> tuple[str, bool]:
    passing, passed = StopMatcher(stops), ""
    for piece in pieces:
        text, stopped = passing.feed(piece)
        passed += text
        if stopped:
            return passed, True
    return passed + passing.flush(), False


LETTERS = st.sampled_from("ab。")
STOPS = st.lists(st.text(LETTERS, min_size=1, max_size=4), min_size=1, max_size=3)
PIECES = st.lists(st.text(LETTERS, max_size=4), max_size=8)


@given(PIECES, STOPS)
def test_any_split_is_cut_at_the_earliest_stop(pieces: list[str], stops: list[str]) -> None:
    text = "".join(pieces)
    passed, stopped = run(pieces, stops)
    assert passed == cut(text, stops)
    assert stopped is any(stop in text for stop in stops)


@given(PIECES, STOPS)
def test_what_was_passed_on_is_never_taken_back(pieces: list[str], stops: list[str]) -> None:
    passing, passed = StopMatcher(stops), ""
    for piece in pieces:
        text, stopped = passing.feed(piece)
        passed += text
        assert not any(stop in passed for stop in stops)
        if stopped:
            break
    assert "".join(pieces).startswith(passed)


@given(st.text(LETTERS, max_size=30), STOPS)
def test_no_more_than_a_possible_beginning_is_held_back(text: str, stops: list[str]) -> None:
    passing = StopMatcher(stops)
    passed, stopped = passing.feed(text)
    if not stopped:
        held = text[len(passed) :]
        assert held == "" or any(stop.startswith(held) for stop in stops)


@pytest.mark.parametrize(
    ("pieces", "stops", "passed"),
    [
        (["今天晴", "。明天雨"], ["。"], "今天晴"),
        (["今天晴\n", "\nObservation"], ["\n\nObs"], "今天晴"),
        (["END"], ["END"], ""),
        (["E", "N", "D"], ["END"], ""),
        (["E", "N", "T"], ["END"], "ENT"),
        (["aab"], ["ab"], "a"),
        (["x", "a", "a", "b"], ["ab"], "xa"),
        (["one two"], ["two", "one"], ""),
        (["ab", "c", "d"], ["abcd", "bc"], "a"),
    ],
)
def test_examples(pieces: list[str], stops: list[str], passed: str) -> None:
    assert run(pieces, stops)[0] == passed


def test_flushing_gives_back_what_was_held_once() -> None:
    passing = StopMatcher(["END"])
    assert passing.feed("the EN") == ("the ", False)
    assert passing.flush() == "EN"
    assert passing.flush() == ""


def test_without_stop_strings_all_passes() -> None:
    assert run(["a", "b"], []) == ("ab", False)


def test_many_long_stop_strings_cost_no_more_than_the_text_is_long() -> None:
    """Nearly each of them fits, and each parts from the text in its middle."""
    stops = ["a" * 400 + "b", *("a" * 200 + chr(0x4E00 + i) + "a" * 200 for i in range(63))]
    passing = StopMatcher(stops)
    started = time.process_time()
    passed = "".join(passing.feed("a" * 10)[0] for _ in range(5_000))
    assert time.process_time() - started < 1, "each character is looked at again and again"
    assert passed + passing.flush() == "a" * 50_000
