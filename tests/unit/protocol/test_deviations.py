"""What is not as documented, and understood: read whole, named, counted, and told once."""

from __future__ import annotations

import logging
import sys

import pytest

from iflytek_spark.errors import ConfigurationError, ProtocolError
from iflytek_spark.messages import ChatResponse
from iflytek_spark.protocol import deviations as counted
from iflytek_spark.protocol.deviations import Deviation, Deviations, deviation_counts
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.response import ResponseBuilder
from iflytek_spark.protocol.wire.embedding import decode_embedding
from iflytek_spark.protocol.wire.image import decode_image
from tests._support.deviating import DEVIATING
from tests._support.deviating_posts import IMAGE, POSTS, VECTOR
from tests._support.frames import SID, answer
from tests.unit.protocol.flow_helpers import call, play

NAMED = [name for name, case in DEVIATING.items() if case.deviations]


def read(frames: list[str]) -> ChatResponse:
    builder = ResponseBuilder("4.0Ultra")
    outcome = play(call(max_retries=0), frames)
    assert outcome.error is None
    for event in outcome.events:
        builder.add(event)
    return builder.build()


@pytest.mark.parametrize("name", DEVIATING)
def test_an_answer_is_read_whole_and_its_deviations_are_named(name: str) -> None:
    case = DEVIATING[name]
    response = read(case.frames)
    assert case.is_whole(response), response
    assert set(case.deviations) <= set(response.deviations)
    assert bool(case.deviations) is bool(response.deviations)


@pytest.mark.parametrize("name", NAMED)
def test_a_strict_reader_refuses_it(name: str) -> None:
    outcome = play(call(max_retries=0, reading=Reading(strict=True)), DEVIATING[name].frames)
    assert isinstance(outcome.error, ProtocolError)
    assert "not as documented" in str(outcome.error)


POSTED = [(service, name) for service, rows in POSTS.items() for name in rows]


@pytest.mark.parametrize(("service", "name"), POSTED)
def test_a_vector_and_an_image_are_read_whole_and_their_deviations_are_named(
    service: str, name: str
) -> None:
    answer, named = POSTS[service][name]
    noted = Deviations()
    if service == "image":
        made = decode_image(answer, noted)
        assert (made.data, made.deviations) == (IMAGE, noted.names)
    else:
        assert decode_embedding(answer, noted) == VECTOR
    assert set(noted.names) == set(named)
    if named:
        with pytest.raises(ProtocolError, match="not as documented"):
            (decode_image if service == "image" else decode_embedding)(
                answer, Deviations(strict=True)
            )


def test_answers_are_counted_and_a_kind_is_logged_once_without_content(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = {kind: iter(range(sys.maxsize)) for kind in Deviation}
    monkeypatch.setattr(counted, "_counters", fresh)
    assert deviation_counts() == {}
    with caplog.at_level(logging.WARNING, "iflytek_spark"):
        for _ in range(3):
            read(DEVIATING["seq leaps"].frames)
    (record,) = caplog.records
    assert "seq_gap" in record.getMessage()
    assert "世界" not in record.getMessage()
    assert deviation_counts() == {"seq_gap": 3}


def test_an_answer_has_a_bound_in_bytes() -> None:
    frames = answer("你", "好", "。")
    whole = sum(map(len, frames))
    assert play(call(max_retries=0, reading=Reading(max_bytes=whole)), frames).error is None
    error = play(call(max_retries=0, reading=Reading(max_bytes=whole - 1)), frames).error
    assert isinstance(error, ProtocolError)
    assert f"more than {whole - 1} bytes" in str(error)
    assert (error.sid, "max_response_bytes" in error.hint) == (SID, True)
    with pytest.raises(ConfigurationError, match="max_response_bytes is 0, not 1 or more"):
        Reading(max_bytes=0)
