"""Histories as clients of OpenAI, Ollama, Anthropic, Gemini and LangChain write them are taken."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.gateway.chat_helpers import MODEL, asked, data_url
from tests.gateway.gateway_helpers import Gateway
from tests.unit.images.drawing import drawn

DOT = data_url(drawn((8, 8), "PNG"))
BASE64 = DOT.partition(",")[2]
ASK, THANKS = asked("天气如何？"), asked("谢谢")
ARGUMENTS = r'"arguments": "{\"city\": \"合肥\"}"'


def called(call: Any, **more: Any) -> Any:
    return {"role": "assistant", "content": None, "tool_calls": [call], **more}


def of(arguments: Any, **more: Any) -> Any:
    return called({**more, "function": {"name": "weather", "arguments": arguments}})


def said(content: Any) -> list[Any]:
    return [*ASK, {"role": "assistant", "content": content}, *THANKS]


def result(content: Any = "晴", **more: Any) -> Any:
    return {"role": "tool", "content": content, **more}


CALL = of('{"city": "合肥"}', id="a", type="function")
TURN = [*ASK, CALL]
PAIR = r'"id": "call_1_0", "name": "weather", "status": "success", "content": "晴"'
HISTORIES: dict[str, tuple[list[Any], list[str]]] = {
    "Ollama": ([*ASK, of({"city": "合肥"}), result(tool_name="weather")], [ARGUMENTS, PAIR]),
    "no id and no name": ([*ASK, of({"city": "合肥"}), result()], [PAIR]),
    "numbers as ids": (
        [*ASK, of("{}", id=1, type="function"), result(tool_call_id=1)],
        ['"id": "1", "name": "weather", "status"'],
    ),
    "LangChain": (
        [
            *ASK,
            called({"name": "weather", "args": {"city": "合肥"}, "id": "a", "type": "tool_call"}),
            result(tool_call_id="a"),
        ],
        [ARGUMENTS, '"id": "a", "name": "weather", "status"'],
    ),
    "a custom tool": (
        [*ASK, called({"id": "a", "type": "custom", "custom": {"name": "sql", "input": "x"}})],
        ['"name": "sql", "arguments": "x"'],
    ),
    "a legacy function": (
        [
            *ASK,
            {"role": "assistant", "function_call": {"name": "weather", "arguments": "{}"}},
            {"role": "function", "name": "weather", "content": "晴"},
        ],
        [PAIR],
    ),
    "Anthropic": (
        [
            *ASK,
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "嗯", "signature": "s"},
                    {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "合肥"}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "a", "content": "晴"}],
            },
        ],
        [ARGUMENTS, '"id": "a", "name": "weather", "status": "success", "content": "晴"'],
    ),
    "Gemini": ([*ASK, {"role": "model", "content": "晴"}, *THANKS], ["晴"]),
    "LangChain's roles": (
        [{"role": "human", "content": "你好"}, {"role": "ai", "content": "晴"}, *THANKS],
        ["你好", "晴"],
    ),
    "no result": ([*TURN, result(None, tool_call_id="a")], ['"content": ""']),
    "a result as an object": (
        [*TURN, result({"type": "rain", "mm": 3}, tool_call_id="a")],
        [r"{\"type\": \"rain\", \"mm\": 3}"],
    ),
    "a result as a number": ([*TURN, result(20, tool_call_id="a")], ['"content": "20"']),
    "an image as a result": (
        [*TURN, result([{"type": "image_url", "image_url": DOT}], tool_call_id="a")],
        ["not shown"],
    ),
    "a refusal": (said([{"type": "refusal", "refusal": "不行"}]), ["不行"]),
    "texts alone": (said(["一", "二"]), ["一\n二"]),
    "one part alone": (said({"type": "text", "text": "一"}), ["一"]),
    "OpenAI's Responses": (said([{"type": "output_text", "text": "一"}]), ["一"]),
    "no content": ([*ASK, {"role": "assistant"}, {"role": "user", "content": None}, *THANKS], []),
    "an empty system": ([{"role": "system", "content": None}, *ASK], []),
    "audio that was sent before": (
        [*asked([{"type": "input_audio", "input_audio": {"data": "aGk="}}]), *said("好")[1:]],
        ["[input_audio, 1 KB, not shown]"],
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_of_any_clients(gateway: Gateway, name: str) -> None:
    messages, words = HISTORIES[name]
    body = {"model": MODEL, "messages": messages}
    response = httpx2.post(f"{gateway.url}/chat/completions", json=body, timeout=30)
    assert response.status_code == 200, response.text
    turns = gateway.spark.requests[-1].body["payload"]["message"]["text"]
    sent = "\n".join(turn["content"] for turn in turns)
    for expected in words:
        assert expected in sent, sent


IMAGES: dict[str, Any] = {
    "its address alone": {"content": [{"type": "image_url", "image_url": DOT}]},
    "another detail": {
        "content": [{"type": "image_url", "image_url": {"url": DOT, "detail": "original"}}]
    },
    "Anthropic's": {
        "content": [
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": BASE64},
            }
        ]
    },
    "Ollama's": {"content": "这是什么？", "images": [BASE64]},
    "Responses'": {"content": [{"type": "input_image", "image_url": DOT}]},
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_of_any_clients(gateway: Gateway, name: str) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", **IMAGES[name]}]}
    response = httpx2.post(f"{gateway.url}/chat/completions", json=body, timeout=30)
    assert response.status_code == 200, response.text
    (turn,) = gateway.spark.requests[-1].body["payload"]["message"]["text"][:1]
    assert turn["content_type"] == "image"
