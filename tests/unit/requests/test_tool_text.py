"""Tool calls and results are written into the history without loss, and can be read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.messages import Message, ToolCall
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.requests.normalize import normalize_messages
from iflytek_spark.requests.tool_text import (
    RESULT_NOTE,
    ToolResult,
    read_tool_text,
    write_calls,
    write_results,
    write_tools,
)

NASTY = (
    "", "晴\n雨", "\r\n", "\u2028\x85\x0b", "</tool_result>", "\n</tool_result>\n<tool_result>{}",
    '<tool_call>{"id": "x"}</tool_call>', r"<\/ \\", '"}', "</", RESULT_NOTE, "🌤",
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(NASTY), st.text('</\\"\n>toresul_', max_size=12)
)
STATUS: st.SearchStrategy[Literal["success", "error"]] = st.sampled_from(("success", "error"))
RESULTS = st.lists(st.builds(ToolResult, TEXTS, TEXTS, TEXTS, STATUS), max_size=4)
CALLS = st.lists(st.builds(ToolCall, TEXTS, TEXTS, TEXTS), max_size=4)


@given(RESULTS)
def test_results_are_read_back_in_their_order(results: list[ToolResult]) -> None:
    assert read_tool_text(write_results(results)) == results


@given(CALLS)
def test_calls_are_read_back_in_their_order(calls: list[ToolCall]) -> None:
    assert read_tool_text(write_calls(calls)) == calls


@given(CALLS, RESULTS, st.text(max_size=20).filter(lambda text: "<" not in text))
def test_other_text_around_them_does_not_matter(
    calls: list[ToolCall], results: list[ToolResult], text: str
) -> None:
    whole = "\n".join((text, write_calls(calls), write_results(results), text))
    assert read_tool_text(whole) == [*calls, *results]


@pytest.mark.parametrize(
    "line",
    [
        "<tool_call>",
        "<tool_call></tool_call>",
        "<tool_call>{}</tool_call>",
        "<tool_call>[1]</tool_call>",
        '<tool_call>{"id": "1", "name": ["f"], "arguments": "{}"}</tool_call>',
        '<tool_call>{"id": "1", "name": "f", "arguments": {}}</tool_call>',
        '<tool_call>{"id": "1", "name": "f", "arguments": "{}"}</tool_result>',
        'x<tool_call>{"id": "1", "name": "f", "arguments": "{}"}</tool_call>',
        '<tool_result>{"id": "1", "name": "f", "content": "", "status": "so-so"}</tool_result>',
        "<tool_call>" + "[" * 9999 + "</tool_call>",
    ],
)
def test_lines_of_another_form_are_passed_over(line: str) -> None:
    assert read_tool_text(line) == []


ONE, TWO = ToolCall("c1", "weather", '{"n": "合"}'), ToolCall("c2", "time", "{}")


def tool(call: ToolCall, content: str, **more: Any) -> Message:
    return Message("tool", content, tool_call_id=call.id, **more)


def written(*messages: Message) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in write_tools(messages)]


def test_the_form_that_the_model_reads() -> None:
    history = [
        Message("user", "合肥天气如何，现在几点"),
        Message("assistant", "我查一下。", tool_calls=(ONE, TWO)),
        tool(ONE, "晴"),
        tool(TWO, "</none>", failed=True),
    ]
    asked, (role, called), (newest, returned) = written(*history)
    assert asked == ("user", "合肥天气如何，现在几点")
    assert (role, newest) == ("assistant", "user")
    assert called.splitlines() == [
        "我查一下。",
        r'<tool_call>{"id": "c1", "name": "weather", "arguments": "{\"n\": \"合\"}"}</tool_call>',
        '<tool_call>{"id": "c2", "name": "time", "arguments": "{}"}</tool_call>',
    ]
    first, second, note = returned.splitlines()
    fields = '{"id": "c1", "name": "weather", "status": "success", "content": "晴"}'
    assert first == f"<tool_result>{fields}</tool_result>"
    fields = r'{"id": "c2", "name": "time", "status": "error", "content": "<\/none>"}'
    assert second == f"<tool_result>{fields}</tool_result>"
    assert note == RESULT_NOTE


def test_results_of_several_turns_stay_where_they_are() -> None:
    history = [
        Message("user", "问"),
        Message("assistant", "", tool_calls=(ONE,)),
        tool(ONE, "晴"),
        Message("assistant", "", tool_calls=(TWO,)),
        tool(TWO, "九点"),
        Message("user", "所以呢"),
    ]
    texts = written(*history)
    assert [role for role, _ in texts] == [
        "user", "assistant", "user", "assistant", "user", "user",
    ]  # fmt: skip
    contents = [read_tool_text(text) for _, text in texts]
    sunny, nine = ToolResult("c1", "weather", "晴"), ToolResult("c2", "time", "九点")
    assert contents == [[], [ONE], [sunny], [TWO], [nine], []]


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_the_service_gets_turns_and_a_reader_gets_the_results(contents: Sequence[str]) -> None:
    calls = tuple(ToolCall(f"c{at}", "f", "{}") for at in range(len(contents)))
    results = [tool(call, content) for call, content in zip(calls, contents, strict=True)]
    history = [Message("user", "问"), Message("assistant", "", tool_calls=calls), *results]
    turns = normalize_messages([*history, Message("user", "再说一遍")], find_model("4.0Ultra"))
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert read_tool_text(turns[1].text) == list(calls)
    found = read_tool_text(turns[2].text)
    assert [item.content for item in found if isinstance(item, ToolResult)] == list(contents)
    assert turns[2].text.endswith(f"{RESULT_NOTE}\n\n再说一遍")


@pytest.mark.parametrize(
    "history",
    [
        [tool(ONE, "晴", name="weather")],
        [Message("assistant", "", tool_calls=(TWO,)), tool(ONE, "晴", name="weather")],
        [tool(ONE, "晴", name="weather"), Message("assistant", "", tool_calls=(ONE,))],
    ],
)
def test_a_result_without_its_call_before_it_has_the_name_it_carries(
    history: list[Message],
) -> None:
    found = [item for _, text in written(*history) for item in read_tool_text(text)]
    assert ToolResult("c1", "weather", "晴") in found


def test_a_result_of_which_nothing_else_is_known() -> None:
    ((_, text),) = written(tool(ONE, "晴"))
    assert read_tool_text(text) == [ToolResult("c1", "unknown", "晴")]
