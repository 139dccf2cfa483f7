"""What the frames of an answer mean: its events, its order, its end."""

from __future__ import annotations

import json

import pytest

from iflytek_spark.errors import (
    ContentFilterError,
    EmptyResponseError,
    PermissionDeniedError,
    SparkError,
)
from iflytek_spark.messages import Citation, PluginResult, ToolCall, Usage
from iflytek_spark.protocol.chat import ChatProtocol
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.protocol.wire.chat_client import decode_frame
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

STOPPED = Finished("stop", USAGE, SID)


def run(*raws: str, max_tokens: int | None = None) -> list[Event]:
    protocol = ChatProtocol(max_tokens)
    noted = protocol.deviations
    return [event for raw in raws for event in protocol.receive(decode_frame(raw, noted))]


def fail(*raws: str) -> SparkError:
    with pytest.raises(SparkError) as caught:
        run(*raws)
    return caught.value


def test_an_answer_in_pieces() -> None:
    events = run(*answer("您", "好", ""))
    assert events == [ContentDelta("您"), ContentDelta("好"), STOPPED]


def test_the_last_frame_may_carry_text() -> None:
    assert run(*answer("您好", "！")) == [ContentDelta("您好"), ContentDelta("！"), STOPPED]


def test_an_answer_in_one_frame() -> None:
    assert run(last(0, "您好")) == [ContentDelta("您好"), STOPPED]


def test_thoughts_come_before_the_answer() -> None:
    raws = piece(0, reasoning_content="先"), piece(1, reasoning_content="想"), last(2, "答")
    assert run(*raws) == [ReasoningDelta("先"), ReasoningDelta("想"), ContentDelta("答"), STOPPED]


def test_one_frame_may_carry_thoughts_and_text() -> None:
    assert run(last(0, "答", reasoning_content="想"))[:2] == [
        ReasoningDelta("想"), ContentDelta("答")
    ]  # fmt: skip


def test_a_tool_call_gets_an_id_of_ours() -> None:
    call, end = run(function_call("天气", '{"城市":"合肥"}'))
    assert call == ToolCallDelta(ToolCall(CALL_ID, "天气", '{"城市":"合肥"}'))
    assert end == Finished("tool_calls", USAGE, SID)


def test_thoughts_alone_are_an_answer() -> None:
    assert run(last(0, reasoning_content="想")) == [ReasoningDelta("想"), STOPPED]


@pytest.mark.parametrize(
    "raws",
    [
        (last(0),),
        (piece(0), piece(1), last(2)),
        (search("[]"), last(0)),
        (error(0, "Success"),),
    ],
)
def test_a_whole_answer_without_content_is_an_error(raws: tuple[str, ...]) -> None:
    failure = fail(*raws)
    assert type(failure) is EmptyResponseError
    assert failure.sid == SID
    assert failure.retryable


@pytest.mark.parametrize(
    ("max_tokens", "used", "reason"),
    [(None, 169, "stop"), (170, 169, "stop"), (169, 169, "length"), (100, 169, "length")],
)
def test_an_answer_as_long_as_allowed_was_cut(
    max_tokens: int | None, used: int, reason: str
) -> None:
    (*_, end) = run(last(0, "长", usage=Usage(1, used, used + 1)), max_tokens=max_tokens)
    assert isinstance(end, Finished)
    assert end.finish_reason == reason


def test_without_token_counts_an_answer_is_whole() -> None:
    assert run(last(0, "好", usage=None), max_tokens=1)[-1] == Finished(
        "stop", None, SID, ("usage_missing",)
    )


@pytest.mark.parametrize(
    ("numbers", "deviations"),
    [
        ((0, 1, 2, 3), ()),
        ((0, 0, 0, 0), ("seq_repeated",)),
        ((None, None, None), ("seq_missing",)),
        ((None, 1, 2), ("seq_missing",)),
        ((0, None, 2), ("seq_missing",)),
        ((0, None, None, 5), ("seq_missing",)),
        ((0, 2), ("seq_gap",)),
        ((0, 1, 0), ("seq_back",)),
        ((0, 2, 1), ("seq_gap", "seq_back")),
        ((1, 0), ("seq_start", "seq_back")),
        ((0, 0, 1), ("seq_repeated",)),
        ((1, 2), ("seq_start",)),
        ((3,), ("seq_start",)),
        ((0, -1, 0), ("seq_back",)),
    ],
)
def test_whatever_the_numbers_are_no_piece_is_lost(
    numbers: tuple[int | None, ...], deviations: tuple[str, ...]
) -> None:
    """The first piece has no status of a first one, so that none looks like the same frame."""
    *texts, end = run(*(piece(seq, "字") for seq in numbers[:-1]), last(numbers[-1], "字"))
    assert texts == [ContentDelta("字")] * len(numbers)
    assert end == Finished("stop", USAGE, SID, deviations)


def test_a_frame_that_comes_twice_counts_once() -> None:
    first, second, end = answer("您", "好", "！")
    for raws in ([first, first, second, end], [first, second, second, second, end]):
        (*texts, finished) = run(*raws)
        assert texts == [ContentDelta("您"), ContentDelta("好"), ContentDelta("！")]
        assert finished == Finished("stop", USAGE, SID, ("frame_repeated",))


def test_a_plugins_frame_may_take_a_number() -> None:
    events = run(search("[]"), piece(1, "字"), last(2, "尾"))
    assert events[-1] == STOPPED
    events = run(piece(0, "字"), search("[]"), last(2, "尾"))
    assert events[-1] == STOPPED


PAGES = [
    {"index": 1, "url": "https://example.com/a", "title": "晴"},
    {"index": 2, "url": "b", "title": ""},
]


def test_pages_found_come_before_the_answer() -> None:
    raw = json.dumps(PAGES)
    found, *_ = run(search(raw), last(0, "晴"))
    assert found == Citations(
        (Citation(1, "https://example.com/a", "晴"), Citation(2, "b", "")),
        PluginResult("ifly_search", raw),
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "5",
        "{}",
        '{"index":1}',
        "[5]",
        "[null]",
        '[{"index":1}]',
        '[{"index":"one","url":"u","title":"t"}]',
        '[{"index":1e999,"url":"u","title":"t"}]',
        '[{"index":null,"url":"u","title":"t"}]',
        "[" * 100_000,
        "晴",
    ],
    ids=lambda content: content[:40],
)
def test_what_another_plugin_says_is_kept_as_it_came(content: str) -> None:
    found, *_ = run(search(content, name="weather"), last(0, "晴"))
    assert found == Citations((), PluginResult("weather", content))


def test_an_error_frame_in_the_middle() -> None:
    failure = fail(piece(0, "一"), error(10014, "output audit", sid="cht2"))
    assert type(failure) is ContentFilterError
    assert (failure.code, failure.sid) == (10014, "cht2")
    assert "output audit" in failure.message


def test_an_error_frame_without_a_sid_is_known_by_the_earlier_one() -> None:
    assert fail(piece(0, "一"), error(10110, "busy", sid="")).sid == SID


def test_a_warning_after_the_text_ends_the_answer_as_filtered() -> None:
    events = run(piece(0, "一"), error(10019, "suspected"))
    assert events == [ContentDelta("一"), Finished("content_filter", None, SID)]


@pytest.mark.parametrize(
    "raws",
    [
        (),
        (piece(0, reasoning_content="想"),),
        (search("[]"),),
        (last(0, "一"),),
    ],
)
def test_a_warning_without_a_running_text_is_an_error(raws: tuple[str, ...]) -> None:
    failure = fail(*raws, error(10019, "suspected"))
    assert type(failure) is ContentFilterError
    assert failure.code == 10019


def test_a_refused_app() -> None:
    failure = fail(error(11200, "AppIdNoAuthError:(1) tokens.total"))
    assert type(failure) is PermissionDeniedError
    assert (failure.code, failure.sid) == (11200, SID)
