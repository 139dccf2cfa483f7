"""What is taken out of an answer or recognised in it, however it is cut into pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import ToolNotCalledError
from iflytek_spark.messages import Tool, ToolCall, Usage
from iflytek_spark.protocol.events import (
    ContentDelta,
    Event,
    Events,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.protocol.filters import Filter
from iflytek_spark.protocol.filters.code_fence import CodeFenceFilter
from iflytek_spark.protocol.filters.stop import StopFilter
from iflytek_spark.protocol.filters.tool_call import RequireToolCall
from iflytek_spark.protocol.filters.tool_markup import ToolMarkupFilter
from iflytek_spark.requests.tool_text import write_calls
from tests._support.frames import CALL_ID, SID, USAGE

END = Finished("stop", USAGE, SID)
TOOLS = (Tool("weather", ""), Tool("天气查询", ""))
CALLED = Finished("tool_calls", USAGE, SID)


def stopped(usage: Usage | None) -> Finished:
    return Finished("stop", usage, SID)


def markup() -> ToolMarkupFilter:
    return ToolMarkupFilter(TOOLS, lambda: SID)


def frames(pieces: Iterable[str], end: Finished = END, *, apart: bool = True) -> list[Events]:
    """One frame a piece; the end has a frame of its own, or comes with the last piece."""
    said: list[Events] = [(ContentDelta(piece),) for piece in pieces if piece]
    if apart or not said:
        return [*said, (end,)]
    return [*said[:-1], (*said[-1], end)]


def passed(through: Filter, given_frames: Iterable[Events]) -> list[Event]:
    return [event for events in given_frames for event in through(events)]


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, ContentDelta))


def cut(text: str, places: Iterable[int]) -> list[str]:
    borders = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(borders)]


PLACES = st.lists(st.integers(min_value=0, max_value=500), max_size=6)
CITY = '{"city": "合肥"}'
MARKUP = [
    ("<function=weather></function>", "weather", "{}"),
    ("function=weather></function>", "weather", "{}"),
    ("function=天气查询>", "天气查询", "{}"),
    (f"\n <function=weather>\n{CITY}\n</function>\n", "weather", CITY),
    (f"<function=weather>{CITY}", "weather", CITY),
    ('<function=weather>{"city": }</function>', "weather", '{"city": }'),
    (f'<tool_call>{{"name": "weather", "arguments": {CITY}}}</tool_call>', "weather", CITY),
    (f'\n<tool_call>\n{{"name": "天气查询", "arguments": {CITY}}}\n</tool_call>', "天气查询", CITY),
    ('<tool_call>{"name": "weather"}</tool_call>', "weather", "{}"),
    (write_calls([ToolCall("old", "weather", CITY)]), "weather", CITY),
    (
        write_calls([ToolCall("a", "weather", CITY), ToolCall("b", "天气查询", "{}")]),
        "weather",
        CITY,
    ),
    (f'{{"name": "weather", "arguments": {CITY}}}', "weather", CITY),
    (f'\n[ {{ "function": {{"name":"天气查询","arguments":{CITY}}}}}]', "天气查询", CITY),
    (
        f'{{"type": "function", "function": {{"name": "weather", "arguments": {CITY}}}}}',
        "weather",
        CITY,
    ),
    (f'{{"id":"call_1","name":"weather","arguments":{json.dumps(CITY)}}}', "weather", CITY),
    (f'{{"tool_calls": [{{"name": "weather", "arguments": {CITY}}}]}}', "weather", CITY),
]


@pytest.mark.parametrize(("text", "name", "arguments"), MARKUP)
@given(places=PLACES, apart=st.booleans())
def test_a_call_in_markup_is_a_call(
    text: str, name: str, arguments: str, places: list[int], apart: bool
) -> None:
    events = passed(markup(), frames(cut(text, places), apart=apart))
    assert events == [ToolCallDelta(ToolCall(CALL_ID, name, arguments)), CALLED]


NO_CALL = [
    "<function=wether></function>",
    "<function=weather",
    "<function=weather>in Hefei</function>",
    "function= weather></function>",
    "function=weather> is how it is written",
    "f",
    "<tool_call>",
    '<tool_call>{"name": "weather"}',
    '<tool_call>{"name": "unknown", "arguments": {}}</tool_call>',
    '<tool_call>{"name": ["weather"], "arguments": {}}</tool_call>',
    '<tool_call>{"name": "weather", "arguments": [1]}</tool_call>',
    '<tool_call>{"arguments": "{}"}</tool_call>',
    "<tool_call>[]</tool_call>",
    "<tool_call>" + "[" * 9999 + "</tool_call>",
    "<tool_calls are written so",
    "The weather is fine. <function=weather></function>",
    "  \n",
    "{",
    '[{"name": "weather"',
    '{"name": "wether", "arguments": {}}',
    '{"name": "weather", "arguments": {}} is how it is written',
    '{"name": "weather", "arguments": [1]}',
    '{"type": "function", "function": ["weather"]}',
    '[{"name": "weather", "arguments": {}}, {"name": "wether"}]',
    '{"tool_calls": []}',
]


@pytest.mark.parametrize("text", NO_CALL)
@given(places=PLACES, apart=st.booleans())
def test_any_other_text_stays_text(text: str, places: list[int], apart: bool) -> None:
    events = passed(markup(), frames(cut(text, places), apart=apart))
    assert text_of(events) == text
    assert events[-1] == END


@given(st.text(alphabet='<>/=_funcitolal {}"天气', max_size=40), PLACES, st.booleans())
def test_nothing_is_ever_lost(text: str, places: list[int], apart: bool) -> None:
    events = passed(markup(), frames(cut(text, places), apart=apart))
    calls = [event for event in events if isinstance(event, ToolCallDelta)]
    assert calls or text_of(events) == text
    assert isinstance(events[-1], Finished)


def test_text_that_is_no_markup_is_passed_on_at_once() -> None:
    through = markup()
    assert through((ContentDelta("晴"),)) == (ContentDelta("晴"),)
    assert through((ContentDelta("<tool_call>"),)) == (ContentDelta("<tool_call>"),)


@pytest.mark.parametrize("text", ['{"city": "合肥"}', '{"name": "Bob"}', "[1, 2]", "[晴]"])
def test_json_that_calls_nothing_is_passed_on_at_once(text: str) -> None:
    through = markup()
    assert through((ContentDelta(text[:12]),)) == (ContentDelta(text[:12]),)


def test_all_calls_of_a_json_text_are_calls() -> None:
    text = '[{"name": "weather", "arguments": {}}, {"function": {"name": "天气查询"}}]'
    events = markup()((ContentDelta(text), END))
    calls = [event for event in events if isinstance(event, ToolCallDelta)]
    assert [(call.call.name, call.index) for call in calls] == [("weather", 0), ("天气查询", 1)]
    assert len({call.call.id for call in calls}) == 2
    assert events[-1] == CALLED


def test_what_is_no_text_is_passed_on() -> None:
    call = ToolCallDelta(ToolCall("c", "weather", "{}"))
    events = (ReasoningDelta("想"), call, CALLED)
    assert markup()(events) == events


@pytest.mark.parametrize(
    "events",
    [
        (ContentDelta("晴"),),
        (ReasoningDelta("想"), ContentDelta("晴"), CALLED),
        (END,),
        (ContentDelta(" "), END),
    ],
)
def test_an_answer_without_the_call_is_refused(events: Events) -> None:
    with pytest.raises(ToolNotCalledError, match="answered in text"):
        RequireToolCall()(events)


def test_a_call_is_not_refused_and_blanks_beside_it_are_dropped() -> None:
    call = ToolCallDelta(ToolCall("c", "weather", "{}"))
    assert RequireToolCall()((ReasoningDelta("想"),)) == (ReasoningDelta("想"),)
    assert RequireToolCall()((ContentDelta("\n"), call, CALLED)) == (call, CALLED)


OBJECTS = st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3)
FENCES = [
    ("", ""),
    ("```json\n", "\n```"),
    ("```JSON\n", "\n```\n"),
    ("```\n", "```"),
    ("\n ```json5 \n", "\n``` \n"),
    ("```json", "```"),
    ("```json\n", ""),
]


@pytest.mark.parametrize(("opening", "closing"), FENCES)
@given(value=OBJECTS, places=PLACES, apart=st.booleans())
def test_a_fence_is_taken_off(
    opening: str, closing: str, value: dict[str, str], places: list[int], apart: bool
) -> None:
    inner = json.dumps(value, ensure_ascii=False)
    pieces = cut(f"{opening}{inner}{closing}", places)
    events = passed(CodeFenceFilter(), frames(pieces, apart=apart))
    assert text_of(events) == inner
    assert events[-1] == END


@pytest.mark.parametrize(
    "text", ["`", "```", "```json", "no", "`x` and ``y``", "晴 `", "``\n{}\n``"]
)
@given(places=PLACES)
def test_without_a_whole_fence_nothing_is_taken(text: str, places: list[int]) -> None:
    assert text_of(passed(CodeFenceFilter(), frames(cut(text, places)))) == text


def test_a_blank_answer_has_no_fence_and_other_events_pass() -> None:
    events = passed(CodeFenceFilter(), [(ReasoningDelta("想"),), *frames([" ", "\n"])])
    assert events == [ReasoningDelta("想"), END]


@pytest.mark.parametrize(
    ("frame_list", "expected"),
    [
        ([(ContentDelta("晴。"),)], [ContentDelta("晴"), Finished("stop", None, SID, stop="。")]),
        ([(ContentDelta("晴。雨"), END)], [ContentDelta("晴"), replace(END, stop="。")]),
        ([(ContentDelta("晴"),), (END,)], [ContentDelta("晴"), END]),
        ([(ReasoningDelta("想。"),), (END,)], [ReasoningDelta("想。"), END]),
    ],
)
def test_stop_strings_end_the_events(
    frame_list: Sequence[Events], expected: Sequence[Event]
) -> None:
    assert passed(StopFilter(["。"], stopped), frame_list) == expected


def test_what_might_have_been_a_stop_string_is_told_at_the_end() -> None:
    through = StopFilter(["雨。"], stopped)
    assert through((ContentDelta("雨"),)) == ()
    assert through((END,)) == (ContentDelta("雨"), END)
