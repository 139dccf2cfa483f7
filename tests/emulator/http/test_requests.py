"""What the emulator makes of a chat's request over HTTP (PROTOCOL-HTTP.md §2, §3, §4)."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark.emulator import Emulator, SeenChat, running_emulator
from iflytek_spark.models.spec import ModelSpec, Range
from tests.emulator.http.raw import WEATHER, Kind, ask


@pytest.mark.parametrize("kind", ["open", "maas"])
def test_a_program_sees_the_chat_as_it_was_sent(spark: Emulator, kind: Kind) -> None:
    seen: list[SeenChat] = []
    spark.respond = seen.append
    called = {
        "id": "c1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": "{}"},
    }
    turns = [
        {"role": "system", "content": "简短回答"},
        {"role": "user", "content": "合肥的天气怎么样？"},
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c1", "content": "晴，25 度"},
    ]
    response = ask(
        spark, kind, messages=turns, tools=[WEATHER], temperature=0.7, max_tokens=99, user="小明"
    )
    assert "晴" in response.json()["choices"][0]["message"]["content"]
    (chat,) = seen
    assert [message.role for message in chat.messages] == ["system", "user", "assistant", "tool"]
    assert chat.messages[2].tool_calls[0].name == "get_weather"
    assert chat.messages[3].tool_call_id == "c1"
    assert (chat.options, chat.uid) == ({"temperature": 0.7, "max_tokens": 99}, "小明")
    assert [tool.name for tool in chat.tools] == ["get_weather"]


@pytest.mark.parametrize(
    ("kind", "model", "calls"),
    [("open", "4.0Ultra", True), ("maas", "spark-x2.5-1.7b", True), ("maas", "spark-x2.5", False)],
)
def test_required(spark: Emulator, kind: Kind, model: str, calls: bool) -> None:
    """Some models answer in plain text though a call is demanded (§3)."""
    body = ask(spark, kind, model=model, tools=[WEATHER], tool_choice="required").json()
    assert bool(body["choices"][0]["message"].get("tool_calls")) == calls


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "function", "function": {"name": "get_weather"}},
        {"type": "function", "name": "get_weather"},
    ],
)
def test_one_function_is_demanded(spark: Emulator, choice: Any) -> None:
    message = ask(spark, "open", tools=[WEATHER], tool_choice=choice).json()["choices"][0][
        "message"
    ]
    assert message["tool_calls"]["function"]["name"] == "get_weather"


def test_some_functions_are_allowed(spark: Emulator) -> None:
    seen: list[SeenChat] = []
    spark.respond = seen.append
    other = {"type": "function", "function": {"name": "other"}}
    allowed = {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "function", "name": "other"}],
    }
    path = "/v2/chat/completions"
    ask(spark, "open", path=path, model="x1", tools=[WEATHER, other], tool_choice=allowed)
    assert [tool.name for tool in seen[0].tools] == ["other"]


@pytest.mark.parametrize(
    ("fields", "searches"),
    [({}, None), ({"search_disable": True}, False), ({"search_disable": False}, True)],
)
def test_the_search_of_maas(spark: Emulator, fields: Any, searches: bool | None) -> None:
    seen: list[SeenChat] = []
    spark.respond = seen.append
    ask(spark, "maas", **fields)
    assert seen[0].web_search is searches


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("data:image/png;base64,aGk=", b"hi"),
        ("data:text/plain,h%69", b"hi"),
        ("data:image/png;base64,=", b""),
        ("https://example.com/cat.png", b""),
    ],
)
def test_images_are_messages_of_their_own(spark: Emulator, url: str, data: bytes) -> None:
    seen: list[SeenChat] = []
    spark.respond = seen.append
    parts = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "这是什么？"},
    ]
    ask(spark, "maas", model="xopkimik26", messages=[{"role": "user", "content": parts}])
    image, text = seen[0].messages
    assert image.images[0].data == data
    assert text.text == "这是什么？"


def test_no_function_may_be_called(spark: Emulator) -> None:
    turns = [{"role": "user", "content": "合肥的天气怎么样？"}]
    body = ask(spark, "open", messages=turns, tools=[WEATHER], tool_choice="none").json()
    assert "tool_calls" not in body["choices"][0]["message"]


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [({}, True), ({"enable_thinking": False}, False), ({"reasoning_effort": "none"}, False)],
)
def test_reasoning_is_on_unless_it_is_off(spark: Emulator, fields: Any, reasons: bool) -> None:
    message = ask(spark, "maas", **fields).json()["choices"][0]["message"]
    assert (message["reasoning_content"] is not None) == reasons


def test_a_short_limit_leaves_nothing_but_reasoning(spark: Emulator) -> None:
    (choice,) = ask(spark, "maas", max_completion_tokens=5).json()["choices"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("length", "")


def test_a_model_of_one_s_own_is_served_where_its_row_says() -> None:
    own = ModelSpec(
        name="mine",
        domain="xo1234",
        url="https://maas-api.cn-huabei-1.xf-yun.com/v2/chat/completions",
        max_tokens=Range(1, 8),
    )
    with running_emulator(models=[own]) as spark:
        assert ask(spark, "maas", model="xo1234").json()["model"] == "xo1234"
        assert ask(spark, "maas", model="xo1234", max_tokens=9).status_code == 500
