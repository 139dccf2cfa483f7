"""Which wire a call takes, where it leads, and what is written on it."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark import (
    ConfigurationError,
    InvalidRequestError,
    Message,
    ModelSpec,
    SparkClient,
    ToolCall,
    WireChoice,
)
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.routes import route
from tests.http.asking import KEYS, SETTINGS, WEATHER
from tests.http.raw_server import raw_server
from tests.http.spark_open_answers import SPARK_OPEN_ANSWERS

OPEN = "https://spark-api-open.xf-yun.com"
MAAS = "https://maas-api.cn-huabei-1.xf-yun.com"
TOKEN = "https://maas-token-api.cn-huabei-1.xf-yun.com"
CALL = ToolCall("c1", "weather", "{}")
USED = [
    Message("user", "天气？"),
    Message("assistant", "看看", tool_calls=(CALL,), reasoning="想"),
    Message("tool", "晴", tool_call_id="c1"),
]


@pytest.mark.parametrize(
    ("model", "tools", "wire"),
    [
        ("4.0Ultra", False, "websocket"),
        ("4.0Ultra", True, "websocket"),
        ("x2", False, "websocket"),
        ("x2", True, "http"),
        ("x1.5", True, "http"),
        ("x2-flash", False, "http"),
        ("spark-x2.5", False, "http"),
        ("xopglm5", True, "http"),
        ("image", False, "websocket"),
    ],
)
def test_auto(model: str, tools: bool, wire: str) -> None:
    assert route(find_model(model), "auto", tools=tools).wire == wire


WRONG: list[tuple[str, WireChoice]] = [("spark-x2.5", "websocket"), ("kjwx", "http")]


@pytest.mark.parametrize(("model", "wire"), WRONG)
def test_a_wire_that_a_model_has_not_is_refused(model: str, wire: WireChoice) -> None:
    with pytest.raises(InvalidRequestError, match=wire):
        SparkClient(KEYS).stream("你好", model=model, wire=wire)


@pytest.mark.parametrize(
    ("model", "base_url", "url"),
    [
        ("x2-flash", None, f"{OPEN}/agent/v1/chat/completions"),
        ("spark-x2.5", None, f"{MAAS}/v2/chat/completions"),
        ("spark-x2.5", TOKEN, f"{TOKEN}/v2/chat/completions"),
        ("spark-x2.5", f"{TOKEN}/v2/", f"{TOKEN}/v2/chat/completions"),
        ("spark-x2.5", f"{TOKEN}/v2/chat/completions", f"{TOKEN}/v2/chat/completions"),
        ("spark-x2.5", f"{TOKEN}/v2/chat/completions/", f"{TOKEN}/v2/chat/completions"),
        ("spark-x2.5", f"{TOKEN}/v2/v1", f"{TOKEN}/v2/chat/completions"),
        ("spark-x2.5", f"{TOKEN}/v1/v1/chat/completions", f"{TOKEN}/v1/chat/completions"),
        ("x2-flash", f"{OPEN}/agent/v1/v1", f"{OPEN}/agent/v1/chat/completions"),
        ("x2-flash", f"{OPEN}/v1", f"{OPEN}/agent/v1/chat/completions"),
        ("spark-x2.5", "http://127.0.0.1:1/x2/v1", "http://127.0.0.1:1/x2/chat/completions"),
        ("spark-x2.5", "ws://127.0.0.1:1", "http://127.0.0.1:1/v2/chat/completions"),
    ],
)
def test_an_address_is_put_right(model: str, base_url: str | None, url: str) -> None:
    endpoint = Endpoint.from_env(model, base_url, environ={})
    assert endpoint.url(find_model(model)) == url


def test_the_address_of_a_websocket_is_none_for_http() -> None:
    endpoint = Endpoint.from_env("x2", "wss://spark-api.xf-yun.com/x2", environ={})
    with pytest.raises(ConfigurationError, match="WebSocket"):
        endpoint.url(find_model("spark-x2.5"))


def asked(model: str | ModelSpec, messages: Any = "你好", **options: Any) -> dict[str, Any]:
    with raw_server() as server:
        server.answers = [SPARK_OPEN_ANSWERS["A: calls as an array"].response]
        client = SparkClient(KEYS, base_url=server.url, wire="http", **SETTINGS)
        client.chat(messages, model=model, **options)
        client.close()
        (body,) = server.requests
        return body


def test_an_address_of_http_alone_chooses_the_wire() -> None:
    with raw_server() as server:
        server.answers = [SPARK_OPEN_ANSWERS["A as recorded"].response]
        client = SparkClient(KEYS, base_url=f"{server.url}/v1/chat/completions", **SETTINGS)
        assert client.chat("你好").wire == "http"
        client.close()


def test_tools_of_spark_open() -> None:
    body = asked("x2", USED, tools=[WEATHER], tool_choice="weather", thinking="disabled")
    assert body["tool_calls_switch"] is True
    assert [tool["type"] for tool in body["tools"]] == ["function"]
    assert (body["tool_choice"], body["thinking"]) == ("required", {"type": "disabled"})
    _, assistant, result = body["messages"]
    assert "reasoning_content" not in assistant
    assert assistant["tool_calls"][0]["id"] == result["tool_call_id"] == "c1"
    assert (body["model"], result["role"], body["stream"]) == ("spark-x", "tool", True)


def test_tools_of_maas() -> None:
    body = asked("spark-x2.5", USED, tools=[WEATHER], thinking="disabled", max_tokens=9)
    assert body["messages"][1]["reasoning_content"] == "想"
    assert (body["enable_thinking"], body["max_completion_tokens"]) == (False, 9)
    assert body["stream_options"] == {"include_usage": True}
    assert not body.keys() & {"tool_calls_switch", "thinking", "max_tokens", "user", "stop"}


def test_a_call_without_its_result_becomes_words() -> None:
    body = asked("spark-x2.5", [*USED[:2], Message("user", "还有呢？")], tools=[WEATHER])
    assert not any("tool_calls" in message for message in body["messages"])
    assert "weather" in body["messages"][1]["content"]


def test_web_search_is_off_unless_it_is_asked_for() -> None:
    (tool,) = asked("4.0Ultra")["tools"]
    assert tool == {"type": "web_search", "web_search": {"enable": False}}
    (tool,) = asked("4.0Ultra", web_search=True)["tools"]
    assert (tool["web_search"]["enable"], tool["web_search"]["show_ref_label"]) == (True, True)
    with pytest.raises(InvalidRequestError, match="not both"):
        asked("x2", tools=[WEATHER], web_search=True)


def test_a_schema_goes_in_words_with_the_json_mode() -> None:
    schema = {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}
    body = asked("4.0Ultra", response_format=schema)
    assert body["response_format"] == {"type": "json_object"}
    assert "JSON Schema" in body["messages"][-1]["content"]
    assert "response_format" not in asked("x2", response_format={"type": "json_object"})


def test_a_model_that_nobody_knows_here() -> None:
    assert asked(ModelSpec.maas("sabc123"), top_k=50)["model"] == "sabc123"


@pytest.mark.parametrize("name", ["chat_id", "auditing"])
def test_what_only_the_websocket_has(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"{name} has no field over http"):
        asked("x2", **{name: "default"})
    assert name not in asked("x2", unsupported="ignore", **{name: "default"})


def test_a_call_is_demanded_behind_the_question_or_behind_a_result() -> None:
    demanded: Any = {"tools": [WEATHER], "tool_choice": "weather"}
    (turn,) = asked("spark-x2.5", **demanded)["messages"]
    assert turn["content"].startswith("你好\n")
    assert "weather" in turn["content"]
    *_, result, turn = asked("spark-x2.5", USED, **demanded)["messages"]
    assert (result["role"], turn["role"]) == ("tool", "user")
