"""What a chat over HTTP looks like, by the golden samples (PROTOCOL-HTTP.md §12)."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark.emulator import Call, Emulator, HttpOptions, Reply, running_emulator
from iflytek_spark.messages import Citation, Usage
from tests.emulator.http.raw import QUESTION, WEATHER, Kind, ask, chunks, deltas, payloads

_USAGE = Usage(4, 2, 6)
_COUNTS = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}
_CALL = Call("get_weather", '{"city":"合肥"}')


def answered(spark: Emulator, reply: Reply | Call | list[Call]) -> Emulator:
    spark.respond = lambda request: reply
    return spark


def test_open_answer(spark: Emulator) -> None:
    body = ask(answered(spark, Reply("好的。", usage=_USAGE)), "open").json()
    assert body.pop("sid").startswith("cha000b")
    message = {"role": "assistant", "content": "好的。"}
    assert body == {
        "code": 0,
        "message": "Success",
        "choices": [{"message": message, "index": 0}],
        "usage": _COUNTS,
    }


def test_open_stream(spark: Emulator) -> None:
    answered(spark, Reply(deltas=("好", "的"), usage=_USAGE))
    response = ask(spark, "open", stream=True)
    assert all(payload[0] != " " for payload in payloads(response))
    found = chunks(response)
    assert {chunk["id"] == chunk["sid"] for chunk in found} == {True}
    assert [chunk["choices"] for chunk in found] == [
        [{"delta": {"role": "assistant", "content": text}, "index": 0}] for text in ("好", "的", "")
    ]
    assert [chunk.get("usage") for chunk in found] == [None, None, _COUNTS]
    assert found[0].keys() == {"code", "message", "sid", "id", "created", "choices"}


@pytest.mark.parametrize("path", ["/v2", "/x2", "/agent/v1"])
def test_open_reasoning_has_no_content_beside_it(spark: Emulator, path: str) -> None:
    answered(spark, Reply("四", reasoning="先看题"))
    response = ask(spark, "open", path=f"{path}/chat/completions", model="spark-x", stream=True)
    assert deltas(response)[:2] == [
        {"role": "assistant", "reasoning_content": "先看题"},
        {"role": "assistant", "content": "四"},
    ]


def _function(body: Any) -> Any:
    return {"type": body["type"], "function": body["function"]}


_FUNCTION = {
    "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"合肥"}'},
}  # fmt: skip


def test_open_call_with_the_switch_is_an_array(spark: Emulator) -> None:
    answered(spark, _CALL)
    body = ask(spark, "open", tools=[WEATHER], tool_calls_switch=True).json()
    message = body["choices"][0]["message"]
    assert message["content"] == ""
    assert [_function(call) for call in message["tool_calls"]] == [_FUNCTION]


@pytest.mark.parametrize("stream", [False, True])
def test_open_call_without_the_switch_is_an_object(spark: Emulator, stream: bool) -> None:
    answered(spark, _CALL)
    response = ask(spark, "open", tools=[WEATHER], stream=stream)
    part = deltas(response)[0] if stream else response.json()["choices"][0]["message"]
    assert _function(part["tool_calls"]) == _FUNCTION


def test_open_call_as_text() -> None:
    options = HttpOptions(calls_form="text")
    with running_emulator(respond=lambda _: _CALL, http_options=options) as spark:
        message = ask(spark, "open", tools=[WEATHER]).json()["choices"][0]["message"]
    assert "tool_calls" not in message
    assert "get_weather" in message["content"]


def test_open_pages_come_before_the_answer(spark: Emulator) -> None:
    page = Citation(1, "https://example.com/1", "黄山")
    answered(spark, Reply("好", citations=(page,)))
    first, second, _ = deltas(ask(spark, "open", stream=True))
    (call,) = first["tool_calls"]
    assert (first["role"], call["type"]) == ("tool", "web_search")
    assert call["web_search"]["outputs"] == [
        {"index": 1, "url": "https://example.com/1", "title": "黄山"}
    ]
    assert second["content"] == "好"


def test_maas_answer(spark: Emulator) -> None:
    body = ask(answered(spark, Reply("好的。", usage=_USAGE)), "maas").json()
    assert body.pop("id").startswith("cht000b")
    assert isinstance(body.pop("created"), int)
    message = {
        "content": "好的。", "reasoning_content": None, "role": "assistant", "tool_calls": None,
    }  # fmt: skip
    details = {"completion_tokens_details": {"reasoning_tokens": 0}, "prompt_tokens_details": None}
    assert body == {
        "choices": [
            {
                "finish_reason": "stop",
                "index": 0,
                "logprobs": None,
                "matched_stop": 1,
                "message": message,
            }
        ],
        "metadata": {"weight_version": "default"},
        "model": "spark-x2.5",
        "object": "chat.completion",
        "usage": _COUNTS | details,
    }


def test_maas_stream_of_a_call(spark: Emulator) -> None:
    answered(spark, Reply("好", reasoning="先", calls=[_CALL]))
    response = ask(spark, "maas", tools=[WEATHER], stream=True)
    assert all(payload[0] == " " for payload in payloads(response))
    role, thought, text, call, end = deltas(response)
    assert role == {"content": "", "reasoning_content": None, "role": "assistant"}
    assert thought == {"reasoning_content": "先"}
    assert text == {"content": "好", "reasoning_content": None}
    assert (call["content"], call["role"]) == (None, None)
    assert [_function(each) for each in call["tool_calls"]] == [_FUNCTION]
    assert end == {"reasoning_content": None}
    found = chunks(response)
    reasons = [each["choices"][0]["finish_reason"] for each in found if each["choices"]]
    assert reasons == [None] * 4 + ["tool_calls"]
    assert found[-1]["choices"] == []
    assert found[-1]["usage"]["total_tokens"] > 0


def _usages(spark: Emulator, model: str) -> list[Any]:
    answered(spark, Reply(deltas=("好", "的"), usage=_USAGE))
    found = chunks(ask(spark, "maas", model=model, stream=True))
    return [(chunk["choices"] != [], chunk.get("usage")) for chunk in found]


def test_usage_stands_where_the_model_has_it(spark: Emulator) -> None:
    zero = dict.fromkeys(_COUNTS, 0)
    own = _COUNTS | {
        "completion_tokens_details": {"reasoning_tokens": 0}, "prompt_tokens_details": None,
    }  # fmt: skip
    assert _usages(spark, "spark-x2.5")[-2:] == [(True, None), (False, own)]
    assert _usages(spark, "xophunyuanocr") == [(True, None), (True, None), (True, _COUNTS)]
    assert _usages(spark, "xopkimik25") == [(True, zero)] * 3 + [(True, _COUNTS)]


def test_usage_is_left_out_when_it_is_not_wanted(spark: Emulator) -> None:
    found = chunks(ask(spark, "maas", stream=True, stream_options={"include_usage": False}))
    assert not any("usage" in chunk for chunk in found)


@pytest.mark.parametrize("kind", ["open", "maas"])
def test_several_calls_in_one_answer(spark: Emulator, kind: Kind) -> None:
    answered(spark, [Call("get_weather", {"city": "合肥"}), Call("get_weather", {"city": "北京"})])
    body = ask(spark, kind, tools=[WEATHER], tool_calls_switch=True).json()
    calls = body["choices"][0]["message"]["tool_calls"]
    assert len({call["id"] for call in calls}) == 2
    assert ["北京" in call["function"]["arguments"] for call in calls] == [False, True]


def test_the_emulator_s_rules_answer_over_http_too(spark: Emulator) -> None:
    kinds: tuple[Kind, ...] = ("open", "maas")
    for kind in kinds:
        assert QUESTION in ask(spark, kind).json()["choices"][0]["message"]["content"]
