"""What a client asks over HTTP, as the service reads it: both halves of the wire agree."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from iflytek_spark import Credentials, MissingCredentialsError
from iflytek_spark.messages import ImagePart, Message, TextPart, Tool, ToolCall, WebSearch
from iflytek_spark.models.spec import Lacks, ModelSpec
from iflytek_spark.protocol.bearer import app_of, maas_key, open_key
from iflytek_spark.protocol.dialects import CHAT_DIALECTS
from iflytek_spark.protocol.wire.openai.requests import MalformedError, decode_chat, peek_model
from iflytek_spark.protocol.wire.openai.service_values import HttpChatRequest, ToolChoice
from iflytek_spark.requests.build import build_request
from tests.unit.protocol.http.playing import KEYS, request_for

WEATHER = Tool("weather", "天气", {"type": "object", "properties": {}})
CALL = ToolCall("c1", "weather", '{"city": "合肥"}')
USED = [
    Message("user", "天气？"),
    Message("assistant", "看看", tool_calls=(CALL,), reasoning="想"),
    Message("tool", "坏了", tool_call_id="c1", failed=True),
]
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"


def asked(model: str, messages: Any = "你好", **options: Any) -> HttpChatRequest:
    request = request_for(model, messages, **options)
    body = CHAT_DIALECTS[request.spec.dialect].encode(request, "app1", "uid1")
    data = body.encode() if isinstance(body, str) else body
    assert peek_model(data) == request.spec.domain
    return decode_chat(data)


def test_a_question() -> None:
    read = asked("x2", temperature=0.5, max_tokens=9, top_k=3)
    assert (read.model, read.stream, read.user) == ("spark-x", True, "uid1")
    assert read.numbers == {"temperature": 0.5, "max_tokens": 9, "top_k": 3}
    assert [(turn.role, turn.text) for turn in read.turns] == [("user", "你好")]
    assert (read.include_usage, read.choices, read.calls_switch) == (None, 1, False)


def test_a_question_to_maas() -> None:
    read = asked("spark-x2.5", max_tokens=9)
    assert (read.numbers, read.include_usage, read.user) == (
        {"max_completion_tokens": 9}, True, "",
    )  # fmt: skip
    assert asked("spark-x2.5", uid="u7").user == "u7"


def test_tools_and_their_turns() -> None:
    read = asked("x2", USED, tools=[WEATHER], tool_choice="required")
    assert (read.tools, read.calls_switch) == ((WEATHER,), True)
    assert read.tool_choice == ToolChoice("required")
    _, assistant, result = read.turns
    assert [tuple(call) for call in assistant.calls] == [("c1", "weather", CALL.arguments)]
    assert (result.role, result.call_id, result.text) == ("tool", "c1", "Error: 坏了")


def test_a_failure_that_says_so_itself_is_told_once() -> None:
    failed = [*USED[:2], Message("tool", "Error: 坏了", tool_call_id="c1", failed=True)]
    assert asked("spark-x2.5", failed).turns[-1].text == "Error: 坏了"


@pytest.mark.parametrize(
    ("model", "thinking", "seen"),
    [
        ("x2", "auto", ("auto", None)),
        ("x2", "disabled", ("disabled", None)),
        ("spark-x2.5", "enabled", (None, True)),
        ("spark-x2.5", "disabled", (None, False)),
        ("spark-x2.5", "auto", (None, None)),
    ],
)
def test_thinking(model: str, thinking: str, seen: tuple[str | None, bool | None]) -> None:
    read = asked(model, thinking=thinking)
    assert (read.thinking, read.enable_thinking) == seen


def test_web_search() -> None:
    searches = [
        asked("4.0Ultra").search,
        asked("4.0Ultra", web_search=True).search,
        asked("pro", web_search=WebSearch("deep")).search,
        asked("4.0Ultra", web_search=WebSearch(citations=False)).search,
    ]
    assert [(s.enabled, s.shows_pages) for s in searches if s] == [
        (False, False), (True, True), (True, False), (True, False),
    ]  # fmt: skip
    assert asked("x2", tools=[WEATHER]).search is None


def test_an_image_goes_in_parts_behind_its_words_what_is_told_last() -> None:
    parts = (TextPart("看"), ImagePart(PNG), ImagePart(JPEG))
    demanded: dict[str, Any] = {"tools": [WEATHER], "tool_choice": "required"}
    (turn,) = asked("xopqwen36v35b", [Message("user", parts)], **demanded).turns
    assert turn.parts
    assert [url.partition(";")[0] for url in turn.images] == ["data:image/png", "data:image/jpeg"]
    assert turn.text.startswith("看\n")
    assert "weather" in turn.text


def test_what_is_told_stands_behind_a_question() -> None:
    (turn,) = asked("spark-x2.5", tools=[WEATHER], tool_choice="required").turns
    assert turn.text.startswith("你好\n")
    assert "weather" in turn.text


def test_what_is_told_stands_behind_a_result_in_a_turn_of_its_own() -> None:
    turns = asked("spark-x2.5", USED, tools=[WEATHER], tool_choice="required").turns
    assert [turn.role for turn in turns] == ["user", "assistant", "tool", "user"]


def test_formats_and_further_fields() -> None:
    read = asked("4.0Ultra", response_format={"type": "json_object"}, extra={"keep_alive": True})
    assert (read.wants_json, read.keep_alive) == (True, True)


def test_what_a_dialect_may_have_goes_as_it_is() -> None:
    """No row has a field for stop strings yet; one that has sends them."""
    spec = replace(ModelSpec.maas("m"), lacks=Lacks())
    request = build_request(spec, "你好", {"stop": ["。"]})
    assert json.loads(CHAT_DIALECTS["maas"].encode(request, "app1", "uid1"))["stop"] == ["。"]
    assert request.rules.cut_at == ()


def body(**fields: Any) -> bytes:
    return json.dumps(
        {"model": "m", "messages": [{"role": "user", "content": "a"}], **fields}
    ).encode()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("none", ToolChoice("none")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice("required", "f", True)),
        ({"type": "function", "name": "f"}, ToolChoice("required", "f", True)),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"name": "f"}]},
            ToolChoice("required", "", True, ("f",)),
        ),
    ],
)
def test_the_forms_of_a_choice(sent: Any, read: ToolChoice) -> None:
    assert decode_chat(body(tool_choice=sent)).tool_choice == read


def test_what_other_clients_send() -> None:
    part = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]
    read = decode_chat(
        body(
            messages=[{"role": "user", "content": part}, {"role": "assistant", "content": None}],
            n=2,
            reasoning_effort="none",
            search_disable=False,
            show_ref_label=True,
            tools=[{"type": "retrieval"}],
        )
    )
    assert (read.choices, read.enable_thinking, read.tools) == (2, False, ())
    assert read.search is not None
    assert (read.search.enabled, read.search.shows_pages) == (True, True)
    assert (read.turns[0].images, read.turns[0].text, read.turns[1].text) == (("u",), "a", "")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"{", ""),
        (b"[]", ""),
        (body(messages=[]), "messages"),
        (body(messages=[{"role": 5}]), "messages.0.role"),
        (body(temperature="hot"), "temperature"),
    ],
)
def test_a_body_of_another_form(data: bytes, place: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_chat(data)
    assert caught.value.place == place
    if place != "":
        return
    assert peek_model(data) == ""


PASSWORD = Credentials(api_password="the password")
MAAS = Credentials(maas_api_key="the key")


def test_each_dialect_takes_its_own_key() -> None:
    assert open_key(PASSWORD) == "the password"
    assert open_key(KEYS) == f"{KEYS.api_key}:{KEYS.api_secret}"
    assert maas_key(MAAS) == "the key"
    assert app_of(KEYS) is KEYS
    url, headers, hint, *_ = CHAT_DIALECTS["maas"].open("https://host/v2", MAAS, 0.0)
    assert (url, headers["Authorization"]) == ("https://host/v2", "Bearer the key")
    assert "maas_api_key" in hint


@pytest.mark.parametrize(
    ("find", "credentials", "words"),
    [
        (open_key, MAAS, "SPARK_API_PASSWORD.*a MaaS key"),
        (maas_key, PASSWORD, "SPARK_MAAS_API_KEY.*an APIPassword"),
        (maas_key, Credentials("a", "b", "c"), "SPARK_MAAS_API_KEY.*three values"),
        (app_of, PASSWORD, "three values.*an APIPassword"),
    ],
)
def test_a_key_that_is_missing_is_named_with_those_that_are_there(
    find: Any, credentials: Credentials, words: str
) -> None:
    with pytest.raises(MissingCredentialsError, match=words) as caught:
        find(credentials)
    assert "the password" not in str(caught.value)
