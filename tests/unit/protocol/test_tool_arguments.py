"""Arguments are checked where the tool's schema has no form on the wire and went into words."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from iflytek_spark.messages import Tool, ToolCall
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.events import (
    ContentDelta,
    Event,
    Finished,
    ToolCallDelta,
)
from iflytek_spark.protocol.steps import Emit, Send
from iflytek_spark.protocol.tool_calls import is_own_id
from iflytek_spark.requests.build import build_request
from iflytek_spark.requests.options import ChatOptions
from tests._support.frames import CALL_ID, SID, USAGE, function_call, last, piece
from tests.unit.protocol.flow_helpers import Hand, Time, call, chat, play

TAG = Tool("tag", "", {"type": "object", "properties": {"tag": {"not": {"const": "A1"}}}})
"""The wire has no field for ``not``."""
PLAIN = Tool("plain", "", {"type": "object", "properties": {"tag": {"type": "string"}}})
WRONG, RIGHT = '{"tag": "A1"}', '{"tag": "a"}'
CALLED = Finished("tool_calls", USAGE, SID)
PROBLEM = "$.tag: 'A1' is what it must not be"


def asked(*tools: Tool, **options: Any) -> Hand:
    return Hand(call(tools=tools or (TAG, PLAIN), **options)).receiving()


def passed(name: str, arguments: str, problem: str = "") -> Emit:
    delta: Event = ToolCallDelta(ToolCall(CALL_ID, name, arguments, problem))
    return Emit((delta, CALLED))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("tag", RIGHT),
        ("tag", "{}"),
        ("tag", '{"tag": "a'),
        ("tag", "[1]"),
        ("plain", WRONG),
        ("nobody", WRONG),
    ],
)
def test_a_call_passes_that_breaks_no_schema_or_is_no_object(name: str, arguments: str) -> None:
    assert asked().say(function_call(name, arguments)) == passed(name, arguments)


def test_the_model_is_shown_once_what_is_wrong_and_may_put_it_right() -> None:
    hand = asked()
    hand.say(function_call("tag", WRONG))
    sent = hand.say()
    assert isinstance(sent, Send)
    question = json.loads(sent.data)["payload"]["message"]["text"][-1]["content"]
    assert question.startswith("你好\n\n")
    assert all(part in question for part in ("tag", WRONG, PROBLEM))
    assert hand.receiving().say(function_call("tag", RIGHT)) == passed("tag", RIGHT)
    assert hand.say() is None


def test_a_second_wrong_call_is_passed_on_and_says_why_it_must_not_be_run() -> None:
    hand = asked()
    hand.say(function_call("tag", WRONG))
    words = f"the arguments do not fit the tool's schema: {PROBLEM}"
    assert hand.receiving().say(function_call("tag", WRONG)) == passed("tag", WRONG, words)
    assert hand.say() is None


def test_what_was_passed_on_is_not_taken_back() -> None:
    hand = asked()
    assert hand.say(piece(0, "好的", status=0)) == Emit((ContentDelta("好的"),))
    hand.say()
    wrong = hand.say(last(1, "", function_call={"name": "tag", "arguments": WRONG}))
    assert isinstance(wrong, Emit)
    assert isinstance(wrong.events[0], ToolCallDelta)
    assert PROBLEM in wrong.events[0].call.problem


def test_a_schema_without_end_stops_no_call_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    endless = Tool("tag", "", {"type": "object", "allOf": [{"$ref": "#"}]})
    with caplog.at_level(logging.WARNING, "iflytek_spark"):
        assert asked(endless).say(function_call("tag", RIGHT)) == passed("tag", RIGHT)
    assert "'tag' were not checked" in caplog.text
    assert RIGHT not in caplog.text


def test_an_answer_without_sid_names_its_call_by_the_conversation() -> None:
    wordless = function_call("plain", RIGHT).replace(SID, "")
    options = ChatOptions(tools=[PLAIN])
    ids = []
    for question in ("你好", "再见", "你好"):
        request = build_request(find_model("4.0Ultra"), question, options)
        (called, _) = play(chat(request, Time().clock), [wordless]).events
        assert isinstance(called, ToolCallDelta)
        ids.append(called.call.id)
    assert ids[0] == ids[2] != ids[1]
    assert re.fullmatch("call_[a-z0-9]+", ids[0])


def test_an_id_of_the_service_is_kept_where_any_service_takes_it() -> None:
    assert [is_own_id(each) for each in ("call_a-1", "a" * 40)] == [True, True]
    assert [is_own_id(each) for each in ("", "call_a@b", "a" * 41)] == [False, False, False]
