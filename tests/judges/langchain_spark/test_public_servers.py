"""The tools of public MCP servers, bound to a model: none is refused."""

from __future__ import annotations

from typing import Any

from langchain_mcp_adapters.client import MultiServerMCPClient

from iflytek_spark.emulator import Emulator
from tests.judges.public_servers import SERVERS, each_server, needs_node
from tests.judges.replies import functions, lost_values
from tests.langchain_spark.asking import Make


@needs_node
@each_server
async def test_no_tool_is_refused(chat: Make, spark: Emulator, name: str) -> None:
    server = SERVERS[name]
    start: Any = {"command": server.command, "args": [*server.args], "env": server.env}
    tools = await MultiServerMCPClient({name: {"transport": "stdio", **start}}).get_tools()
    assert tools
    llm = chat(model="max-32k").bind_tools(tools)
    spark.respond = lambda chat: "好"
    assert (await llm.ainvoke("你好")).text == llm.invoke("你好").text == "好"
    assert list(functions(spark)) == [tool.name for tool in tools]
    assert lost_values({tool.name: tool.args_schema for tool in tools}, spark) == {}
