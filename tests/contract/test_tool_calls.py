"""The arguments of a call are read once and for all, and what is cut off is run nowhere."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from functools import reduce
from operator import add
from typing import Any, TypeAlias

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from llama_index.core.tools import FunctionTool

from iflytek_spark import InvalidResponseError, SparkClient, Tool
from iflytek_spark.adapters import read_arguments
from iflytek_spark.emulator import Call, Emulator, Reply, faults, running_emulator
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests._support.frames import USAGE, function_call, last
from tests._support.service import settings_of

FIELDS: dict[str, Any] = {"type": "object", "properties": {"path": {"type": "string"}}}
TOOL = Tool("delete", "Delete a file.", FIELDS)
OFFERED = {"name": "delete", "description": "Delete a file.", "parameters": FIELDS}

READ: dict[str, tuple[str, dict[str, Any]]] = {
    "an object": ('{"path": "/a"}', {"path": "/a"}),
    "nothing": ("", {}),
    "blank": (" \n", {}),
    "null": ("null", {}),
    "an empty object": ("{}", {}),
    "raw line ends": ('{"path": "一\n二\t三"}', {"path": "一\n二\t三"}),
    "JSON in JSON": (json.dumps('{"path": "/a"}'), {"path": "/a"}),
    "a fence": ('```json\n{"path": "/a"}\n```', {"path": "/a"}),
    "a fence on one line": ('```{"path": "/a"}```', {"path": "/a"}),
}
INVALID = {
    "cut off": '{"path": "/data/2024',
    "cut off after a name": '{"path": "/data", "x',
    "cut off before the end": '{"path": "/data"',
    "a list": '["/data"]',
    "a number": "5",
    "a text": '"/data"',
    "true": "true",
    "a name twice": '{"path": "/a", "path": "/b"}',
    "NaN": '{"path": NaN}',
    "too large a number": '{"path": 1e999}',
    "half a surrogate pair": '{"path": "\\ud800"}',
    "two objects": '{"path": "/a"}{"path": "/b"}',
    "words behind": '{"path": "/a"} 好的',
    "deep": "[" * 5000,
    "deep objects": '{"path":' * 5000,
    "just too deep": '{"path":' * 101 + "1" + "}" * 101,
    "a fence that is cut off": '```json\n{"path": "/a"}',
}


def in_core(spark: Emulator) -> object:
    client = SparkClient(credentials=spark.credentials, base_url=spark.base_url)
    (call,) = client.chat("删", tools=[TOOL]).tool_calls
    try:
        return json.loads(json.dumps(read_arguments(call.arguments)))
    except InvalidResponseError:
        return None


def of_message(message: Any) -> object:
    assert isinstance(message, AIMessage)
    calls = message.tool_calls
    assert len(calls) + len(message.invalid_tool_calls) == 1
    return calls[0]["args"] if calls else None


def in_invoke(spark: Emulator) -> object:
    return of_message(ChatSpark(**settings_of(spark)).bind_tools([OFFERED]).invoke("删"))


def in_stream(spark: Emulator) -> object:
    chunks: list[Any] = [*ChatSpark(**settings_of(spark)).bind_tools([OFFERED]).stream("删")]
    return of_message(reduce(add, chunks))


def in_events(spark: Emulator) -> object:
    async def last_message() -> Any:
        bound = ChatSpark(**settings_of(spark)).bind_tools([OFFERED])
        events = [event async for event in bound.astream_events("删", version="v2")]
        return events[-1]["data"]["output"]

    return of_message(asyncio.run(last_message()))


def delete(path: str = "") -> str:
    """Delete a file."""
    return path


def in_llama_index(spark: Emulator, *, stream: bool = False) -> object:
    llm, tools = SparkLLM(**settings_of(spark)), [FunctionTool.from_defaults(delete)]
    if stream:
        *_, response = llm.stream_chat_with_tools(tools, "删")
    else:
        response = llm.chat_with_tools(tools, "删")
    try:
        (call,) = llm.get_tool_calls_from_response(response)
    except InvalidResponseError:
        return None
    return call.tool_kwargs


Read: TypeAlias = Callable[[Emulator], object]
WAYS: dict[str, Read] = {
    "the core": in_core,
    "invoke": in_invoke,
    "stream": in_stream,
    "events": in_events,
    "chat_with_tools": in_llama_index,
    "stream_chat_with_tools": lambda spark: in_llama_index(spark, stream=True),
}


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", READ)
def test_arguments_that_are_read(spark: Emulator, name: str, way: str) -> None:
    written, expected = READ[name]
    spark.script(faults.Replay((function_call("delete", written),)))
    assert WAYS[way](spark) == expected


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", INVALID)
def test_arguments_that_are_invalid_everywhere(spark: Emulator, name: str, way: str) -> None:
    spark.script(faults.Replay((function_call("delete", INVALID[name]),)))
    assert WAYS[way](spark) is None


@pytest.mark.parametrize("arguments", [None, {"path": "/a"}, "missing"])
def test_arguments_that_are_no_text(spark: Emulator, arguments: Any) -> None:
    call = {"name": "delete"} | ({} if arguments == "missing" else {"arguments": arguments})
    spark.script(faults.Replay((last(0, "", function_call=call),)))
    assert in_core(spark) == (arguments if isinstance(arguments, dict) else {})


async def test_a_cut_off_call_is_not_run_by_a_streamed_agent() -> None:
    ran: list[str] = []

    def delete(path: str = "") -> str:
        """Delete a file."""
        ran.append(path)
        return "deleted"

    reply = Reply(calls=(Call("delete", INVALID["cut off"]),))
    with running_emulator(respond=lambda _: reply) as spark:
        agent = create_agent(ChatSpark(**settings_of(spark)), [delete])
        asked: Any = {"messages": [("user", "删")]}
        async for _ in agent.astream(asked, stream_mode="messages"):
            pass
    assert ran == []


@pytest.mark.parametrize(
    ("arguments", "limit", "reason"),
    [
        (INVALID["cut off"], USAGE.completion_tokens, "length"),
        (INVALID["cut off"], None, "tool_calls"),
        ('{"path": "/a"}', USAGE.completion_tokens, "tool_calls"),
    ],
)
def test_the_limit_is_named_where_it_was_the_cause(
    spark: Emulator, arguments: str, limit: int | None, reason: str
) -> None:
    client = SparkClient(credentials=spark.credentials, base_url=spark.base_url)
    spark.script(faults.Replay((function_call("delete", arguments),)))
    answer = client.chat("删", tools=[TOOL], tool_choice="required", max_tokens=limit)
    assert answer.finish_reason == reason


@pytest.mark.parametrize("sid", ["", "cht@dx 1/2", "会话" * 40])
def test_ids_are_those_of_any_service_and_differ(spark: Emulator, sid: str) -> None:
    client = SparkClient(credentials=spark.credentials, base_url=spark.base_url)
    call = {"name": "delete", "arguments": "{}"}
    frame = last(0, "", sid=sid, function_call=call)
    spark.script(faults.Replay((frame,)), faults.Replay((frame,)))
    ids = [client.chat(prompt, tools=[TOOL]).tool_calls[0].id for prompt in ("一", "二")]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{6,40}", each) for each in ids)
    assert sid or ids[0] != ids[1]
