"""The service's half of the chat frames, beside the client's half."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iflytek_spark.messages import (
    Citation,
    ImagePart,
    Message,
    PluginResult,
    TextPart,
    Tool,
    Usage,
    WebSearch,
)
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.wire.chat_client import decode_frame, encode_request
from iflytek_spark.protocol.wire.chat_server import (
    decode_request,
    encode_answer,
    encode_error,
    encode_search,
)
from iflytek_spark.protocol.wire.values import (
    Delta,
    FunctionCall,
    RequestRefusedError,
    Turn,
    WebSearchSwitch,
    WireRequest,
)
from iflytek_spark.requests.build import build_request
from iflytek_spark.requests.options import ChatOptions

_SID = "cht000b702a@dx18d6fb9d758b894540"
_USAGE = Usage(prompt_tokens=37, completion_tokens=169, total_tokens=206)


def _body(**chat: object) -> dict[str, Any]:
    return {
        "header": {"app_id": "app"},
        "parameter": {"chat": {"domain": "4.0Ultra", **chat}},
        "payload": {"message": {"text": [{"role": "user", "content": "你好"}]}},
    }


def _round_trip(model: str, messages: tuple[Message, ...], options: ChatOptions) -> WireRequest:
    request = build_request(find_model(model), messages, options)
    return decode_request(encode_request(request, "app", "user"))


def test_what_the_client_writes_is_read() -> None:
    tool = Tool("天气查询", "查询天气", {"type": "object", "properties": {}})
    read = _round_trip(
        "4.0Ultra",
        (Message("system", "简短"), Message("user", "你好")),
        {"temperature": 0.5, "top_k": 3, "max_tokens": 10, "uid": "u", "tools": [tool],
         "web_search": WebSearch(citations=True)},
    )  # fmt: skip
    assert read == WireRequest(
        app_id="app",
        uid="u",
        patch_ids=(),
        domain="4.0Ultra",
        numbers={"temperature": 0.5, "top_k": 3, "max_tokens": 10},
        search=WebSearchSwitch(enabled=True, shows_pages=True),
        thinking=None,
        wants_json=False,
        turns=(Turn("system", "简短"), Turn("user", "你好")),
        tools=(tool,),
        forced_tool=None,
    )


def test_an_image_is_read() -> None:
    parts = (ImagePart(b"\xff\xd8\xff"), TextPart("这是什么？"))
    read = _round_trip("image", (Message("user", parts),), {})
    assert read.turns == (Turn("user", "/9j/", image=True), Turn("user", "这是什么？"))


def test_thinking_is_read() -> None:
    assert _round_trip("x2", (Message("user", "甲"),), {"thinking": "disabled"}).thinking == (
        "disabled"
    )


def test_what_is_missing_is_none() -> None:
    read = decode_request(json.dumps(_body()))
    assert (read.uid, read.search, read.thinking, read.tools) == (None, None, None, None)
    assert read.numbers == {}


@pytest.mark.parametrize(
    ("chat", "search"),
    [
        ({"tools": [{"type": "web_search", "web_search": {"enable": False}}]}, (False, False)),
        ({"tools": [{"type": "web_search"}]}, (True, False)),
        ({"tools": [{"type": "other"}]}, None),
        ({"show_ref_label": True}, (True, True)),
        ({"show_ref_label": True, "tools": [{"type": "web_search"}]}, (True, True)),
    ],
)
def test_the_forms_of_the_search_switch(chat: dict[str, Any], search: object) -> None:
    assert decode_request(json.dumps(_body(**chat))).search == search


def test_the_undocumented_keys_are_read() -> None:
    chat = {"function_choice": "f", "response_format": {"type": "json_object"}}
    read = decode_request(json.dumps(_body(**chat)))
    assert (read.forced_tool, read.wants_json) == ("f", True)


def test_empty_functions_are_not_the_same_as_none() -> None:
    body = _body()
    body["payload"]["functions"] = {}
    assert decode_request(json.dumps(body)).tools == ()


def test_fine_tuning_is_read() -> None:
    body = _body()
    body["header"]["patch_id"] = ["1", "2"]
    assert decode_request(json.dumps(body)).patch_ids == ("1", "2")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", '{"a": NaN}', '"\\ud800"', "[" * 100_000])
def test_what_is_no_json(data: bytes | str) -> None:
    with pytest.raises(RequestRefusedError, match="invalid json") as caught:
        decode_request(data)
    assert caught.value.code == 10003


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("header", "app_id"), None, "'$.header.app_id'"),
        (("header", "uid"), 5, "'$.header.uid'"),
        (("parameter", "chat", "top_k"), "4", "'$.parameter.chat.top_k'"),
        (("parameter", "chat", "temperature"), True, "'$.parameter.chat.temperature'"),
        (("payload", "message", "text"), [], "'$.payload.message.text'"),
        (("payload", "message", "text"), [{}], "'$.payload.message.text[0].role'"),
    ],
)
def test_a_wrong_form_names_its_place(path: tuple[str, ...], value: object, place: str) -> None:
    body = _body()
    parent: Any = body
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    with pytest.raises(RequestRefusedError) as caught:
        decode_request(json.dumps(body))
    assert caught.value.code == 10004
    assert caught.value.name == "SchemaCheckError"
    assert caught.value.detail.startswith(place)


def test_what_the_service_writes_is_read() -> None:
    pieces = [Delta("", "想"), Delta("您"), Delta("好")]
    first, second, third = map(decode_frame, encode_answer(_SID, pieces, _USAGE, 5))
    assert (first.reasoning, first.seq, first.last, first.sid) == ("想", 0, False, _SID)
    assert (second.content, second.seq, second.usage) == ("您", 1, None)
    assert (third.content, third.seq, third.last, third.usage) == ("好", 2, True, _USAGE)


def test_a_function_call_is_read() -> None:
    call = FunctionCall("天气查询", '{"location":"合肥"}')
    (data,) = encode_answer(_SID, [Delta(call=call)], _USAGE, 5)
    frame = decode_frame(data)
    assert frame.function_call == call
    assert frame.last


def test_a_frame_about_an_image_is_read() -> None:
    (data,) = encode_answer(_SID, [Delta("猫")], _USAGE, 5, about_image=True)
    assert json.loads(data)["header"]["status"] == 0
    assert decode_frame(data).last


def test_the_pages_of_a_search_are_read() -> None:
    frame = decode_frame(encode_search(_SID, [Citation(1, "https://example.com", "题")]))
    page = '[{"index":1,"url":"https://example.com","title":"题"}]'
    assert frame.plugins == (PluginResult("ifly_search", page),)
    assert not frame.has_choices
    assert not frame.last


def test_an_error_is_read() -> None:
    frame = decode_frame(encode_error(_SID, 11200, "AppIdNoAuthError:(15:24:29.825) tokens.total"))
    assert (frame.code, frame.sid) == (11200, _SID)
    assert frame.message == "AppIdNoAuthError:(15:24:29.825) tokens.total"


def test_a_capture_of_the_service_is_written_alike() -> None:
    """The frames of PROTOCOL.md §2.3, key by key and in the same order."""
    first, last = encode_answer(_SID, [Delta("您"), Delta("尾")], _USAGE, 37)
    assert first == (
        f'{{"header":{{"code":0,"message":"Success","sid":"{_SID}","status":0}},'
        '"payload":{"choices":{"status":0,"seq":0,"text":[{"content":"您","role":"assistant",'
        '"index":0}]}}}'
    )
    assert last == (
        f'{{"header":{{"code":0,"message":"Success","sid":"{_SID}","status":2}},'
        '"payload":{"choices":{"status":2,"seq":1,"text":[{"content":"尾","role":"assistant",'
        '"index":0}]},"usage":{"text":{"question_tokens":37,"prompt_tokens":37,'
        '"completion_tokens":169,"total_tokens":206}}}}'
    )
