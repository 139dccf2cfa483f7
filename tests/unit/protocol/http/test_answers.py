"""Every answer and fault of ``tests/http``, read from its bytes alone; and fragments of calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark import errors
from iflytek_spark.messages import Message, Tool
from tests.http.faults import FAULTS, Fault
from tests.http.maas_answers import MAAS_ANSWERS
from tests.http.quirks import DONE, SID, TEXT_B, USAGE, Quirk, a, b, called
from tests.http.raw_server import events, whole
from tests.http.spark_open_answers import SPARK_OPEN_ANSWERS
from tests.unit.protocol.http.playing import answered, played, request_for

ANSWERS = {**SPARK_OPEN_ANSWERS, **MAAS_ANSWERS}
MODELS = {"A": "x2-flash", "B": "spark-x2.5"}
WEATHER = Tool("weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})


@pytest.mark.parametrize(("name", "quirk"), ANSWERS.items(), ids=ANSWERS)
def test_an_answer(name: str, quirk: Quirk) -> None:
    answer = answered(request_for(MODELS[name[0]], tools=[WEATHER]), quirk.response)
    assert (answer.text, answer.reasoning) == (quirk.text, quirk.reasoning)
    assert tuple((call.name, call.arguments) for call in answer.tool_calls) == quirk.calls
    assert len({call.id for call in answer.tool_calls}) == len(quirk.calls)
    assert (answer.finish_reason, answer.wire) == (quirk.finish, "http")
    assert (answer.usage.total_tokens if answer.usage else None) == quirk.usage
    assert len(answer.citations) == quirk.pages


@pytest.mark.parametrize(("name", "fault"), FAULTS.items(), ids=FAULTS)
def test_a_fault(name: str, fault: Fault) -> None:
    _, error = played(request_for(MODELS[name[0]], tools=[WEATHER]), fault.response)
    assert type(error) is fault.kind
    assert (error.code, error.retryable) == (fault.code, fault.retryable)


def asked(*payloads: Any, **options: Any) -> Any:
    request = request_for("spark-x2.5", tools=[WEATHER], **options)
    return answered(request, events(*payloads, b(usage=USAGE), DONE))


ARGUMENTS = st.fixed_dictionaries({"city": st.text(max_size=8)})


@given(st.lists(ARGUMENTS, min_size=1, max_size=3), st.integers(1, 9), st.booleans())
def test_however_calls_are_cut_into_fragments_they_are_the_same(
    arguments: list[dict[str, str]], size: int, named: bool
) -> None:
    """Some services repeat id and name in each fragment."""
    texts = [json.dumps(each, ensure_ascii=False) for each in arguments]
    deltas: list[Any] = []
    for at, text in enumerate(texts):
        for start in range(0, len(text), size):
            part = text[start : start + size]
            whole = named or start == 0
            more = {"id": f"c{at}"} if whole else {}
            name = {"name": "weather"} if whole else {}
            deltas.append({"index": at, "function": {**name, "arguments": part}, **more})
    answer = asked(*(b({"tool_calls": [delta]}) for delta in deltas), b({}, "tool_calls"))
    assert [(call.id, call.arguments) for call in answer.tool_calls] == [
        (f"c{at}", text) for at, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        ([called("{}", id="c1"), called("{}", id="c2")], ["c1", "c2"]),
        ([called("{}", id="c1"), called("{}", id="c1")], ["c1"]),
        ([called("{", id="c1", index=0), called("}", id="c1", index=0)], ["c1"]),
        ([called("{}", index=0), called("{}", index=0)], [None, None]),
        ([called("{", index=0), called("}", index=0)], [None]),
        ([called("{}", id="no id of any service: 会话", index=0)], [None]),
        ([called("{", index=0), {"function": {"arguments": "}"}}], [None]),
    ],
)
def test_what_belongs_to_one_call(fragments: list[Any], calls: list[str | None]) -> None:
    answer = asked(*(b({"tool_calls": [each]}) for each in fragments), b({}, "tool_calls"))
    found = [call.id if call.id in ("c1", "c2") else None for call in answer.tool_calls]
    assert found == calls
    assert {call.arguments for call in answer.tool_calls} == {"{}"}


def test_a_call_that_comes_twice_is_one_and_is_told() -> None:
    twice = [b({"tool_calls": [called("{}", id="c1", index=0)]})] * 2
    answer = asked(*twice, b({}, "tool_calls"))
    assert [call.id for call in answer.tool_calls] == ["c1"]
    assert answer.deviations == ("call_repeated",)


def test_two_calls_of_one_id_are_two_and_it_is_told() -> None:
    calls = [called("{}", id="c1"), called('{"city": "a"}', id="c1")]
    answer = asked(b({"tool_calls": calls}), b({}, "tool_calls"))
    assert [call.arguments for call in answer.tool_calls] == ["{}", '{"city": "a"}']
    assert len({call.id for call in answer.tool_calls}) == 2
    assert answer.deviations == ("call_repeated",)


@pytest.mark.parametrize("reason", ["tool_calls", "stop", "length"])
def test_a_call_that_is_cut_off_is_told_by_the_limit(reason: str) -> None:
    answer = asked(b({"tool_calls": [called('{"ci', id="c1")]}), b({}, reason))
    assert answer.finish_reason == ("length" if reason == "length" else "tool_calls")


def test_a_word_for_calls_without_any_is_none() -> None:
    assert asked(*TEXT_B, b({}, "tool_calls")).finish_reason == "stop"


@pytest.mark.parametrize(
    ("payload", "deviation"),
    [
        ({"id": SID, "what": 1}, "unknown_frame"),
        ({"id": SID}, "empty_frame"),
        ({"choices": [{"delta": {"content": "好"}}]}, "sid_missing"),
        ({"id": SID, "choices": [{"index": "a", "delta": {}, "x": 1}]}, "index_unusual"),
        ({"id": SID, "choices": [{"delta": {"role": "user"}}]}, "role_unusual"),
        ({"id": SID, "choices": [], "usage": {"prompt_tokens": 3}}, "usage_unusual"),
        ({"id": SID, "choices": [], "usage": {**USAGE, "total_tokens": -5}}, "usage_unusual"),
        (b({"function_call": {"name": "", "arguments": ""}}), "calls_of_another_form"),
        (b({"tool_calls": [called("{}", "", id="c1")]}), "call_empty"),
        (b({}, "eos"), "finish_unusual"),
    ],
)
def test_what_is_unusual_is_named(payload: Any, deviation: str) -> None:
    answer = asked(payload, *TEXT_B, b({}, "stop"))
    assert answer.text.endswith("好的。")
    assert deviation in answer.deviations
    request = request_for("spark-x2.5")
    response = events(payload, *TEXT_B, b({}, "stop"), b(usage=USAGE), DONE)
    assert answered(request, response).deviations == answer.deviations


@pytest.mark.parametrize("calls", [5, True, "[5]"])
def test_calls_that_cannot_be_read(calls: Any) -> None:
    with pytest.raises(errors.ProtocolError, match="tool calls"):
        asked(b({"tool_calls": calls}), b({}, "stop"))


@pytest.mark.parametrize("outputs", ["[]", []])
def test_pages_of_a_search_may_be_a_text_or_none(outputs: Any) -> None:
    call = {"type": "web_search", "web_search": {"outputs": outputs}}
    answer = asked(b({"tool_calls": [call]}), *TEXT_B, b({}, "stop"))
    assert (answer.text, answer.citations) == ("好的。", ())
    assert [plugin.content for plugin in answer.plugins] == ([outputs] if outputs else [])


def test_counts_may_be_an_empty_object() -> None:
    request = request_for("spark-x2.5")
    answer = answered(request, events(*TEXT_B, b({}, "stop", usage={}), DONE))
    assert (answer.text, answer.usage) == ("好的。", None)


def test_a_body_in_a_list_is_read_too() -> None:
    body = [{"id": SID, "choices": [{"message": {"content": "好"}, "finish_reason": "stop"}]}]
    assert answered(request_for("spark-x2.5"), whole(body)).text == "好"
    assert type(played(request_for("spark-x2.5"), whole([1, 2]))[1]) is errors.ProtocolError


def test_a_conversation_names_the_calls_of_an_answer_without_a_sid() -> None:
    response = events({"choices": [{"delta": {"tool_calls": [called("{}")]}}]}, DONE)
    request = request_for("x2-flash", [Message("user", "一")], tools=[WEATHER])
    other = request_for("x2-flash", [Message("user", "二")], tools=[WEATHER])
    ids = [answered(each, response).tool_calls[0].id for each in (request, request, other)]
    assert ids[0] == ids[1] != ids[2]


def test_a_function_of_dialect_a_beside_its_text() -> None:
    response = events(a({"content": "看看", "tool_calls": called()}), DONE)
    answer = answered(request_for("x2-flash", tools=[WEATHER]), response)
    assert (answer.text, len(answer.tool_calls)) == ("看看", 1)
