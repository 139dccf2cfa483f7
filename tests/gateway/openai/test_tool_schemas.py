"""OpenAI's clients may offer any tool; a call that breaks its schema is asked for once more."""

from __future__ import annotations

import json
from typing import Any

import openai

from iflytek_spark.emulator import faults
from tests._support.frames import function_call
from tests._support.mcp_tools import openai_tools
from tests.gateway.chat_helpers import MODEL, asked
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.openai.bad_bodies import doubled

LIST = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
MAIL: Any = {
    "type": "function",
    "function": {"name": "mail", "parameters": {"type": "object", "properties": {"to": LIST}}},
}


def test_tools_of_real_servers_are_offered(gateway: Gateway, client: openai.OpenAI) -> None:
    tools: Any = openai_tools()
    client.chat.completions.create(model=MODEL, messages=asked("嗯"), tools=tools)
    sent = gateway.spark.requests[-1].body["payload"]["functions"]["text"]
    assert [function["name"] for function in sent] == [tool["function"]["name"] for tool in tools]


def test_a_tool_that_unfolds_without_end_is_offered_as_far_as_it_fits(
    gateway: Gateway, client: openai.OpenAI
) -> None:
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": doubled()}}
    client.chat.completions.create(model=MODEL, messages=asked("嗯"), tools=[tool])
    (sent,) = gateway.spark.requests[-1].body["payload"]["functions"]["text"]
    assert len(json.dumps(sent)) < 100_000


def test_a_broken_call_is_asked_for_once_more(gateway: Gateway, client: openai.OpenAI) -> None:
    for streamed in (False, True):
        gateway.spark.script(
            faults.Replay((function_call("mail", '{"to": 5}'),)),
            faults.Replay((function_call("mail", '{"to": ["a"]}'),)),
        )
        found: Any = client.chat.completions.create(
            model=MODEL, messages=asked("写信"), tools=[MAIL], stream=streamed
        )
        calls = (
            [call for chunk in found for call in chunk.choices[0].delta.tool_calls or ()]
            if streamed
            else found.choices[0].message.tool_calls
        )
        assert [json.loads(call.function.arguments) for call in calls] == [{"to": ["a"]}]
