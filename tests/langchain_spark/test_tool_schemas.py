"""A tool is bound whatever its schema, and a call that breaks it is asked for once more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.tools import StructuredTool, tool
from pydantic import BaseModel

from iflytek_spark.emulator import Emulator
from tests._support.frames import function_call, last, piece
from tests._support.mcp_tools import MCP_TOOLS, openai_tools
from tests.langchain_spark.asking import WAYS, Make, ask, functions, replay, turns

TO = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
MAIL = {"type": "object", "properties": {"to": TO}, "required": ["to"]}
TOOL = {"name": "mail", "description": "Write to people.", "parameters": MAIL}


class Node(BaseModel):
    """A part of a tree."""

    title: str
    children: list[Node] = []
    anything: Any = None


@tool
def grow(node: Node, times: int) -> str:
    """Let a tree grow."""
    return f"{node} {times}"


def grow_function(node: Node) -> str:
    """Let a tree grow."""
    return str(node)


def test_tools_of_real_servers_are_bound_and_sent(chat: Make, spark: Emulator) -> None:
    chat().bind_tools(openai_tools()).invoke("嗯")
    sent = functions(spark)
    assert len(sent) == len(MCP_TOOLS) == 117
    assert "$ref" not in json.dumps(sent)


def test_tools_of_a_server_are_bound_as_its_adapter_makes_them(chat: Make, spark: Emulator) -> None:
    made = [
        StructuredTool(name=case["name"], description="", args_schema=case["parameters"])
        for case in MCP_TOOLS
    ]
    chat().bind_tools(made).invoke("嗯")
    names = [list(function["parameters"]["properties"]) for function in functions(spark)]
    assert names == [list(case["parameters"]["properties"]) for case in MCP_TOOLS]


@pytest.mark.parametrize("form", [grow, grow_function, Node])
def test_a_class_that_contains_itself_is_cut_with_a_word(
    chat: Make, spark: Emulator, form: Any
) -> None:
    chat().bind_tools([form]).invoke("嗯")
    (function,) = functions(spark)
    assert function["description"] in ("Let a tree grow.", "A part of a tree.")
    properties = function["parameters"]["properties"]
    node = properties.get("node", {"properties": properties})["properties"]
    assert node["children"]["items"]["type"] == "object"
    assert "again Node" in node["children"]["items"]["description"]
    assert "any JSON value" in node["anything"]["description"]


def test_a_description_of_null_is_none(chat: Make, spark: Emulator) -> None:
    function = {"name": "f", "description": None, "parameters": {"properties": None}}
    chat().bind_tools([{"type": "function", "function": function}]).invoke("嗯")
    assert functions(spark) == [
        {"name": "f", "description": "", "parameters": {"type": "object", "properties": {}}}
    ]


@WAYS
async def test_a_broken_call_is_asked_for_once_more(chat: Make, spark: Emulator, how: str) -> None:
    replay(spark, [function_call("mail", '{"to": 5}')], [function_call("mail", '{"to": ["a"]}')])
    message = await ask(chat().bind_tools([TOOL]), "写信", how)
    assert [call["args"] for call in message.tool_calls] == [{"to": ["a"]}]
    assert message.invalid_tool_calls == []
    (_, words) = turns(spark)[-1]
    assert words.startswith("写信\n")
    assert "$.to: 5 is not" in words
    assert len(spark.requests) == 2


@WAYS
async def test_a_call_that_is_broken_twice_is_invalid(
    chat: Make, spark: Emulator, how: str
) -> None:
    replay(spark, *([function_call("mail", '{"to": 5}')] for _ in range(2)))
    message = await ask(chat().bind_tools([TOOL], tool_choice="any"), "写信", how)
    assert message.tool_calls == []
    (call,) = message.invalid_tool_calls
    assert call["name"] == "mail"
    assert '"to' in call["args"].replace("\\", "")
    assert len(spark.requests) == 2
    assert "请务必调用函数" in turns(spark)[-1][1]


@WAYS
async def test_after_a_text_a_broken_call_is_invalid_at_once(
    chat: Make, spark: Emulator, how: str
) -> None:
    """What was seen cannot be taken back, so nothing is asked again."""
    call = {"name": "mail", "arguments": '{"to": 5}'}
    replay(spark, [piece(0, "好的，", status=0), last(1, function_call=call)])
    message = await ask(chat().bind_tools([TOOL]), "写信", how)
    assert message.text == "好的，"
    assert message.tool_calls == []
    assert len(message.invalid_tool_calls) == len(spark.requests) == 1


def test_a_schema_that_is_said_whole_costs_no_check(chat: Make, spark: Emulator) -> None:
    plain = {**TOOL, "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}}
    replay(spark, [function_call("mail", '{"to": 5}')])
    message = chat().bind_tools([plain]).invoke("写信")
    assert message.tool_calls[0]["args"] == {"to": 5}


SEARCHES: list[dict[str, Any]] = [
    {"type": "web_search"},
    {"type": "web_search_preview"},
    {"type": "web_search_preview_2025_03_11"},
    {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
    {"type": "web_search", "search_context_size": "high"},
    {"google_search": {}},
]


@pytest.mark.parametrize("search", SEARCHES)
def test_the_web_search_of_other_vendors_is_the_option(
    chat: Make, spark: Emulator, search: dict[str, Any]
) -> None:
    chat().bind_tools([search, TOOL]).invoke("嗯")
    (sent,) = spark.requests[-1].body["parameter"]["chat"]["tools"]
    assert sent["web_search"]["enable"] is True
    deep = search.get("search_context_size") == "high"
    assert sent["web_search"]["search_mode"] == ("deep" if deep else "normal")
    assert [function["name"] for function in functions(spark)] == ["mail"]


def test_a_function_in_the_flat_form_of_responses(chat: Make, spark: Emulator) -> None:
    chat().bind_tools([{"type": "function", **TOOL}]).invoke("嗯")
    assert functions(spark)[0]["name"] == "mail"
