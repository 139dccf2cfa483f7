"""The values of a conversation."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from iflytek_spark.messages import (
    ChatResponse,
    Citation,
    ImagePart,
    Message,
    PluginResult,
    TextPart,
    Tool,
    ToolCall,
    Usage,
    WebSearch,
)

RESPONSE = ChatResponse(
    text="晴",
    reasoning="想",
    tool_calls=(ToolCall("call_1", "天气", "{}"),),
    citations=(Citation(1, "https://example.com", "天气"),),
    plugins=(PluginResult("ifly_search", "[]"),),
    usage=Usage(1, 2, 3),
    finish_reason="stop",
    sid="cht1",
    model="4.0Ultra",
)
VALUES = [
    TextPart("你好"),
    ImagePart(b"\xff\xd8\xff"),
    Message("user", "你好"),
    Message("user", (TextPart("看"), ImagePart(b"\xff\xd8\xff"))),
    Tool("天气", "查天气", {"type": "object"}),
    WebSearch(),
    RESPONSE,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_values(value: Any) -> None:
    twin = pickle.loads(pickle.dumps(value))  # noqa: S301
    assert twin == value
    assert not hasattr(value, "__dict__")
    with pytest.raises(FrozenInstanceError):
        setattr(value, type(value).__slots__[0], None)


def test_the_text_of_parts_is_joined_by_line_ends() -> None:
    image = ImagePart(b"\xff\xd8\xff")
    message = Message("user", (TextPart("one"), image, TextPart("two")))
    assert message.text == "one\ntwo"
    assert message.images == (image,)


def test_a_message_of_text_has_no_images() -> None:
    assert Message("user", "one").text == "one"
    assert Message("user", "one").images == ()


def test_an_image_is_not_printed() -> None:
    assert "marker" not in repr(Message("user", (ImagePart(b"marker"),)))
