"""What popular clients send and Spark has nothing for: left out and told, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from iflytek_spark.emulator import Reply, SeenChat
from tests.gateway.chat_helpers import MODEL, asked, shown
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.http_helpers import ask
from tests.gateway.metrics_helpers import samples_after
from tests.gateway.middleware.conftest import AccessLog, access_log

__all__ = ["access_log"]

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": CITY}}]
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def _reply(_chat: SeenChat) -> Reply:
    return Reply('{"city": "合肥"}')


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """A gateway as it is by default."""
    with one_gateway(emulator={"respond": _reply}) as gateway:
        yield gateway


def post(gateway: Gateway, **fields: Any) -> httpx2.Response:
    body = {"model": MODEL, "messages": asked("你好"), **fields}
    return httpx2.post(f"{gateway.url}/chat/completions", json=body, timeout=30)


IGNORED: dict[str, tuple[dict[str, Any], str]] = {
    "mem0, ragas": ({"top_p": 0.1}, "top_p"),
    "browser-use": ({"frequency_penalty": 0.3}, "frequency_penalty"),
    "qwen-agent, lm_eval": ({"seed": 1234}, "seed"),
    "RAGFlow": (
        {"top_p": 0.3, "presence_penalty": 0.4, "frequency_penalty": 0.7},
        "top_p, presence_penalty, frequency_penalty",
    ),
    "a warm preset": ({"temperature": 1.2}, "temperature"),
    "more tokens than there are": ({"model": "lite", "max_tokens": 8192}, "max_tokens"),
    "no limit": ({"max_tokens": -1}, "max_tokens"),
    "the newer name": ({"max_completion_tokens": 10**6}, "max_completion_tokens"),
    "no thinking model": ({"reasoning_effort": "high"}, "reasoning_effort"),
    "an effort nobody knows": ({"reasoning_effort": "max"}, "reasoning_effort"),
    "thinking of another form": ({"thinking": {"type": "adaptive"}}, "thinking"),
    "a model without search": ({"model": "lite", "web_search_options": {}}, "web_search_options"),
    "newest apps": ({"store": True, "verbosity": "low"}, "store, verbosity"),
    "bias": ({"logit_bias": {"50256": -100}}, "logit_bias"),
    "bookkeeping": (
        {"metadata": {"a": "b"}, "safety_identifier": "x", "prompt_cache_key": "y"},
        "metadata, safety_identifier, prompt_cache_key",
    ),
    "metadata of another form": ({"metadata": {"a": 1}}, "metadata"),
    "a tier": ({"service_tier": "flex"}, "service_tier"),
    "a prediction": ({"prediction": {"type": "content", "content": "x"}}, "prediction"),
    "vLLM, Ollama, OpenRouter": (
        {"chat_template_kwargs": {"a": 1}, "min_p": 0.1, "reasoning": {"effort": "low"}},
        "chat_template_kwargs, min_p, reasoning",
    ),
    "vLLM's top_k": ({"top_k": -1}, "top_k"),
    "tools on a model without": ({"model": "lite", "tools": TOOLS}, "tools"),
    "an image while tools are on": ({"messages": shown(DOT), "tools": TOOLS}, "tools"),
    "names that no log should hold": ({"a\r\nset-cookie: x": 1, "好": 2, "ok": 3}, "other, ok"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_what_tunes_an_answer_is_left_out_and_told(gateway: Gateway, name: str) -> None:
    fields, told = IGNORED[name]
    whole = post(gateway, **fields)
    assert whole.status_code == 200, whole.text
    assert whole.headers["x-spark-ignored"] == told
    streamed = post(gateway, **fields, stream=True)
    assert streamed.text.endswith("data: [DONE]\n\n")
    assert streamed.headers["x-spark-ignored"] == told


NOTHING: dict[str, dict[str, Any]] = {
    "empty": {"logit_bias": {}, "functions": [], "function_call": "none", "metadata": {}},
    "neutral": {"top_p": 1, "presence_penalty": 0, "frequency_penalty": 0.0, "n": 1},
    "null": {"seed": None, "min_p": None, "store": False, "logprobs": False},
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_asks_for_nothing_is_not_told(gateway: Gateway, name: str) -> None:
    response = post(gateway, **NOTHING[name])
    assert response.status_code == 200, response.text
    assert "x-spark-ignored" not in response.headers


FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "several answers": ({"n": 2}, "n"),
    "log-probabilities": ({"logprobs": True}, "logprobs"),
    "how many of them": ({"top_logprobs": 3}, "top_logprobs"),
    "sound": ({"modalities": ["text", "audio"], "audio": {}}, "modalities[1]"),
    "a voice": ({"audio": {"voice": "x"}}, "audio"),
    "legacy functions": ({"functions": [{"name": "f"}]}, "functions"),
    "vLLM's grammar": ({"guided_json": {"type": "object"}}, "guided_json"),
    "an unknown format": ({"response_format": {"type": "grammar"}}, "response_format.type"),
    "a call demanded": ({"model": "lite", "tools": TOOLS, "tool_choice": "required"}, "tools"),
    "no number": ({"temperature": "hot"}, "temperature"),
    "a tool of another kind": ({"tools": [{"type": "custom"}]}, "tools[0].type"),
}


@pytest.mark.parametrize("name", FORMS)
def test_what_changes_the_form_or_is_a_mistake_is_refused(gateway: Gateway, name: str) -> None:
    fields, param = FORMS[name]
    response = post(gateway, **fields, seed=1)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["param"] == param, error
    assert "seed" not in error["message"]


def test_a_checked_answer_tells_too(gateway: Gateway) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}
    for stream in (False, True):
        response = post(gateway, response_format=wanted, top_p=0.2, stream=stream)
        assert response.headers["x-spark-ignored"] == "top_p"


def test_the_other_routes_tell_too(gateway: Gateway) -> None:
    embedding = {"model": "spark-embedding", "input": "你好", "user": "u", "truncate": True}
    response = httpx2.post(f"{gateway.url}/embeddings", json=embedding)
    assert (response.status_code, response.headers["x-spark-ignored"]) == (200, "truncate, user")
    image = {"prompt": "雪山", "quality": "hd", "style": "vivid", "negative_prompt": "雨"}
    response = httpx2.post(f"{gateway.url}/images/generations", json=image)
    told = {*response.headers["x-spark-ignored"].split(", ")}
    assert told == {"quality", "style", "negative_prompt"}
    refused = httpx2.post(f"{gateway.url}/images/generations", json={**image, "n": 2})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "n")


STRICT: list[tuple[str, dict[str, Any], str, str]] = [
    ("/images/generations", {"prompt": "猫", "quality": "hd"}, "quality", "'standard'"),
    ("/images/generations", {"prompt": "猫", "style": "vivid"}, "style", "no counterpart"),
    (
        "/embeddings",
        {"model": "spark-embedding", "input": "a", "truncate": True},
        "truncate",
        "no such field",
    ),
]


def test_a_strict_gateway_refuses_by_name(running_gateway: RunningGateway) -> None:
    url = running_gateway(unsupported="refuse")
    for name in ("mem0, ragas", "qwen-agent, lm_eval", "newest apps", "a warm preset"):
        fields, told = IGNORED[name]
        response = ask(url, **{"model": MODEL, **fields})
        assert response.status_code == 400
        assert response.json()["error"]["param"] == told.split(", ")[0]


def test_the_other_routes_of_a_strict_gateway(running_gateway: RunningGateway) -> None:
    url = running_gateway(unsupported="refuse")
    for route, body, param, words in STRICT:
        error = httpx2.post(f"{url}/v1{route}", json=body).json()["error"]
        assert error["param"] == param
        assert words in error["message"]


def test_it_is_logged_and_counted(running_gateway: RunningGateway, access_log: AccessLog) -> None:
    url = running_gateway()
    for number in range(3):
        fields: dict[str, Any] = {f"field_{number}": 1}
        assert ask(url, top_p=0.1, **fields).status_code == 200
    lines = access_log.lines(3)
    assert [line["ignored"] for line in lines] == [[f"field_{n}", "top_p"] for n in range(3)]
    assert json.dumps(lines, ensure_ascii=False)
    seen = samples_after(url, 3)
    assert seen.sum("ignored_fields_total", field="top_p") == 3
    assert seen.sum("ignored_fields_total", field="other") == 3
    assert seen.labels("field") == {"top_p", "other"}
