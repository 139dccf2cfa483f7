"""Events add up to a response."""

from __future__ import annotations

import pytest

from iflytek_spark.errors import StreamInterruptedError
from iflytek_spark.messages import ChatResponse, Citation, PluginResult, ToolCall
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.protocol.response import ResponseBuilder
from tests._support.frames import SID, USAGE

STOPPED = Finished("stop", USAGE, SID)


def build(*events: Event) -> ChatResponse:
    builder = ResponseBuilder("4.0Ultra")
    for event in events:
        builder.add(event)
    return builder.build()


def test_events_add_up_to_a_response() -> None:
    page = Citation(1, "u", "t")
    response = build(
        Citations((page,), PluginResult("ifly_search", "[]")),
        ReasoningDelta("先"),
        ReasoningDelta("想"),
        ContentDelta("您"),
        ContentDelta("好"),
        STOPPED,
    )
    assert (response.text, response.reasoning) == ("您好", "先想")
    assert (response.citations, response.tool_calls) == ((page,), ())
    assert (response.usage, response.finish_reason) == (USAGE, "stop")
    assert (response.sid, response.model) == (SID, "4.0Ultra")


def test_a_response_holds_the_tool_call() -> None:
    call = ToolCall("call_1", "天气", "{}")
    response = build(ToolCallDelta(call), Finished("tool_calls", USAGE, SID))
    assert response.tool_calls == (call,)
    assert response.text == ""


def test_half_an_answer_is_no_response() -> None:
    with pytest.raises(StreamInterruptedError):
        build(ContentDelta("您"))


def test_what_has_come_of_an_answer_that_is_not_whole() -> None:
    builder = ResponseBuilder("4.0Ultra")
    assert builder.received() == ""
    call = ToolCall("call_1", "weather", '{"city": "合肥"}')
    for event in (
        ContentDelta("您"),
        ReasoningDelta("想"),
        ContentDelta("好"),
        ToolCallDelta(call),
    ):
        builder.add(event)
    assert builder.received() == '想您好{"city": "合肥"}'
