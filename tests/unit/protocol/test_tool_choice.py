"""A tool call that is required: offered alone, asked for in words, once more, then an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iflytek_spark.errors import InvalidRequestError, ToolNotCalledError
from iflytek_spark.messages import Tool, ToolCall
from iflytek_spark.protocol.events import Finished, ReasoningDelta, ToolCallDelta
from iflytek_spark.protocol.steps import Connect, Emit, Receive, Send, Sleep
from tests._support.frames import (
    CALL_ID,
    SID,
    USAGE,
    answer,
    error,
    function_call,
    last,
    piece,
    search,
)
from tests.unit.protocol.flow_helpers import Hand, call

WEATHER, TIME = Tool("weather", "今天的天气"), Tool("time", "现在几点")
CALL = (
    ToolCallDelta(ToolCall(CALL_ID, "weather", "{}")),
    Finished("tool_calls", USAGE, SID),
)


def forced(choice: str = "weather", **options: Any) -> Hand:
    return Hand(call(tools=[WEATHER, TIME], tool_choice=choice, **options))


def sent(hand: Hand) -> dict[str, Any]:
    """Go on from Connect to the request."""
    assert isinstance(hand.step, Connect)
    step = hand.say()
    assert isinstance(step, Send)
    payload: dict[str, Any] = json.loads(step.data)["payload"]
    return payload


def question(payload: dict[str, Any]) -> str:
    return str(payload["message"]["text"][-1]["content"])


@pytest.mark.parametrize(
    ("choice", "offered"),
    [
        ("auto", ["weather", "time"]),
        ("required", ["weather", "time"]),
        ("time", ["time"]),
        ("none", []),
    ],
)
def test_only_what_may_be_called_is_offered(choice: str, offered: list[str]) -> None:
    payload = sent(forced(choice))
    assert [tool["name"] for tool in payload.get("functions", {}).get("text", [])] == offered
    asked = question(payload)
    assert (asked == "你好") is (choice in ("auto", "none"))
    if choice in ("required", "time"):
        assert asked.startswith("你好\n\n")
        assert all(name in asked for name in offered)


@pytest.mark.parametrize(("tools", "there"), [([WEATHER], "weather"), ([], "no tool")])
def test_the_choice_of_a_tool_that_is_not_there_is_refused(tools: list[Tool], there: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"'zeit', but there is {there}"):
        call(tools=tools, tool_choice="zeit")


def test_a_call_at_once_is_not_asked_for_again() -> None:
    hand = forced().receiving()
    assert hand.say(function_call("weather", "{}")) == Emit(CALL)
    assert hand.say() is None


@pytest.mark.parametrize(
    "refusals",
    [answer("今天晴", "。"), [last(0, "好的")], [piece(0, " "), piece(1, "好")], [last(0, " ")]],
)
def test_text_is_answered_by_asking_once_more_in_stronger_words(refusals: list[str]) -> None:
    hand = forced()
    first = question(sent(hand))
    hand.receiving()
    for raw in refusals:
        if not isinstance(hand.step, Receive):
            break
        hand.say(raw)
    payload = sent(hand)
    assert question(payload).startswith("你好\n\n")
    assert question(payload) != first
    assert [tool["name"] for tool in payload["functions"]["text"]] == ["weather"]
    hand.receiving()
    assert hand.say(function_call("weather", "{}")) == Emit(CALL)


def test_text_twice_is_an_error() -> None:
    hand = forced().receiving()
    hand.say(last(0, "今天晴"))
    hand.receiving()
    with pytest.raises(ToolNotCalledError, match="a tool call was required") as caught:
        hand.say(last(0, "今天晴"))
    assert not caught.value.retryable


def test_a_failure_between_does_not_forget_that_it_was_asked_again() -> None:
    hand = forced()
    sent(hand)
    hand.receiving()
    hand.say(last(0, "今天晴"))
    stronger = question(sent(hand))
    hand.receiving()
    assert isinstance(hand.say(error(10110, "busy")), Sleep)
    hand.say()
    assert question(sent(hand)) == stronger
    hand.receiving()
    with pytest.raises(ToolNotCalledError):
        hand.say(last(0, "今天晴"))


def test_after_the_first_event_it_is_too_late_to_ask_again() -> None:
    hand = forced().receiving()
    assert hand.say(piece(0, reasoning_content="想")) == Emit((ReasoningDelta("想"),))
    hand.say()
    with pytest.raises(ToolNotCalledError):
        hand.say(last(1, "今天晴"))


def test_what_a_search_found_is_no_reason_not_to_ask_again() -> None:
    hand = forced(web_search=True).receiving()
    assert hand.say(search("[]")) == Receive(60)
    assert isinstance(hand.say(last(0, "今天晴")), Connect)


def test_a_call_in_markup_satisfies_the_choice() -> None:
    hand = forced().receiving()
    assert hand.say(piece(0, "<function=")) == Receive(60)
    assert hand.say(last(1, "weather></function>")) == Emit(CALL)


@pytest.mark.parametrize("kind", ["json_object", "text"])
def test_a_required_call_is_asked_for_alone_whatever_the_text_should_be(kind: str) -> None:
    """The two wishes contradict each other: a call is no text."""
    both = forced(response_format={"type": kind})
    assert question(sent(both)) == question(sent(forced()))
    both.receiving()
    assert both.say(function_call("weather", "{}")) == Emit(CALL)


def test_json_alone_is_asked_for_and_unwrapped() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"schema": schema}}
    hand = Hand(call(response_format=wanted))
    assert json.dumps(schema) in question(sent(hand))
    hand.receiving()
    assert hand.say(piece(0, "```json\n")) == Receive(60)
    step = hand.say(last(1, '{"n": 1}\n```'))
    assert isinstance(step, Emit)
    assert [getattr(event, "text", "") for event in step.events] == ['{"n": 1}', ""]
