"""Examples of requests, and what their numbers may be, for the OpenAPI description."""

from __future__ import annotations

from pydantic import JsonValue
from pydantic.config import JsonDict

from iflytek_spark import DEFAULT_MODEL, list_models


def range_of(name: str) -> JsonDict:
    """Return the JSON schema of a request's number: the widest range that any model has for it."""
    ranges = [found for spec in list_models() if (found := getattr(spec, name))]
    return {
        "minimum": min(found.low for found in ranges),
        "maximum": max(found.high for found in ranges),
        "description": "Each model has its own limits, within these",
    }


def _chat(question: JsonValue, **more: JsonValue) -> JsonValue:
    return {"model": DEFAULT_MODEL, "messages": [{"role": "user", "content": question}], **more}


_WEATHER: JsonValue = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
_CITY: JsonValue = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        },
    },
}
_DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""An image of one point."""

CHATS: list[JsonValue] = [
    _chat("你好"),
    _chat("你好", stream=True, stream_options={"include_usage": True}),
    _chat("北京的天气怎么样？", tools=[_WEATHER], tool_choice="auto"),
    _chat("说出一个城市。", response_format=_CITY),
    _chat(
        [
            {"type": "text", "text": "图里是什么？"},
            {"type": "image_url", "image_url": {"url": _DOT}},
        ]
    ),
]
