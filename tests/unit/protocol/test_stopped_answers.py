"""An answer is cut at a stop string, and says how it ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iflytek_spark.protocol.events import ContentDelta, Event, Finished
from iflytek_spark.protocol.steps import Emit
from tests._support.frames import SID, USAGE, answer, last, piece
from tests.unit.protocol.flow_helpers import Hand, call, play

STOPPED = Finished("stop", USAGE, SID)

STOPS: list[tuple[list[str], list[str], list[Event]]] = [
    (
        ["。"],
        ["今天晴", "。明天", ""],
        [ContentDelta("今天晴"), Finished("stop", None, SID, stop="。")],
    ),
    (["。"], ["今天晴", "。明天雨"], [ContentDelta("今天晴"), replace(STOPPED, stop="。")]),
    (["雨。"], ["晴", "雨", "。"], [ContentDelta("晴"), replace(STOPPED, stop="雨。")]),
    (["雨。"], ["晴", "雨"], [ContentDelta("晴"), ContentDelta("雨"), STOPPED]),
    (["雪"], ["晴", "雨"], [ContentDelta("晴"), ContentDelta("雨"), STOPPED]),
    (["晴"], ["晴", "雨"], [Finished("stop", None, SID, stop="晴")]),
]


@pytest.mark.parametrize(("stop", "pieces", "events"), STOPS)
def test_an_answer_is_cut_at_a_stop_string(
    stop: list[str], pieces: list[str], events: list[Event]
) -> None:
    outcome = play(call(stop=stop), answer(*pieces))
    assert outcome.events == events
    assert outcome.error is None


def test_a_stop_in_the_last_frame_beats_its_finish_reason() -> None:
    outcome = play(call(stop="。", max_tokens=169), answer("晴", "。"))
    assert outcome.events[-1] == replace(STOPPED, stop="。")


def test_at_a_stop_string_nothing_more_is_read() -> None:
    hand = Hand(call(stop="。")).receiving()
    assert hand.say(piece(0, "。")) == Emit((Finished("stop", None, SID, stop="。"),))
    assert hand.say() is None


def test_stop_strings_are_for_the_text_alone_and_what_was_held_is_told() -> None:
    raws = [piece(0, "", reasoning_content="想。"), piece(1, "晴"), last(2, "E")]
    outcome = play(call(model="x2", stop=["END", "。"]), raws)
    kinds = [type(event).__name__ for event in outcome.events]
    assert kinds == ["ReasoningDelta", "ContentDelta", "ContentDelta", "Finished"]
