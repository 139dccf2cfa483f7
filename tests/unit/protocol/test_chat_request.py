"""Chat requests are written as PROTOCOL.md §2.2 shows them, and what JSON cannot say is refused."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, cast

import pytest

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import (
    ImagePart,
    Message,
    TextPart,
    Tool,
    WebSearch,
)
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.chat_client import encode_request
from iflytek_spark.requests.build import build_request
from iflytek_spark.requests.options import ChatOptions


def encode(model: str | ModelSpec, messages: Any, **options: Any) -> Any:
    request = build_request(find_model(model), messages, cast(ChatOptions, options))
    return json.loads(encode_request(request, "app1", "uid1"))


def test_the_smallest_request() -> None:
    assert encode("lite", "你好") == {
        "header": {"app_id": "app1", "uid": "uid1"},
        "parameter": {"chat": {"domain": "lite"}},
        "payload": {"message": {"text": [{"role": "user", "content": "你好"}]}},
    }


def test_a_conversation_with_a_system_message() -> None:
    turns = [
        Message("system", "你是诗人"),
        Message("user", "你好"),
        Message("assistant", "您好"),
        Message("user", (TextPart("写"), TextPart("诗"))),
    ]
    assert encode("4.0Ultra", turns)["payload"]["message"]["text"] == [
        {"role": "system", "content": "你是诗人"},
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": "您好"},
        {"role": "user", "content": "写\n诗"},
    ]


def test_every_sampling_parameter_has_its_key() -> None:
    options = {
        "temperature": 0.7, "top_k": 5, "max_tokens": 100, "top_p": 0.9,
        "presence_penalty": 1.5, "frequency_penalty": 0.02, "chat_id": "c1",
    }  # fmt: skip
    body = encode("x2", "你好", **options, thinking="disabled", uid="me")
    chat = body["parameter"]["chat"]
    assert body["header"] == {"app_id": "app1", "uid": "me"}
    assert {name: chat[name] for name in options} == options
    assert chat["domain"] == "spark-x"
    assert chat["thinking"] == {"type": "disabled"}


def test_an_image_goes_first_as_bare_base64() -> None:
    parts = (TextPart("这是什么？"), ImagePart(b"\xff\xd8\xffdata"))
    turns = [Message("user", "看图"), Message("assistant", "好"), Message("user", parts)]
    assert encode("image", turns)["payload"]["message"]["text"] == [
        {"role": "user", "content": "/9j/ZGF0YQ==", "content_type": "image"},
        {"role": "user", "content": "看图"},
        {"role": "assistant", "content": "好"},
        {"role": "user", "content": "这是什么？"},
    ]


def test_tools_stand_in_the_payload() -> None:
    schema = {"type": "object", "properties": {"城市": {"type": "string"}}, "required": ["城市"]}
    tools = [Tool("天气查询", "查询天气", schema), Tool("now", "the time")]
    assert encode("max", "合肥天气", tools=tools)["payload"]["functions"] == {
        "text": [
            {"name": "天气查询", "description": "查询天气", "parameters": schema},
            {
                "name": "now",
                "description": "the time",
                "parameters": {"type": "object", "properties": {}},
            },
        ]
    }


def test_empty_functions_are_never_sent() -> None:
    assert "functions" not in encode("max", "你好", tools=[])["payload"]


@pytest.mark.parametrize(
    ("model", "given_search", "sent"),
    [
        ("4.0Ultra", None, {"enable": False}),
        ("4.0Ultra", False, {"enable": False}),
        ("4.0Ultra", True, {"enable": True, "search_mode": "normal", "show_ref_label": True}),
        (
            "max",
            WebSearch("deep", citations=False),
            {"enable": True, "search_mode": "deep", "show_ref_label": False},
        ),
        ("pro", True, {"enable": True, "search_mode": "normal", "show_ref_label": False}),
    ],
)
def test_the_search_is_said_to_be_on_or_off(model: str, given_search: Any, sent: Any) -> None:
    tools = encode(model, "你好", web_search=given_search)["parameter"]["chat"]["tools"]
    assert tools == [{"type": "web_search", "web_search": sent}]


def test_a_model_that_cannot_search_hears_nothing_of_it() -> None:
    assert "tools" not in encode("lite", "你好")["parameter"]["chat"]


def test_a_fine_tuned_model_names_its_resource() -> None:
    mine = ModelSpec("mine", "svc", "wss://maas.example.com/v1.1/chat", patch_id="res1")
    assert encode(mine, "你好")["header"]["patch_id"] == ["res1"]


def test_stop_strings_are_ours_alone() -> None:
    assert "stop" not in encode("lite", "你好", stop=["。"])["parameter"]["chat"]


def test_extra_keys_go_where_the_parameters_are() -> None:
    chat = encode("lite", "你好", extra={"auditing": "default"})["parameter"]["chat"]
    assert chat == {"domain": "lite", "auditing": "default"}


def test_chinese_is_written_as_it_is() -> None:
    request = build_request(find_model("lite"), "你好", {})
    assert "你好" in encode_request(request, "app1", "uid1")


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        encode("max", "你好", extra={"value": value})
    schema = {"type": "object", "properties": {"x": {"default": value}}}
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        encode("max", "你好", tools=[Tool("now", "the time", schema)])


def test_extra_keys_may_come_in_any_mapping() -> None:
    extra = MappingProxyType({"auditing": "default"})
    assert encode("lite", "你好", extra=extra)["parameter"]["chat"]["auditing"] == "default"
