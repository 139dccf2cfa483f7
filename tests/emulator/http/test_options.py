"""Each knob of what is known too thinly, turned the other way (PROTOCOL-HTTP.md §11)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from iflytek_spark.emulator import Call, HttpKeys, HttpOptions, Reply, faults, running_emulator
from iflytek_spark.messages import Citation
from tests.emulator.http.raw import PATHS, QUESTION, WEATHER, Kind, ask, chunks, deltas

_IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
_TEXT = {"type": "text", "text": QUESTION}


def message(response: httpx.Response) -> Any:
    assert response.status_code == 200
    return response.json()["choices"][0]["message"]


def test_a_path_of_open_in_the_form_of_maas() -> None:
    path = "/x2/chat/completions"
    with running_emulator(http_options=HttpOptions(maas_shaped=frozenset({path}))) as spark:
        body = ask(spark, "open", path=path, model="spark-x").json()
        assert body["object"] == "chat.completion"
        assert "sid" not in body
        refused = ask(spark, "open", path=path, model="spark-x", n=2)
        assert refused.json()["error"]["code"] == 10005


def test_parts_are_taken_by_open() -> None:
    turns = [{"role": "user", "content": [_TEXT]}]
    with running_emulator(http_options=HttpOptions(parts="take")) as spark:
        assert QUESTION in message(ask(spark, "open", messages=turns))["content"]


def test_images_are_ignored_by_models_of_text() -> None:
    turns = [{"role": "user", "content": [_TEXT, _IMAGE]}]
    with running_emulator(http_options=HttpOptions(images="ignore")) as spark:
        assert QUESTION in message(ask(spark, "maas", messages=turns))["content"]


def test_every_model_obeys_required() -> None:
    with running_emulator(http_options=HttpOptions(ignores_required=frozenset())) as spark:
        found = message(ask(spark, "maas", tools=[WEATHER], tool_choice="required"))
    assert found["tool_calls"]


def test_no_model_takes_a_choice_that_is_an_object() -> None:
    choice = {"type": "function", "function": {"name": "get_weather"}}
    with running_emulator() as spark:
        assert message(ask(spark, "maas", tools=[WEATHER], tool_choice=choice))["tool_calls"]
    with running_emulator(http_options=HttpOptions(object_choice=frozenset())) as spark:
        response = ask(spark, "maas", tools=[WEATHER], tool_choice=choice)
    assert response.status_code == 500
    assert "'$.parameter.cbm.tool_choice' type must be string" in response.text


@pytest.mark.parametrize(
    ("kind", "options", "code", "status"),
    [
        ("open", HttpOptions(rate_status=429), 11202, 429),
        ("maas", HttpOptions(max_tokens_status=400), 10163, 400),
    ],
)
def test_statuses(kind: Kind, options: HttpOptions, code: int, status: int) -> None:
    with running_emulator(http_options=options) as spark:
        spark.script(faults.ErrorFrame(code))
        assert ask(spark, kind).status_code == status


def test_maas_refuses_a_key_with_an_error_object() -> None:
    body = {"model": "spark-x2.5", "messages": [{"role": "user", "content": "x"}]}
    with running_emulator(http_options=HttpOptions(unauthorized="error")) as spark:
        headers = {"Authorization": "Bearer x"}
        response = httpx.post(spark.http_url + PATHS["maas"], json=body, headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "authentication_error"


@pytest.mark.parametrize("stream", [False, True])
def test_pages_of_a_search_are_left_out(stream: bool) -> None:
    reply = Reply("好", citations=(Citation(1, "https://example.com/1", "黄山"),))
    options = HttpOptions(search_pages=False)
    with running_emulator(respond=lambda _: reply) as spark:
        assert "example.com" in ask(spark, "open", stream=stream).text
    with running_emulator(respond=lambda _: reply, http_options=options) as spark:
        assert "example.com" not in ask(spark, "open", stream=stream).text


def test_usage_of_a_model_stands_elsewhere() -> None:
    options = HttpOptions(usage_styles={"spark-x2.5": "last_delta"})
    with running_emulator(http_options=options) as spark:
        last = chunks(ask(spark, "maas", stream=True))[-1]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]["total_tokens"] > 0


def test_calls_as_an_array_without_the_switch() -> None:
    options = HttpOptions(calls_form="array")
    call = Call("get_weather", {})
    with running_emulator(respond=lambda _: call, http_options=options) as spark:
        first = deltas(ask(spark, "open", tools=[WEATHER], stream=True))[0]
    assert first["tool_calls"][0]["function"]["name"] == "get_weather"


def test_keys_of_one_s_own() -> None:
    keys = HttpKeys(api_password="a-word", maas_key=f"{'0' * 32}:YQ==")
    with running_emulator(http_keys=keys) as spark:
        assert spark.http_keys == keys
        kinds: tuple[Kind, ...] = ("open", "maas")
        assert [ask(spark, kind).status_code for kind in kinds] == [200, 200]
