"""The tools of MCP servers through the gateway, as OpenAI's client sends them: none is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client

from iflytek_spark.emulator import Call
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.judges import mcp_server
from tests.judges.public_servers import SERVERS, each_server, needs_node
from tests.judges.replies import functions, in_turn, lost_values

STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
QUESTION: Any = {"model": "max-32k", "messages": [{"role": "user", "content": "你好"}]}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with one_gateway() as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        yield client


async def tools_of(start: StdioServerParameters) -> list[dict[str, Any]]:
    """The tools of a server in OpenAI's shape, their schemas as they came."""
    async with stdio_client(start) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        listed = (await session.list_tools()).tools
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.inputSchema,
            },
        }
        for tool in listed
    ]


def schemas(tools: list[dict[str, Any]]) -> dict[str, Any]:
    return {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}


def answered(client: openai.OpenAI, tools: list[Any], *, stream: bool) -> Any:
    """The answer's message; the deltas of a stream are added up."""
    if not stream:
        return client.chat.completions.create(**QUESTION, tools=tools).choices[0].message
    with client.chat.completions.stream(**QUESTION, tools=tools) as events:
        return events.get_final_completion().choices[0].message


@needs_node
@STREAMED
@each_server
async def test_no_tool_of_a_public_server_is_refused(
    gateway: Gateway, client: openai.OpenAI, name: str, stream: bool
) -> None:
    server = SERVERS[name]
    start = StdioServerParameters(command=server.command, args=[*server.args], env=server.env)
    tools = await tools_of(start)
    assert tools
    gateway.spark.respond = lambda chat: "好"
    assert answered(client, tools, stream=stream).content == "好"
    assert list(functions(gateway.spark)) == list(schemas(tools))
    assert lost_values(schemas(tools), gateway.spark) == {}


@STREAMED
async def test_a_call_comes_back(gateway: Gateway, client: openai.OpenAI, stream: bool) -> None:
    tools = await tools_of(
        StdioServerParameters(command=sys.executable, args=[mcp_server.__file__])
    )
    gateway.spark.respond = in_turn(Call("sort", {"values": [1], "order": "asc"}))
    message = answered(client, tools, stream=stream)
    assert message.tool_calls[0].function.name == "sort"
    assert lost_values(schemas(tools), gateway.spark) == {}
