"""Models over HTTP through the gateway: which wire a chat takes, and whose key goes along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from iflytek_spark.emulator import Call, Emulator, Reply, SeenChat, running_emulator
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.test_upstream import served

TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
QUESTION: Any = {"role": "user", "content": "天气？"}


def respond(request: SeenChat) -> Reply:
    if request.tools and request.messages[-1].role == "user":
        calls = (Call("weather", {"city": "合肥"}), Call("weather", {"city": "黄山"}))
        return Reply("看看", calls=calls, reasoning="先想")
    return Reply("都晴。", reasoning="再想")


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with one_gateway(emulator={"respond": respond}) as gateway:
        yield gateway


PATHS = {
    "x2": "/x2/chat/completions",
    "x2-flash": "/agent/v1/chat/completions",
    "spark-x2.5": "/v2/chat/completions",
    "xopglm5": "/v2/chat/completions",
}
models = pytest.mark.parametrize("model", PATHS)


def whole(client: openai.OpenAI, model: str, messages: list[Any]) -> Any:
    found: ChatCompletion = client.chat.completions.create(
        model=model, messages=messages, tools=[TOOL]
    )
    return found.choices[0].message


def streamed(client: openai.OpenAI, model: str, messages: list[Any]) -> Any:
    with client.chat.completions.stream(model=model, messages=messages, tools=[TOOL]) as stream:
        return stream.get_final_completion().choices[0].message


@models
@pytest.mark.parametrize("ask", [whole, streamed])
def test_tools_and_their_results(
    client: openai.OpenAI, gateway: Gateway, model: str, ask: Any
) -> None:
    first = ask(client, model, [QUESTION])
    calls = [(call.function.name, call.function.arguments) for call in first.tool_calls]
    assert calls == [("weather", '{"city": "合肥"}'), ("weather", '{"city": "黄山"}')]
    assert first.reasoning_content == "先想"
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "晴"} for call in first.tool_calls
    ]
    answer = ask(client, model, [QUESTION, first.model_dump(exclude_none=True), *results])
    assert answer.content == "都晴。"
    request = gateway.spark.requests[-1]
    assert request.path == PATHS[model]
    assert [turn["role"] for turn in request.body["messages"]].count("tool") == 2


@models
def test_streams_without_tools(client: openai.OpenAI, model: str) -> None:
    chunks: list[ChatCompletionChunk] = list(
        client.chat.completions.create(
            model=model, messages=[QUESTION], stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "都晴。"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens > 0


@pytest.mark.parametrize(
    ("wire", "path"), [("auto", "/x2"), ("websocket", "/x2"), ("http", "/x2/chat/completions")]
)
def test_the_wire_is_a_setting(wire: str, path: str) -> None:
    with one_gateway(wire=wire) as gateway:
        found = ask(gateway, "x2")
        assert (found.status_code, gateway.spark.requests[-1].path) == (200, path)


def test_a_model_that_is_not_reached_over_the_wire_is_refused() -> None:
    with one_gateway(wire="websocket") as gateway:
        found = ask(gateway, "spark-x2.5")
        assert (found.status_code, gateway.spark.requests) == (400, ())


def ask(gateway: Gateway, model: str, **headers: str) -> httpx2.Response:
    body = {"model": model, "messages": [QUESTION]}
    return httpx2.post(f"{gateway.url}/chat/completions", json=body, headers=headers)


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A service of whose keys the gateway knows none."""
    with running_emulator() as running:
        yield running


@pytest.mark.parametrize("form", ["X_{}", "x-{}"])
def test_callers_bring_keys_of_http(spark: Emulator, form: str) -> None:
    keys = spark.http_keys
    password, maas = (
        form.format(name) if "_" in form else form.format(name).replace("_", "-")
        for name in ("API_PASSWORD", "MAAS_API_KEY")
    )
    with served(spark) as gateway:
        assert ask(gateway, "spark-x2.5", **{maas: keys.maas_key}).status_code == 200
        assert ask(gateway, "x2-flash", **{password: keys.api_password}).status_code == 200
        wrong = ask(gateway, "spark-x2.5", **{maas: "0" * 40})
        assert wrong.status_code == 401
        other = ask(gateway, "4.0Ultra", **{maas: keys.maas_key})
        assert other.status_code == 401
        assert "SPARK_APP_ID" in other.json()["error"]["message"]


def test_a_callers_own_key_is_not_joined_with_the_gateways(
    spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in spark.environment.items():
        monkeypatch.setenv(name, value)
    with served(spark) as gateway:
        assert ask(gateway, "4.0Ultra").status_code == 200
        headers = {"X-MAAS-API-KEY": spark.http_keys.maas_key}
        assert ask(gateway, "4.0Ultra", **headers).status_code == 401
