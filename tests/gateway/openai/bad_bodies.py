"""Bodies that chat completions refuse, and the field that is wrong in each."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.gateway.chat_helpers import asked, shown

HELLO = asked("你好")


def _tool(parameters: Any) -> list[Any]:
    return [{"type": "function", "function": {"name": "f", "parameters": parameters}}]


def _schema(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}


def _nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def doubled() -> dict[str, Any]:
    """A schema of a few lines that stands for 2 to the 40th places."""
    names = [f"d{step}" for step in range(41)]
    levels: dict[str, Any] = {
        name: {"allOf": [{"$ref": f"#/$defs/{below}"}] * 2} for name, below in pairwise(names)
    }
    return {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/d0"}},
        "$defs": {**levels, "d40": {"type": "string"}},
    }


def _chat(fields: str) -> bytes:
    return b'{"model":"4.0Ultra","messages":[{"role":"user","content":"x"}],%b}' % fields.encode()


NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "half": b'{"model":',
    "a form": b"model=4.0Ultra",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "half a surrogate pair": b'{"model":"\\ud83d"}',
    "not UTF-8": b'{"model":"\xff"}',
    "a huge number": _chat(f'"max_tokens":{"9" * 5000}'),
    "a deep schema": _chat(f'"tools":{"[" * 300}{"]" * 300}'),
}
NO_OBJECT: dict[str, bytes] = {
    "a list": b"[]",
    "null": b"null",
    "a string": b'"x"',
}
NOT_FINITE: dict[str, tuple[bytes, str]] = {
    "NaN": (_chat('"temperature":NaN'), "temperature"),
    "Infinity": (_chat('"temperature":-Infinity'), "temperature"),
    "1e999": (_chat('"max_tokens":1e999'), "max_tokens"),
    "NaN in a tool": (
        _chat(
            '"tools":[{"type":"function","function":{"name":"f","parameters":'
            '{"type":"object","properties":{"a":{"type":"number","default":NaN}}}}}]'
        ),
        "tools",
    ),
}

MESSAGES: dict[str, tuple[Any, str]] = {
    "none": ([], "messages"),
    "null": (None, "messages"),
    "a string": ("你好", "messages"),
    "ten thousand": (HELLO * 10_000, "messages"),
    "not a message": (["你好"], "messages[0]"),
    "no role": ([{"content": "你好"}], "messages[0].role"),
    "an unknown role": ([*HELLO, {"role": "robot", "content": "x"}], "messages[1].role"),
    "no content": ([{"role": "user"}], "messages[0].content"),
    "null content": ([{"role": "user", "content": None}], "messages[0].content"),
    "empty content": ([{"role": "user", "content": " "}], "messages[0].content"),
    "no parts": ([{"role": "user", "content": []}], "messages[0].content"),
    "content of a wrong type": ([{"role": "user", "content": 5}], "messages[0].content"),
    "a part of a wrong type": (asked([5]), "messages[0].content[0]"),
    "a part without text": (asked([{"type": "text"}]), "messages[0].content[0].text"),
    "audio": (asked([{"type": "input_audio", "input_audio": {}}]), "messages[0].content[0].type"),
    "a file": (asked([{"type": "file", "file": {}}]), "messages[0].content[0].type"),
    "a picture of the system": (
        [{"role": "system", "content": [{"type": "image_url"}]}, *HELLO],
        "messages[0].content[0].image_url",
    ),
    "a picture without a URL": (
        asked([{"type": "image_url", "image_url": {}}]),
        "messages[0].content[0].image_url.url",
    ),
    "base64 that is none": (shown("data:image/png;base64,!!!"), "messages"),
    "an empty picture": (shown("data:image/png;base64,"), "messages"),
    "a picture that is none": (shown("data:image/png;base64,AAAA"), "messages"),
    "a text as a picture": (shown("data:text/plain;base64,AAAA"), "messages"),
    "two pictures": (shown("data:image/png;base64,AAAA") * 2, "messages"),
    "a tool's result with a list as its id": (
        [*HELLO, {"role": "tool", "content": "x", "tool_call_id": []}],
        "messages[1].tool_call_id",
    ),
    "a call without a function": (
        [*HELLO, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function"}]}],
        "messages[1].tool_calls[0]",
    ),
}

FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "a model of a wrong type": ({"model": 4.0}, "model"),
    "a model's name too long": ({"model": "x" * 100_000}, "model"),
    "n": ({"n": 2}, "n"),
    "logprobs": ({"logprobs": True}, "logprobs"),
    "top_logprobs": ({"top_logprobs": 3}, "top_logprobs"),
    "audio": ({"audio": {"voice": "a", "format": "wav"}}, "audio"),
    "modalities": ({"modalities": ["text", "audio"]}, "modalities[1]"),
    "seed": ({"seed": 1}, "seed"),
    "logit_bias": ({"logit_bias": {"1": 5}}, "logit_bias"),
    "functions": ({"functions": [{"name": "f"}]}, "functions"),
    "store": ({"store": True}, "store"),
    "an unknown field": ({"tempreature": 0.5}, "tempreature"),
    "temperature": ({"temperature": 2.5}, "temperature"),
    "temperature as a string": ({"temperature": "0.5"}, "temperature"),
    "top_p": ({"top_p": 0.5}, "top_p"),
    "top_k": ({"top_k": 7}, "top_k"),
    "no tokens": ({"max_tokens": 0}, "max_tokens"),
    "half a token": ({"max_tokens": 1.5}, "max_tokens"),
    "too many tokens": ({"max_completion_tokens": 10**20}, "max_tokens"),
    "two limits": ({"max_tokens": 5, "max_completion_tokens": 6}, "max_completion_tokens"),
    "an empty stop": ({"stop": ["a", ""]}, "stop"),
    "a stop of a wrong type": ({"stop": [1]}, "stop[0]"),
    "too many stops": ({"stop": ["a"] * 65}, "stop"),
    "stream": ({"stream": "yes"}, "stream"),
    "stream_options": ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
    "user": ({"user": 5}, "user"),
    "version": ({"version": "v3.1"}, "version"),
    "thinking": ({"thinking": {"type": "enabled"}}, "thinking"),
    "reasoning_effort": ({"reasoning_effort": "huge"}, "reasoning_effort"),
    "a search that the model cannot do": (
        {"model": "lite", "web_search_options": {}},
        "web_search_options",
    ),
    "tools that the model cannot call": ({"model": "lite", "tools": _tool({})}, "tools"),
    "a tool without a name": (
        {"tools": [{"type": "function", "function": {}}]},
        "tools[0].function.name",
    ),
    "a tool without a function": ({"tools": [{"type": "function"}]}, "tools[0].function"),
    "a tool that is no function": ({"tools": [{"type": "retrieval"}]}, "tools[0].type"),
    "parameters of a wrong type": ({"tools": _tool(5)}, "tools[0].function.parameters"),
    "parameters that are no object": ({"tools": _tool({"type": "string"})}, "tools"),
    "a long stop": ({"stop": ["a" * 8000, "b" * 200]}, "stop"),
    "a long stop alone": ({"stop": "a" * 8193}, "stop"),
    "a choice without tools": ({"tool_choice": "required"}, "tool_choice"),
    "an unknown choice": ({"tool_choice": "sometimes", "tools": _tool({})}, "tool_choice"),
    "the choice of another tool": (
        {"tool_choice": {"type": "function", "function": {"name": "g"}}, "tools": _tool({})},
        "tool_choice",
    ),
    "a format": ({"response_format": "json"}, "response_format"),
    "an unknown format": ({"response_format": {"type": "xml"}}, "response_format.type"),
    "a format without a schema": (
        {"response_format": {"type": "json_schema"}},
        "response_format.json_schema",
    ),
    "no schema": ({"response_format": _schema({"type": "strin"})}, "response_format"),
    "a schema of a wrong type": (
        {"response_format": _schema(5)},
        "response_format.json_schema.schema",
    ),
    "a schema somewhere else": (
        {"response_format": _schema({"$ref": "http://127.0.0.1:9/schema.json"})},
        "response_format",
    ),
    "a schema nowhere": ({"response_format": _schema({"$ref": "#/$defs/a"})}, "response_format"),
    "a pattern that is none": ({"response_format": _schema({"pattern": "("})}, "response_format"),
    "a pattern too far": (
        {"response_format": _schema({"pattern": "a{99999999999}"})},
        "response_format",
    ),
    "patterns of keys": (
        {"response_format": _schema({"patternProperties": {"^(a+)+$": {}}})},
        "response_format",
    ),
    "a pattern too heavy": (
        {"response_format": _schema({"pattern": r"(\w{50}){20}"})},
        "response_format",
    ),
    "a keyword of a wrong form": (
        {"response_format": _schema({"properties": {"a": {"required": "b"}}})},
        "response_format",
    ),
    "properties that nobody looked at": (
        {"response_format": _schema({"unevaluatedProperties": False})},
        "response_format",
    ),
    "a long schema": (
        {"response_format": _schema({"description": "x" * 40_000})},
        "response_format",
    ),
    "a deep schema": ({"response_format": _schema(_nested(95))}, "response_format"),
}

ENDLESS_SCHEMAS = {
    "itself": _schema({"$ref": "#"}),
    "doubled": _schema(doubled()),
}
"""Schemas of which only an answer shows how long they take."""
