"""Recordings that a bad line, proxy or service has changed, read by both clients.

Whatever is done to one, the outcome is the whole right answer, an answer whose deviations are
named, or a SparkError; a strict client knows the first and the last alone. What ends early or is
not UTF-8 or not JSON is always an error. Two things no client can see, since Spark's frames carry
no checksum: a letter that became another letter, for which TLS is there, and a lost frame of a
plugin, which has no number.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from typing import Any, NamedTuple, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark import (
    AsyncSparkClient,
    ChatResponse,
    Finished,
    ProtocolError,
    SparkClient,
    SparkError,
    StreamInterruptedError,
)
from iflytek_spark.protocol.events import Event
from iflytek_spark.transports.mock import MockScript
from tests._support.frames import SID, answer, function_call, last, piece, search
from tests.unit.protocol.flow_helpers import ME

PAGES = '[{"index":1,"url":"https://example.com","title":"题"}]'
RECORDINGS = {
    "text": answer("您", "好", "，世界🌍", "！", ""),
    "reasoning": [
        piece(0, reasoning_content="先想"),
        piece(1, reasoning_content="再说"),
        last(2, "答"),
    ],
    "tool call": [function_call("天气", '{"city":"合肥"}')],
    "citations": [search(PAGES), *answer("晴", "天", "。")],
}
STRANGER = [raw.replace(SID, "cht0@dx0") for raw in answer("别人", "的", "回答", "", "")]
NEVER_IN_JSON = st.sampled_from([*range(0x09), *range(0x0E, 0x20), 0xC0, 0xF8, 0xFF])
"""Bytes that are wrong wherever they stand in one of these frames."""

Frames: TypeAlias = list[bytes]
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
Damage: TypeAlias = Callable[[Draw, Frames], Frames]


class Outcome(NamedTuple):
    """What a caller saw of one call."""

    events: list[Event]
    response: ChatResponse | None
    error: type[SparkError] | None


def ask(frames: Frames, strict: bool = False) -> Outcome:
    """Read a recording with both clients, which see the same."""
    outcome = sync_outcome(frames, strict)
    assert asyncio.run(async_outcome(frames, strict)) == outcome
    return outcome


def sync_outcome(frames: Frames, strict: bool) -> Outcome:
    script = MockScript([frames])
    client = SparkClient(
        ME, max_retries=0, transport=script.sync, clock=script.clock, strict=strict
    )
    events: list[Event] = []
    try:
        with client.stream("你好") as stream:
            events.extend(stream)
            return Outcome(events, stream.response(), None)
    except SparkError as error:
        return Outcome(events, None, type(error))
    finally:
        assert not script.open


async def async_outcome(frames: Frames, strict: bool) -> Outcome:
    script = MockScript([frames])
    client = AsyncSparkClient(
        ME, max_retries=0, transport=script.aio, clock=script.clock, strict=strict
    )
    events: list[Event] = []
    try:
        async with client.stream("你好") as stream:
            async for event in stream:
                events += [event]
            return Outcome(events, await stream.response(), None)
    except SparkError as error:
        return Outcome(events, None, type(error))
    finally:
        assert not script.open


def place(draw: Draw, frames: Frames) -> int:
    where: int = draw(st.integers(0, len(frames) - 1))
    return where


def end_early(draw: Draw, frames: Frames) -> Frames:
    return frames[: place(draw, frames)]


def lose(draw: Draw, frames: Frames) -> Frames:
    lost = place(draw, frames)
    return frames[:lost] + frames[lost + 1 :]


def repeat(draw: Draw, frames: Frames) -> Frames:
    again = frames[place(draw, frames)]
    where = place(draw, frames)
    return [*frames[:where], again, *frames[where:]]


def reorder(draw: Draw, frames: Frames) -> Frames:
    mixed: Frames = draw(st.permutations(frames))
    return mixed


def shorten(draw: Draw, frames: Frames) -> Frames:
    where = place(draw, frames)
    kept = draw(st.integers(0, max(len(frames[where]) - 1, 0)))
    return [*frames[:where], frames[where][:kept], *frames[where + 1 :]]


def spoil(draw: Draw, frames: Frames) -> Frames:
    where = place(draw, frames)
    frame = frames[where] or b" "
    byte = draw(st.integers(0, len(frame) - 1))
    spoiled = frame[:byte] + bytes([draw(NEVER_IN_JSON)]) + frame[byte + 1 :]
    return [*frames[:where], spoiled, *frames[where + 1 :]]


def mix(draw: Draw, frames: Frames) -> Frames:
    """Let frames of another answer in, after the first of this one."""
    mixed = list(frames)
    for raw in draw(st.lists(st.sampled_from(STRANGER), min_size=1)):
        mixed.insert(draw(st.integers(1, len(mixed))), raw.encode())
    return mixed


ANY: tuple[Damage, ...] = (end_early, lose, repeat, reorder, shorten, spoil)
WITHOUT_NUMBERS: tuple[Damage, ...] = (end_early, shorten, spoil)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Frames]:
    """A recording after one to three damages, and perhaps mixed with another."""
    name = draw(st.sampled_from(sorted(RECORDINGS)))
    frames = [raw.encode() for raw in RECORDINGS[name]]
    kinds = WITHOUT_NUMBERS if name == "citations" else ANY
    for damage in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
        frames = damage(draw, frames) if frames else frames
    mixed = bool(frames) and draw(st.booleans())
    return name, mix(draw, frames) if mixed else frames


@given(damaged())
def test_a_damaged_recording_is_the_whole_answer_told_or_an_error(case: tuple[str, Frames]) -> None:
    name, frames = case
    whole = ask([raw.encode() for raw in RECORDINGS[name]])
    for strict in (True, False):
        outcome = ask(frames, strict)
        ends = [isinstance(event, Finished) for event in outcome.events]
        if outcome.response is None:
            assert not any(ends)
            continue
        assert outcome == whole or (outcome.response.deviations and not strict)
        assert ends == [False] * (len(ends) - 1) + [True]


LOSSES: tuple[Damage, ...] = (end_early, shorten, spoil)


@given(st.sampled_from(sorted(RECORDINGS)), st.sampled_from(LOSSES), st.data())
def test_a_loss_is_an_error(name: str, loss: Damage, data: st.DataObject) -> None:
    """An end before the last frame, half a frame, and bytes that are no JSON: never an answer."""
    frames = loss(data.draw, [raw.encode() for raw in RECORDINGS[name]])
    assert ask(frames).error in (StreamInterruptedError, ProtocolError)


UNFIT: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", 0, -1, 2.5, 10**40, "1", "x", [], {}, [None], [[]], {"x": 1}, True]
)
HARMLESS_KEYS = (
    "sid", "message", "seq", "index", "role", "question_tokens", "prompt_tokens",
    "completion_tokens", "total_tokens", "usage", "content_type",
)  # fmt: skip
"""Keys whose values are no part of what the caller reads as the answer."""


def holders(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a frame."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from holders(inner)


def deform(draw: Draw, raw: str) -> str:
    """Put an unfit value at a key that is no part of the answer, drop it, or add a field."""
    frame = json.loads(raw)
    holder = draw(st.sampled_from(list(holders(frame))))
    keys = [key for key in HARMLESS_KEYS if key in holder]
    match draw(st.sampled_from(["set", "drop", "add"])):
        case "set" if keys:
            holder[draw(st.sampled_from(keys))] = draw(UNFIT)
        case "drop" if keys:
            del holder[draw(st.sampled_from(keys))]
        case _:
            holder["x_new"] = draw(UNFIT)
    return json.dumps(frame)


@given(st.sampled_from(sorted(RECORDINGS)), st.data())
def test_a_deformed_recording_keeps_its_whole_text(name: str, data: st.DataObject) -> None:
    raws = list(RECORDINGS[name])
    whole = ask([raw.encode() for raw in raws]).response
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raws) - 1))
        raws[place] = deform(data.draw, raws[place])
    response = ask([raw.encode() for raw in raws]).response
    assert whole
    assert response
    assert (response.text, response.reasoning) == (whole.text, whole.reasoning)
    assert [call[1:] for call in map(astuple, response.tool_calls)] == [
        call[1:] for call in map(astuple, whole.tool_calls)
    ]
    assert response.citations == whole.citations
    told: dict[str, Any] = {"sid": whole.sid, "usage": whole.usage}
    told["tool_calls"] = whole.tool_calls
    assert response.deviations or replace(response, **told) == whole
    code = data.draw(st.sampled_from([10013, "10110", 11200.0, [10907], "abc"]))
    place = data.draw(st.integers(0, len(raws) - 1))
    frame = json.loads(raws[place])
    frame["header"]["code"] = code
    assert ask([raw.encode() for raw in [*raws[:place], json.dumps(frame)]]).error


@given(st.sampled_from(sorted(RECORDINGS)), st.data())
def test_any_byte_may_change_into_any_other(name: str, data: st.DataObject) -> None:
    """The text may differ then; but nothing ends twice, early or with a foreign exception."""
    frames = [raw.encode() for raw in RECORDINGS[name]]
    for _ in range(data.draw(st.integers(1, 8))):
        where = data.draw(st.integers(0, len(frames) - 1))
        byte = data.draw(st.integers(0, len(frames[where]) - 1))
        value = bytes([data.draw(st.integers(0, 255))])
        frames[where] = frames[where][:byte] + value + frames[where][byte + 1 :]
    outcome = ask(frames)
    ends = [isinstance(event, Finished) for event in outcome.events]
    assert ends.count(True) == (outcome.error is None)
    assert not any(ends[:-1])


def test_the_recordings_themselves_are_whole() -> None:
    text, thoughts, call, cited = (
        ask([raw.encode() for raw in RECORDINGS[name]]).response
        for name in ("text", "reasoning", "tool call", "citations")
    )
    assert text
    assert text.text == "您好，世界🌍！"
    assert thoughts
    assert thoughts.reasoning == "先想再说"
    assert call
    assert call.tool_calls[0].name == "天气"
    assert cited
    assert cited.citations[0].title == "题"
