"""The gateway's request parser, up to the frame that would be sent to Spark."""

from __future__ import annotations

import json
from collections.abc import Iterator

from iflytek_spark.gateway.openai.convert import to_messages, to_options
from iflytek_spark.gateway.openai.parsing import parse_body
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.wire.chat_client import encode_request
from iflytek_spark.requests.build import build_request

_CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_FUNCTION = {"name": "weather", "description": "查询天气", "parameters": _CITY}
_CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
_TALK = [
    {"role": "system", "content": "简短"},
    {"role": "user", "content": [{"type": "text", "text": "合肥的天气"}]},
    {"role": "assistant", "content": None, "tool_calls": [_CALL]},
    {"role": "tool", "content": "晴", "tool_call_id": "c1"},
]


def chat_completion(data: bytes) -> None:
    """The body of ``POST /v1/chat/completions``."""
    body, _ = parse_body(ChatCompletionRequest, data, "ignore")
    spec = find_model(body.model)
    options = to_options(body, spec)
    options["unsupported"] = "ignore"
    request = build_request(spec, to_messages(body.messages), options)
    if not any(message.images for message in request.messages):
        encode_request(request, "app1", "uid1")


def chat_completions() -> Iterator[bytes]:
    """Requests of every kind of field."""
    plain = {"model": "4.0Ultra", "messages": _TALK}
    tools = {"tools": [{"type": "function", "function": _FUNCTION}], "tool_choice": "auto"}
    schema = {"type": "json_schema", "json_schema": {"name": "city", "schema": _CITY}}
    numbers = {"temperature": 0.5, "top_k": 2, "max_tokens": 50, "stop": ["。"], "user": "u"}
    asked = [{"role": "user", "content": "你好"}]
    yield json.dumps({**plain, **tools}).encode()
    yield json.dumps({**plain, "messages": asked, "response_format": schema}).encode()
    yield json.dumps({**plain, "messages": asked, **numbers, "stream": True}).encode()
