"""Tools of real MCP servers, as their lists of tools described them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MCP_TOOLS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("mcp_tool_schemas.jsonl").read_text("utf-8").splitlines()
]
"""Each with ``server``, ``name`` and ``parameters``."""


def openai_tools() -> list[dict[str, Any]]:
    """The tools in OpenAI's form, each under a name of its own."""
    return [
        {
            "type": "function",
            "function": {
                "name": f"t{number}_{tool['name']}"[:60],
                "description": f"A tool of {tool['server']}.",
                "parameters": tool["parameters"],
            },
        }
        for number, tool in enumerate(MCP_TOOLS)
    ]
