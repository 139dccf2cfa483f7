"""What holds for every answer, whatever stands in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.emulator.media.ranking import relevances
from iflytek_spark.messages import Usage
from iflytek_spark.protocol.wire.openai import maas, spark_open
from iflytek_spark.protocol.wire.openai.requests import MalformedError, decode_chat
from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer
from iflytek_spark.protocol.wire.openai.shapes import DONE, CallsForm, UsageStyle
from iflytek_spark.protocol.wire.values import Delta, FunctionCall

_TEXT = st.text(max_size=20)
_CALLS = st.builds(FunctionCall, _TEXT, _TEXT)
_DELTAS = st.one_of(
    _TEXT.map(Delta),
    _TEXT.map(lambda text: Delta(reasoning=text)),
    _CALLS.map(lambda call: Delta(call=call)),
)
_ANSWERS = st.builds(
    HttpAnswer,
    sid=st.just("cht000b0001@dx1"),
    created=st.just(1),
    model=_TEXT,
    deltas=st.lists(_DELTAS, min_size=1, max_size=6),
    usage=st.just(Usage(1, 2, 3)),
)
_FORMS: list[CallsForm] = ["array", "object", "text"]
_STYLES: list[UsageStyle] = ["own_chunk", "last_delta", "with_finish", "zeros"]


def _deltas(payloads: list[bytes]) -> list[Any]:
    assert payloads[-1] == DONE
    chunks = [json.loads(payload) for payload in payloads[:-1]]
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]


def _joined(deltas: list[Any], key: str) -> str:
    return "".join(delta.get(key) or "" for delta in deltas)


@given(_ANSWERS, st.sampled_from(_STYLES))
def test_a_stream_of_maas_is_its_whole_answer(answer: HttpAnswer, style: UsageStyle) -> None:
    deltas = _deltas(list(maas.encode_chunks(answer, style)))
    whole = json.loads(maas.encode_answer(answer))["choices"][0]["message"]
    assert _joined(deltas, "content") == whole["content"]
    assert _joined(deltas, "reasoning_content") == (whole["reasoning_content"] or "")
    calls = [call for delta in deltas for call in delta.get("tool_calls") or ()]
    assert calls == (whole["tool_calls"] or [])


@given(_ANSWERS, st.sampled_from(_FORMS))
def test_a_stream_of_open_is_its_whole_answer(answer: HttpAnswer, form: CallsForm) -> None:
    deltas = _deltas(list(spark_open.encode_chunks(answer, form)))
    whole = json.loads(spark_open.encode_answer(answer, form))["choices"][0]["message"]
    assert _joined(deltas, "reasoning_content") == whole.get("reasoning_content", "")
    assert [delta["tool_calls"] for delta in deltas if "tool_calls" in delta] == (
        [whole["tool_calls"]] if "tool_calls" in whole else []
    )
    if form != "text" or not answer.calls:
        assert _joined(deltas, "content") == whole["content"]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_requests(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_chat(data)


@given(_TEXT, st.lists(_TEXT, min_size=1, max_size=6))
def test_a_relevance_lies_between_0_and_1(query: str, documents: list[str]) -> None:
    scores = relevances(query, documents)
    assert len(scores) == len(documents)
    assert all(0 <= score <= 1.000001 for score in scores)
