"""An agent of LangChain's with the tools of a real local MCP server, over stdio."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

from iflytek_spark.emulator import Call, Emulator
from tests.judges import mcp_server
from tests.judges.langchain_spark.running import ASYNC_WAYS, messages_of
from tests.judges.replies import functions, in_turn, lost_values, properties, results
from tests.langchain_spark.asking import WAYS, Make, ask

STDIO = {"transport": "stdio", "command": sys.executable, "args": [mcp_server.__file__]}
CALLS = {
    "a string or a list, as a list": (
        Call("send", {"to": ["a@x", "b@x"], "text": "hi", "priority": "high"}),
        "sent hi to ['a@x', 'b@x'], priority 'high'",
    ),
    "a string or a list, as a string": (
        Call("send", {"to": "a@x", "text": "hi", "priority": 3}),
        "sent hi to 'a@x', priority 3",
    ),
    "a class that contains itself": (
        Call("outline", {"root": {"title": "1", "children": [{"title": "2", "children": []}]}}),
        "2 headings",
    ),
    "no arguments": (Call("now", {}), "12:30"),
    "no arguments, and no text": (Call("now", ""), "12:30"),
    "constants": (Call("sort", {"values": [1, 3, 2], "order": "desc"}), "[3.0, 2.0, 1.0]"),
    "a choice of objects": (
        Call("area", {"shape": {"kind": "box", "width": 2, "height": 3}}),
        "6.0 cm²",
    ),
    "anything": (Call("store", {"value": {"a": [1, None]}}), "kept {'a': [1, None]}"),
    "raw line ends": (
        Call("send", '{"to": "a@x", "text": "one\ntwo"}'),
        "sent one\ntwo to 'a@x', priority 'low'",
    ),
}


@pytest.fixture(scope="module")
def tools() -> list[BaseTool]:
    """The tools of the server, which is started for each call anew."""
    return asyncio.run(MultiServerMCPClient({"judges": STDIO}).get_tools())


@ASYNC_WAYS
@pytest.mark.parametrize("case", CALLS)
async def test_an_agent_calls_a_tool(
    chat: Make, spark: Emulator, tools: list[BaseTool], how: str, case: str
) -> None:
    call, result = CALLS[case]
    spark.respond = in_turn(call, "好了。")
    called, told, last = await messages_of(create_agent(chat(), tools), "做一下", how)
    assert called.tool_calls[0]["name"] == call.name
    assert told.status == "success"
    assert told.text == result
    assert last.text == "好了。"
    assert results(spark) == [result]


async def test_every_schema_reaches_the_model(
    chat: Make, spark: Emulator, tools: list[BaseTool]
) -> None:
    await chat().bind_tools(tools).ainvoke("你好")
    assert set(functions(spark)) == {tool.__name__ for tool in mcp_server.TOOLS}
    assert lost_values({tool.name: tool.args_schema for tool in tools}, spark) == {}
    assert properties(spark, "sort")["order"]["enum"] == ["asc", "desc"]
    assert "the largest first" in json.dumps(properties(spark, "sort"))
    assert properties(spark, "send")["to"]["type"] == "array"
    assert properties(spark, "outline")["root"]["properties"]["children"]["type"] == "array"


@WAYS
async def test_a_model_that_is_asked_directly(
    chat: Make, spark: Emulator, tools: list[BaseTool], how: str
) -> None:
    spark.respond = in_turn(CALLS["constants"][0])
    message = await ask(chat().bind_tools(tools), "排序", how)
    assert isinstance(message, AIMessage)
    (call,) = message.tool_calls
    (tool,) = [tool for tool in tools if tool.name == call["name"]]
    told = await tool.ainvoke(call)
    assert told.text == "[3.0, 2.0, 1.0]"


@ASYNC_WAYS
async def test_an_image_in_a_result_is_mentioned(
    chat: Make, spark: Emulator, tools: list[BaseTool], how: str
) -> None:
    spark.respond = in_turn(Call("screenshot", {"page": "首页"}), "看过了。")
    _, told, last = await messages_of(create_agent(chat(), tools), "截图", how)
    assert [block["type"] for block in told.content_blocks] == ["text", "image"]
    (result,) = results(spark)
    assert result.startswith("this is 首页\n")
    assert "image/png" in result
    assert told.content_blocks[1]["base64"] not in result
    assert last.text == "看过了。"


@ASYNC_WAYS
async def test_a_tool_that_fails(
    chat: Make, spark: Emulator, tools: list[BaseTool], how: str
) -> None:
    spark.respond = in_turn(Call("broken", {"name": "file"}), "没有。")
    _, told, last = await messages_of(create_agent(chat(), tools), "找一下", how)
    assert told.status == "error"
    assert "no file here" in results(spark)[0]
    assert last.text == "没有。"


@ASYNC_WAYS
async def test_arguments_that_break_the_schema_are_mended(
    chat: Make, spark: Emulator, tools: list[BaseTool], how: str
) -> None:
    """Whether our side or the server's shows the model what was wrong."""
    spark.respond = in_turn(
        Call("sort", {"values": "3 1 2", "order": "asc"}),
        Call("sort", {"values": [3, 1, 2], "order": "asc"}),
        "好了。",
    )
    *_, told, last = await messages_of(create_agent(chat(), tools), "排序", how)
    assert isinstance(told, ToolMessage)
    assert told.text == "[1.0, 2.0, 3.0]"
    assert last.text == "好了。"


@ASYNC_WAYS
async def test_a_call_that_was_cut_off_is_not_run(
    chat: Make, spark: Emulator, tools: list[BaseTool], how: str
) -> None:
    spark.respond = in_turn(Call("store", '{"value": "/data/2024'), "没有做。")
    messages = await messages_of(create_agent(chat(), tools), "存一下", how)
    assert not [message for message in messages if "kept" in message.text]
    assert messages[0].tool_calls == []
    assert messages[0].invalid_tool_calls[0]["name"] == "store"


async def test_tools_of_one_session(chat: Make, spark: Emulator) -> None:
    client = MultiServerMCPClient({"judges": STDIO})
    async with client.session("judges") as session:
        tools = await load_mcp_tools(session)
        spark.respond = in_turn(Call("now", {}), Call("store", {"value": 1}), "好了。")
        messages = await messages_of(create_agent(chat(), tools), "几点", "ainvoke")
    assert [message.text for message in messages if isinstance(message, ToolMessage)] == [
        "12:30",
        "kept 1",
    ]
