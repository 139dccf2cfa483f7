"""The tools of public MCP servers, given to a model: none is refused."""

from __future__ import annotations

from typing import Any

from llama_index.tools.mcp import BasicMCPClient, McpToolSpec

from iflytek_spark.emulator import Emulator
from tests.judges.public_servers import SERVERS, each_server, needs_node
from tests.judges.replies import functions, lost_values
from tests.llama_index_spark.conftest import MakeLLM


@needs_node
@each_server
async def test_no_tool_is_refused(make_llm: MakeLLM, spark: Emulator, name: str) -> None:
    server = SERVERS[name]
    client = BasicMCPClient(server.command, args=[*server.args], env=server.env)
    tools: list[Any] = await McpToolSpec(client=client).to_tool_list_async()
    assert tools
    llm = make_llm(model="max-32k")
    spark.respond = lambda chat: "好"
    answer = await llm.achat_with_tools(tools, "你好")
    assert answer.message.content == llm.chat_with_tools(tools, "你好").message.content == "好"
    assert list(functions(spark)) == [tool.metadata.name for tool in tools]
    schemas = {tool.metadata.name: tool.metadata.get_parameters_dict() for tool in tools}
    assert lost_values(schemas, spark) == {}
