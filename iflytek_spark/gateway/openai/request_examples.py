"""Examples of requests, and what their numbers may be, for the OpenAPI description."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from iflytek_spark.catalogue import DEFAULT_MODEL, MODELS
from iflytek_spark.model_spec import Interval


def span(name: str) -> dict[str, Any]:
    """Return the widest limits that any model has for a number; each model has its own.

    Args:
        name: of the number, as in :class:`~iflytek_spark.model_spec.ModelSpec`.
    """
    legal: list[Interval] = [getattr(spec, name) for spec in MODELS if getattr(spec, name)]
    return {
        "minimum": min(limits.low for limits in legal),
        "maximum": max(limits.high for limits in legal),
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
