"""The events of a streamed message: Anthropic's, in their order, true to their types."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import httpx2
import pytest
from anthropic import types as official
from anthropic.types import message_count_tokens_params, message_create_params
from anthropic.types.raw_message_delta_event import Delta
from pydantic import BaseModel, TypeAdapter

from iflytek_spark.emulator import Call, Reply
from iflytek_spark.gateway.anthropic import response_types
from iflytek_spark.gateway.anthropic.requests import CountTokensRequest, MessagesRequest
from tests.gateway.anthropic.conftest import MODEL, asked
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.responses.test_events import parsed

EVENT: TypeAdapter[Any] = TypeAdapter(get_args(official.RawMessageStreamEvent)[0])
WEATHER = {"name": "get_weather", "input_schema": {"type": "object"}}
TEXT = [
    ("content_block_start", "text"),
    ("content_block_delta", "text_delta"),
    ("content_block_stop", ""),
]
THINKING = [
    ("content_block_start", "thinking"),
    ("content_block_delta", "thinking_delta"),
    ("content_block_delta", "signature_delta"),
    ("content_block_stop", ""),
]
CALL = [
    ("content_block_start", "tool_use"),
    ("content_block_delta", "input_json_delta"),
    ("content_block_stop", ""),
]
CASES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, TEXT),
    ({"model": "x1.5"}, [*THINKING, *TEXT]),
    ({"messages": asked("What is the weather in Hefei?"), "tools": [WEATHER]}, CALL),
]


def read(gateway: Gateway, **body: Any) -> list[dict[str, Any]]:
    body = {"model": MODEL, "max_tokens": 99, "messages": asked("x"), "stream": True, **body}
    answer = httpx2.post(f"{gateway.url}/messages", json=body)
    events = list(parsed(answer.text))
    assert all(data["type"] == name for name, data in events)
    return [data for _, data in events]


def shape(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The kinds of the events and of what is in them, of many deltas one."""
    kinds = [
        (data["type"], (data.get("content_block") or data.get("delta") or {}).get("type", ""))
        for data in events
    ]
    return [kind for at, kind in enumerate(kinds) if at == 0 or kind != kinds[at - 1]]


@pytest.mark.parametrize(("body", "blocks"), CASES)
def test_events_come_in_anthropics_order(
    gateway: Gateway, body: dict[str, Any], blocks: list[tuple[str, str]]
) -> None:
    events = read(gateway, **body)
    assert shape(events) == [
        ("message_start", ""),
        ("ping", ""),
        *blocks,
        ("message_delta", ""),
        ("message_stop", ""),
    ]
    for data in events:
        if data["type"] != "ping":
            EVENT.validate_python(data)
    starts = [data["index"] for data in events if data["type"] == "content_block_start"]
    assert starts == list(range(len(starts)))
    assert events[0]["message"]["usage"]["input_tokens"] > 0
    assert set(events[-2]["usage"]) == {"input_tokens", "output_tokens"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_whose_arguments_are_no_object_is_never_handed_on(stream: bool) -> None:
    """Anthropic's form has no place for what is not JSON."""
    reply = Reply(calls=[Call("get_weather", '{"city": ')])
    with one_gateway(emulator={"respond": lambda chat: reply}) as gateway:
        body = {
            "model": "max-32k",
            "max_tokens": 99,
            "messages": asked("x"),
            "tools": [WEATHER],
            "stream": stream,
        }
        answer = httpx2.post(f"{gateway.url}/messages", json=body)
    assert '"tool_use"' not in answer.text
    assert '"error"' in answer.text or '"text"' in answer.text


PAIRS: list[tuple[type, type[BaseModel]]] = [
    (response_types.MessageObject, official.Message),
    (response_types.TextBlock, official.TextBlock),
    (response_types.ThinkingBlock, official.ThinkingBlock),
    (response_types.ToolUseBlock, official.ToolUseBlock),
    (response_types.WebCitation, official.CitationsWebSearchResultLocation),
    (response_types.MessageUsage, official.Usage),
    (response_types.TokensCount, official.MessageTokensCount),
    (response_types.MessageStart, official.RawMessageStartEvent),
    (response_types.BlockStart, official.RawContentBlockStartEvent),
    (response_types.BlockDelta, official.RawContentBlockDeltaEvent),
    (response_types.BlockStop, official.RawContentBlockStopEvent),
    (response_types.MessageDelta, official.RawMessageDeltaEvent),
    (response_types.MessageStop, official.RawMessageStopEvent),
    (response_types.EndDelta, Delta),
    (response_types.TextDelta, official.TextDelta),
    (response_types.ThinkingDelta, official.ThinkingDelta),
    (response_types.SignatureDelta, official.SignatureDelta),
    (response_types.InputDelta, official.InputJSONDelta),
    (response_types.CitationDelta, official.CitationsDelta),
]


@pytest.mark.parametrize(("own", "theirs"), PAIRS, ids=lambda one: one.__name__)
def test_types_have_the_fields_of_anthropics(own: type, theirs: type[BaseModel]) -> None:
    names = set(get_type_hints(own))
    required = {name for name, field in theirs.model_fields.items() if field.is_required()}
    assert required <= names
    assert names <= {*theirs.model_fields, "sid", "estimated"}


OLDER = {"output_format", "mcp_servers", "temperature", "top_p", "top_k"}
"""Fields that earlier versions of the package send, and its beta interface."""

NOT_TAKEN = {"diagnostics", "user_profile_id", "workspace_id"}
"""What only tunes or names something at Anthropic is left out as any unknown field."""


def test_requests_have_the_fields_of_anthropics() -> None:
    theirs = set(get_type_hints(message_create_params.MessageCreateParamsBase)) - NOT_TAKEN
    own = set(MessagesRequest.model_fields) - OLDER
    assert own == theirs | {"stream"}
    counted = set(get_type_hints(message_count_tokens_params.MessageCountTokensParams)) - NOT_TAKEN
    assert set(CountTokensRequest.model_fields) >= counted
