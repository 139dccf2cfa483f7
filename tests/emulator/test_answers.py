"""Answers in the service's shape (PROTOCOL.md §2.3)."""

from __future__ import annotations

import json
import re

import pytest

from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.requests.tokens import estimate_tokens
from tests.emulator.raw_client import ask, body, connected, receive

_LONG = "请把这句话原样重复一遍：春眠不觉晓，处处闻啼鸟"
_CALLED = {
    "text": [
        {
            "name": "天气查询",
            "description": "查询一个城市的天气",
            "parameters": {
                "type": "object",
                "properties": {"location": {"type": "string"}, "datetime": {"type": "string"}},
                "required": ["location"],
            },
        }
    ]
}


def test_statuses_and_numbers(spark: Emulator) -> None:
    found = ask(spark, _LONG)
    choices = [frame["payload"]["choices"] for frame in found.frames]
    assert len(choices) > 3
    assert [choice["seq"] for choice in choices] == list(range(len(choices)))
    statuses = [0, *[1] * (len(choices) - 2), 2]
    assert [choice["status"] for choice in choices] == statuses
    assert [frame["header"]["status"] for frame in found.frames] == statuses
    assert found.closed == (1000, "close this ws conn")


def test_a_frame_key_by_key(spark: Emulator) -> None:
    frame = ask(spark, _LONG).frames[0]
    sid = frame["header"]["sid"]
    assert re.fullmatch(r"cht000b[0-9a-f]{4}@dx[0-9a-f]{18}", sid)
    assert frame == {
        "header": {"code": 0, "message": "Success", "sid": sid, "status": 0},
        "payload": {
            "choices": {
                "status": 0,
                "seq": 0,
                "text": [{"content": "你问的是", "role": "assistant", "index": 0}],
            }
        },
    }


def test_the_characters_are_written_as_themselves(spark: Emulator) -> None:
    with connected(spark) as socket:
        socket.send(json.dumps(body(spark, _LONG)))
        assert "你问的是" in socket.recv_data()[1].decode()


def test_one_session_one_id(spark: Emulator) -> None:
    sids = [{frame["header"]["sid"] for frame in ask(spark, _LONG).frames} for _ in range(3)]
    assert len(set.union(*sids)) == 3


def test_usage_is_in_the_last_frame_only(spark: Emulator) -> None:
    found = ask(spark, "甲", {"role": "assistant", "content": "乙乙乙"}, _LONG)
    with_usage = ["usage" in frame["payload"] for frame in found.frames]
    assert with_usage == [False] * (len(found.frames) - 1) + [True]
    prompt = sum(map(estimate_tokens, ("甲", "乙乙乙", _LONG)))
    completion = estimate_tokens(found.text)
    assert found.usage == {
        "question_tokens": estimate_tokens(_LONG),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def test_the_last_frame_carries_content(spark: Emulator) -> None:
    assert ask(spark, _LONG).texts[-1]["content"]


def test_a_one_frame_answer_has_the_last_status_only() -> None:
    with running_emulator(chunk_size=10_000) as spark:
        (frame,) = ask(spark, _LONG).frames
    assert frame["payload"]["choices"]["status"] == frame["header"]["status"] == 2
    assert "usage" in frame["payload"]


def test_a_function_call_is_one_frame(spark: Emulator) -> None:
    found = ask(spark, "合肥今天的天气怎么样？", functions=_CALLED)
    (frame,) = found.frames
    arguments = found.texts[0]["function_call"].pop("arguments")
    assert json.loads(arguments) == {"location": "合肥", "datetime": "今天"}
    assert "合肥" in arguments
    assert frame["payload"]["choices"] == {
        "status": 2,
        "seq": 0,
        "text": [
            {
                "content": "",
                "role": "assistant",
                "index": 0,
                "content_type": "text",
                "function_call": {"name": "天气查询"},
            }
        ],
    }
    assert found.usage["completion_tokens"] == 0


@pytest.mark.parametrize(
    ("path", "domain"), [("/v1/x1", "spark-x"), ("/v1/x1", "x1"), ("/x2", "spark-x")]
)
def test_thoughts_come_before_the_answer(spark: Emulator, path: str, domain: str) -> None:
    found = ask(spark, _LONG, path=path, domain=domain)
    thinking = ["reasoning_content" in text for text in found.texts]
    assert thinking == sorted(thinking, reverse=True)
    assert thinking[0]
    assert not thinking[-1]
    assert all(text["content"] == "" for text in found.texts if "reasoning_content" in text)
    assert _LONG in found.reasoning
    assert _LONG in found.text


def test_it_thinks_in_the_question_s_language(spark: Emulator) -> None:
    found = ask(spark, "Why is the sky blue?", path="/x2", domain="spark-x")
    assert found.reasoning.startswith("The user says: “Why is the sky blue?”")


def test_thinking_can_be_switched_off(spark: Emulator) -> None:
    found = ask(spark, _LONG, path="/x2", domain="spark-x", thinking={"type": "disabled"})
    assert not found.reasoning
    assert _LONG in found.text


def test_other_models_do_not_think_aloud(spark: Emulator) -> None:
    assert all("reasoning_content" not in text for text in ask(spark, _LONG).texts)


def _search(*, enable: bool, shown: bool) -> list[dict[str, object]]:
    switch = {"enable": enable, "show_ref_label": shown, "search_mode": "normal"}
    return [{"type": "web_search", "web_search": switch}]


def test_the_pages_of_a_search_come_first_without_choices(spark: Emulator) -> None:
    found = ask(spark, _LONG, tools=_search(enable=True, shown=True))
    first, second = found.frames[:2]
    assert first["header"]["status"] == 1
    (plugin,) = first["payload"].pop("plugins")["text"]
    assert not first["payload"]
    pages = json.loads(plugin.pop("content"))
    assert [page["index"] for page in pages] == [1, 2]
    assert all(page["url"].startswith("https://example.com/") and page["title"] for page in pages)
    assert plugin["name"] == plugin["invoked"]["plugin_id"] == "ifly_search"
    assert plugin["role"] == "tool"
    assert second["payload"]["choices"]["seq"] == 0


@pytest.mark.parametrize(
    ("path", "domain", "enable", "shown"),
    [
        ("/v4.0/chat", "4.0Ultra", False, True),
        ("/v4.0/chat", "4.0Ultra", True, False),
        ("/v3.1/chat", "generalv3", True, True),
    ],
)
def test_no_pages_unless_the_model_shows_them(
    spark: Emulator, path: str, domain: str, enable: bool, shown: bool
) -> None:
    found = ask(spark, _LONG, path=path, domain=domain, tools=_search(enable=enable, shown=shown))
    assert all("plugins" not in frame["payload"] for frame in found.frames)


@pytest.mark.parametrize("limit", [1, 7, 20])
def test_max_tokens_cuts_the_answer(spark: Emulator, limit: int) -> None:
    whole, cut = ask(spark, _LONG).text, ask(spark, _LONG, max_tokens=limit)
    assert whole.startswith(cut.text)
    assert len(cut.text) < len(whole)
    assert cut.usage["completion_tokens"] == limit


def test_max_tokens_holds_for_thoughts_too(spark: Emulator) -> None:
    found = ask(spark, _LONG, path="/x2", domain="spark-x", max_tokens=5)
    assert found.text == ""
    assert found.reasoning
    assert found.usage["completion_tokens"] == 5


def test_a_limit_that_is_not_reached_changes_nothing(spark: Emulator) -> None:
    found = ask(spark, _LONG, max_tokens=4000)
    assert found.text == ask(spark, _LONG).text
    assert found.usage["completion_tokens"] < 4000


def test_one_request_for_one_connection(spark: Emulator) -> None:
    with connected(spark) as socket:
        socket.send(json.dumps(body(spark, _LONG)))
        socket.send(json.dumps(body(spark, "第二个问题")))
        found = receive(socket)
    assert "第二个问题" not in found.text
    assert found.closed == (1000, "close this ws conn")
    assert len(spark.requests) == 1


def test_the_same_question_has_the_same_answer(spark: Emulator) -> None:
    assert ask(spark, _LONG).text == ask(spark, _LONG).text
