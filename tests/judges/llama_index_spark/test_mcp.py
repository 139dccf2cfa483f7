"""An agent of LlamaIndex's with the tools of a real local MCP server, over stdio."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool
from llama_index.tools.mcp import BasicMCPClient, McpToolSpec

from iflytek_spark import InvalidResponseError
from iflytek_spark.emulator import Call, Emulator
from tests.judges import mcp_server
from tests.judges.replies import functions, in_turn, lost_values, properties, results
from tests.llama_index_spark.conftest import MakeLLM

pytestmark = [
    # LlamaIndex's workflows read every attribute of an agent, also pydantic's old ones.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
]
STREAMING = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
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
        # McpToolSpec turns the choice into a string, so that is what a model is told, and writes.
        Call("area", {"shape": '{"kind": "box", "width": 2, "height": 3}'}),
        "6.0 cm²",
    ),
    "anything": (Call("store", {"value": {"a": [1, None]}}), "kept {'a': [1, None]}"),
}


LISTED = [tool.__name__ for tool in mcp_server.TOOLS if tool is not mcp_server.outline]
OUTLINE = FunctionTool.from_defaults(mcp_server.outline)
"""The same tool without MCP: into a schema that contains itself the spec recurses without end."""


def spec() -> McpToolSpec:
    """The server, which is started for each call anew."""
    client = BasicMCPClient(sys.executable, args=[mcp_server.__file__])
    return McpToolSpec(client=client, allowed_tools=LISTED)


@pytest.fixture(scope="module")
def tools() -> list[FunctionTool]:
    """The tools of the server, by the spec's sync method."""
    return [*spec().to_tool_list(), OUTLINE]


async def run(agent: FunctionAgent, question: str) -> tuple[str, list[ToolCallResult]]:
    """The answer of an agent, and what its tools returned."""
    handler = agent.run(question, memory=ChatMemoryBuffer.from_defaults())
    events = [event async for event in handler.stream_events()]
    return str(await handler), [event for event in events if isinstance(event, ToolCallResult)]


@STREAMING
@pytest.mark.parametrize("case", CALLS)
async def test_an_agent_calls_a_tool(
    make_llm: MakeLLM, spark: Emulator, tools: list[Any], streaming: bool, case: str
) -> None:
    call, result = CALLS[case]
    spark.respond = in_turn(call, "好了。")
    answer, (returned,) = await run(
        FunctionAgent(tools=tools, llm=make_llm(), streaming=streaming), "做一下"
    )
    assert returned.tool_name == call.name
    assert result in returned.tool_output.content
    assert answer == "好了。"
    assert len(results(spark)) == 1


@pytest.mark.parametrize("case", CALLS)
def test_a_tool_is_called_without_a_loop(
    make_llm: MakeLLM, spark: Emulator, tools: list[Any], case: str
) -> None:
    call, result = CALLS[case]
    spark.respond = in_turn(call)
    answer = make_llm().predict_and_call(tools, "做一下")
    assert result in answer.response


async def test_every_schema_reaches_the_model(make_llm: MakeLLM, spark: Emulator) -> None:
    tools: list[Any] = [*await spec().to_tool_list_async(), OUTLINE]
    await make_llm().achat_with_tools(tools, "你好")
    assert set(functions(spark)) == {tool.__name__ for tool in mcp_server.TOOLS}
    schemas = {tool.metadata.name: tool.metadata.get_parameters_dict() for tool in tools}
    assert lost_values({str(name): schema for name, schema in schemas.items()}, spark) == {}
    assert properties(spark, "send")["to"]["type"] == "array"
    assert properties(spark, "outline")["root"]["properties"]["children"]["type"] == "array"


@STREAMING
async def test_an_image_in_a_result_is_not_sent_as_text(
    make_llm: MakeLLM, spark: Emulator, tools: list[Any], streaming: bool
) -> None:
    spark.respond = in_turn(Call("screenshot", {"page": "首页"}), "看过了。")
    answer, (returned,) = await run(
        FunctionAgent(tools=tools, llm=make_llm(), streaming=streaming), "截图"
    )
    (result,) = results(spark)
    assert "this is 首页" in result
    assert "image/png" in result
    assert answer == "看过了。"
    assert [part.type for part in returned.tool_output.raw_output.content] == ["text", "image"]


@STREAMING
async def test_a_call_that_was_cut_off_is_not_run(
    make_llm: MakeLLM, spark: Emulator, tools: list[Any], streaming: bool
) -> None:
    spark.respond = in_turn(Call("store", '{"value": "/data/2024'), "没有做。")
    agent = FunctionAgent(tools=tools, llm=make_llm(), streaming=streaming)
    handler = agent.run("存一下", memory=ChatMemoryBuffer.from_defaults())
    with pytest.raises(InvalidResponseError, match="'store' was not run"):
        await handler
    assert len(spark.requests) == 1


@STREAMING
async def test_raw_line_ends_in_arguments(
    make_llm: MakeLLM, spark: Emulator, tools: list[Any], streaming: bool
) -> None:
    written = json.dumps({"to": "a@x", "text": "one\ntwo"}).replace("\\n", "\n")
    spark.respond = in_turn(Call("send", written), "好了。")
    _, (returned,) = await run(
        FunctionAgent(tools=tools, llm=make_llm(), streaming=streaming), "发"
    )
    assert returned.tool_kwargs == {"to": "a@x", "text": "one\ntwo"}


def test_tools_are_listed_in_and_outside_a_loop(tools: list[FunctionTool]) -> None:
    listed = asyncio.run(spec().to_tool_list_async())
    assert [tool.metadata.name for tool in listed] == LISTED
    assert [tool.metadata.name for tool in tools[:-1]] == LISTED
