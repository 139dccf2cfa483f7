"""Whatever a network does to a recording, it is the whole answer or an error, never a part.

A connection neither loses frames nor changes their order; what only a service could do is named in
the answer, and a strict client refuses it.
"""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import ContentFilterError, ProtocolError, StreamInterruptedError
from iflytek_spark.protocol.events import Event, Finished
from iflytek_spark.protocol.reading import Reading
from tests._support.frames import SID, answer, error, function_call, last, piece, search
from tests.unit.protocol.flow_helpers import Outcome, call, play

RECORDINGS = {
    "text": answer("您", "好", "，世界", "！", ""),
    "one frame": [last(0, "您好")],
    "two frames": answer("您好", "！"),
    "search": [search('[{"index":1,"url":"u","title":"t"}]'), *answer("晴", "天")],
    "thoughts": [piece(0, reasoning_content="先"), piece(1, reasoning_content="想"), last(2, "答")],
    "call": [function_call("天气", "{}")],
    "refused": [error(11200, "no")],
    "stopped": [piece(0, "一"), error(10014, "audit")],
    "warned": [piece(0, "一"), piece(1, "二"), error(10019, "suspected")],
}
COMPLETE = ("text", "one frame", "two frames", "thoughts", "call")


def whole(name: str) -> list[Event]:
    return play(call(max_retries=0), RECORDINGS[name]).events


def ended(outcome: Outcome) -> Finished:
    end = outcome.events[-1]
    assert isinstance(end, Finished)
    return end


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A recording whose frames are cut, lost, repeated and in any order."""
    name = draw(st.sampled_from(COMPLETE))
    raws = RECORDINGS[name]
    order = draw(st.lists(st.integers(0, len(raws) - 1), max_size=len(raws) + 3))
    return name, [raws[index] for index in order]


@given(damaged())
def test_a_damaged_recording_is_the_whole_answer_or_an_error(damage: tuple[str, list[str]]) -> None:
    name, raws = damage
    for reading in (Reading(), Reading(strict=True)):
        outcome = play(call(max_retries=0, reading=reading), raws)
        finished = [event for event in outcome.events if isinstance(event, Finished)]
        if outcome.error is None:
            assert outcome.events == whole(name) or finished[0].deviations
            assert finished == outcome.events[-1:]
            assert not (reading.strict and finished[0].deviations)
        else:
            assert finished == []


@given(st.sampled_from(list(RECORDINGS)), st.integers(0, 10))
def test_a_cut_recording_tells_a_beginning_and_then_an_error(name: str, kept: int) -> None:
    raws = RECORDINGS[name][:kept]
    outcome = play(call(max_retries=0), raws)
    events = whole(name)
    assert outcome.events == events[: len(outcome.events)]
    if len(raws) < len(RECORDINGS[name]):
        assert isinstance(outcome.error, StreamInterruptedError)


@given(st.lists(st.sampled_from([*chain.from_iterable(RECORDINGS.values())]), max_size=8))
def test_frames_of_any_answers_never_finish_twice(raws: list[str]) -> None:
    outcome = play(call(max_retries=0), raws)
    ends = [isinstance(event, Finished) for event in outcome.events]
    assert not any(ends[:-1])
    assert any(ends) is (outcome.error is None)


@given(st.sampled_from(COMPLETE), st.binary(), st.integers(0, 5))
def test_garbage_between_frames_is_an_error(name: str, garbage: bytes, place: int) -> None:
    raws: list[bytes | str] = [*RECORDINGS[name]]
    place = min(place, len(raws) - 1)
    outcome = play(call(max_retries=0), [*raws[:place], garbage, *raws[place:]])
    assert isinstance(outcome.error, ProtocolError)


@given(st.sampled_from(COMPLETE), st.sampled_from(COMPLETE), st.data())
def test_frames_of_another_answer_are_told_and_for_a_strict_client_an_error(
    name: str, other: str, data: st.DataObject
) -> None:
    """They fit in by their numbers; only the session id tells them apart."""
    strangers = [raw.replace(SID, "cht0@dx0") for raw in RECORDINGS[other]]
    sources = [iter(RECORDINGS[name]), iter(strangers)]
    picks = data.draw(st.permutations([0] * len(RECORDINGS[name]) + [1] * len(strangers)))
    frames = [next(sources[pick]) for pick in picks]
    first = play(call(max_retries=0), [RECORDINGS[name], strangers][picks[0]])
    outcome = play(call(max_retries=0, reading=Reading(strict=True)), frames)
    assert outcome.error is not None or outcome.events == first.events
    told = play(call(max_retries=0), frames)
    assert told.events == first.events or "sid_changed" in ended(told).deviations


def test_a_warning_of_another_answer_ends_none() -> None:
    raws = [piece(0, "一"), error(10019, "suspected", sid="cht0@dx0")]
    assert isinstance(play(call(), raws).error, ContentFilterError)


def test_a_filtered_answer_says_so() -> None:
    assert play(call(), RECORDINGS["warned"]).events[-1] == Finished("content_filter", None, SID)
    assert isinstance(play(call(), RECORDINGS["stopped"]).error, ContentFilterError)
