"""What the local Spark answers to a program, and what the program sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from iflytek_spark.emulator import Call, Emulator, Reply, SeenChat
from iflytek_spark.requests.tool_text import ToolResult, read_tool_text


def in_turn(*replies: Reply | Call | str) -> Callable[[SeenChat], Reply | Call | str]:
    """Answer the first request with the first reply, and so on; more requests are a failure."""
    left = iter(replies)

    def respond(chat: SeenChat) -> Reply | Call | str:
        reply = next(left, None)
        assert reply is not None, f"a request too many: {chat.text}"
        return reply

    return respond


def turns(spark: Emulator, at: int = -1) -> list[tuple[str, str]]:
    """Role and content of the messages of a request."""
    texts = spark.requests[at].body["payload"]["message"]["text"]
    return [(text["role"], text["content"]) for text in texts]


def functions(spark: Emulator, at: int = -1) -> dict[str, dict[str, Any]]:
    """The functions that a request offered, by name."""
    offered = spark.requests[at].body["payload"].get("functions", {}).get("text", [])
    return {function["name"]: function for function in offered}


def properties(spark: Emulator, function: str) -> dict[str, dict[str, Any]]:
    """The arguments of a function that the newest request offered."""
    found: dict[str, dict[str, Any]] = functions(spark)[function]["parameters"]["properties"]
    return found


def results(spark: Emulator, at: int = -1) -> list[str]:
    """The results of tools that a request told, in order."""
    items = [item for _, text in turns(spark, at) for item in read_tool_text(text)]
    return [item.content for item in items if isinstance(item, ToolResult)]


def fixed_values(schema: Any) -> set[str]:
    """Every value that an ``enum`` or a ``const`` of a schema allows, as JSON."""
    if isinstance(schema, list):
        return {value for item in schema for value in fixed_values(item)}
    if not isinstance(schema, dict):
        return set()
    own = [*_listed(schema.get("enum")), *([schema["const"]] if "const" in schema else [])]
    inner = {value for item in schema.values() for value in fixed_values(item)}
    return inner | {json.dumps(value, ensure_ascii=False) for value in own}


def _listed(enum: Any) -> list[Any]:
    """The values of an ``enum``; an argument may bear that name too."""
    return enum if isinstance(enum, list) else []


def lost_values(tools: dict[str, Any], spark: Emulator) -> dict[str, set[str]]:
    """The fixed values of tools' schemas of which the newest request says nothing, by tool."""
    lost = {}
    for name, function in functions(spark).items():
        told = json.dumps(function, ensure_ascii=False).replace('\\"', '"')
        values = fixed_values(tools[name])
        lost[name] = {value for value in values if value.strip('"') not in told}
    return {name: values for name, values in lost.items() if values}
