"""A tool is offered whatever its schema, and a call that breaks it is asked for once more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool, ToolMetadata
from pydantic import BaseModel

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, faults
from llama_index_spark import SparkLLM
from tests._support.frames import function_call
from tests._support.llama_index import WAYS, chat
from tests._support.mcp_tools import MCP_TOOLS, openai_tools


@dataclass
class ServersMetadata(ToolMetadata):
    """The description of a tool whose schema a server wrote."""

    own: dict[str, Any] = field(default_factory=dict)

    def get_parameters_dict(self) -> dict[str, Any]:
        return self.own


class Node(BaseModel):
    """A part of a tree."""

    title: str
    children: list[Node] = []


def mail(to: str | list[str]) -> str:
    """Write to people."""
    return str(to)


def grow(**values: Any) -> str:
    """Let a tree grow."""
    return str(values)


def functions(spark: Emulator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = spark.requests[-1].body["payload"]["functions"]["text"]
    return found


def test_tools_of_real_servers_are_offered(llm: SparkLLM, spark: Emulator) -> None:
    tools = [
        FunctionTool(grow, ServersMetadata("", f"t{at}", own=case["parameters"]))
        for at, case in enumerate(MCP_TOOLS)
    ]
    llm.chat_with_tools(tools, "嗯")
    names = [list(function["parameters"]["properties"]) for function in functions(spark)]
    assert names == [list(case["parameters"]["properties"]) for case in MCP_TOOLS]
    llm.chat([ChatMessage("嗯")], tools=openai_tools())
    assert len(functions(spark)) == 117


def test_a_class_that_contains_itself_is_cut_with_a_word(llm: SparkLLM, spark: Emulator) -> None:
    llm.chat_with_tools([FunctionTool.from_defaults(grow, name="grow", fn_schema=Node)], "嗯")
    children = functions(spark)[0]["parameters"]["properties"]["children"]
    assert "again Node" in children["items"]["description"]


def test_a_description_of_null_is_none(llm: SparkLLM, spark: Emulator) -> None:
    function = {"name": "f", "description": None, "parameters": None}
    llm.chat([ChatMessage("嗯")], tools=[{"type": "function", "function": function}])
    assert functions(spark)[0]["description"] == ""


@pytest.mark.parametrize("search", [{"type": "web_search"}, {"type": "web_search_preview"}])
def test_the_web_search_of_other_vendors_is_the_option(
    llm: SparkLLM, spark: Emulator, search: dict[str, Any]
) -> None:
    llm.chat([ChatMessage("嗯")], tools=[search])
    tools: list[Any] = [search, FunctionTool.from_defaults(mail)]
    llm.chat_with_tools(tools, "嗯")
    for request in spark.requests:
        (sent,) = request.body["parameter"]["chat"]["tools"]
        assert sent["web_search"]["enable"] is True
    assert [function["name"] for function in functions(spark)] == ["mail"]


def call(arguments: str) -> faults.Replay:
    return faults.Replay((function_call("mail", arguments),))


@WAYS
async def test_a_broken_call_is_asked_for_once_more(
    llm: SparkLLM, spark: Emulator, how: str
) -> None:
    spark.script(call('{"to": 5}'), call('{"to": ["a"]}'))
    options = llm._prepare_chat_with_tools([FunctionTool.from_defaults(mail)])
    response = await chat(llm, "写信", how, **options_of(options))
    (selection,) = llm.get_tool_calls_from_response(response)
    assert selection.tool_kwargs == {"to": ["a"]}
    assert "$.to: 5 is not" in spark.requests[-1].body["payload"]["message"]["text"][-1]["content"]


@WAYS
async def test_a_call_that_is_broken_twice_is_never_run(
    llm: SparkLLM, spark: Emulator, how: str
) -> None:
    spark.script(call('{"to": 5}'), call('{"to": 6}'))
    options = llm._prepare_chat_with_tools([FunctionTool.from_defaults(mail)])
    response = await chat(llm, "写信", how, **options_of(options))
    for kind in (ValueError, errors.SparkError):
        with pytest.raises(kind, match=r"\$\.to: 6 is not"):
            llm.get_tool_calls_from_response(response)
    assert len(spark.requests) == 2


def options_of(prepared: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in prepared.items() if key != "messages"}
