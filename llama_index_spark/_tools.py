"""LlamaIndex's tools, tool choices and tool calls in the core's form, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from llama_index.core.base.llms.types import ChatResponse, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.llms.utils import parse_partial_json

from iflytek_spark import Tool
from iflytek_spark.errors import InvalidRequestError, ToolNotCalledError

if TYPE_CHECKING:
    from llama_index.core.tools.types import BaseTool

Choice: TypeAlias = str | dict[str, Any]


class NoToolCallError(ToolNotCalledError, ValueError):
    """An answer without a tool call where one is expected; LlamaIndex knows it as ValueError."""


def to_specs(tools: Sequence[BaseTool]) -> list[dict[str, Any]]:
    """Write tools as OpenAI's JSON, which events show.

    Their names stay as they are: LlamaIndex's own ``to_openai_tool`` replaces Chinese
    characters, and the agent would not find the tool again.
    """
    return [
        {
            "type": "function",
            "function": {
                "name": tool.metadata.get_name(),
                "description": tool.metadata.description,
                "parameters": tool.metadata.get_parameters_dict(),
            },
        }
        for tool in tools
    ]


def to_tools(specs: Sequence[Any]) -> list[Tool]:
    """Translate tools in OpenAI's form.

    Raises:
        InvalidRequestError: for something else.
    """
    return [_to_tool(spec) for spec in specs]


def _to_tool(spec: Any) -> Tool:
    function = spec.get("function") if isinstance(spec, Mapping) else None
    if not isinstance(function, Mapping):
        raise InvalidRequestError(
            f"a tool of the form {type(spec).__name__} is not a function",
            hint="pass LlamaIndex tools to chat_with_tools, or OpenAI's JSON as tools",
        )
    return Tool(function["name"], function.get("description", ""), function.get("parameters") or {})


def resolve_choice(choice: Choice | None, required: bool) -> Choice:
    """Apply LlamaIndex's rules: an explicit choice wins, a name means that function."""
    if choice is None:
        return "required" if required else "auto"
    if isinstance(choice, dict) or choice in ("none", "auto", "required"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def to_choice(choice: Choice | None) -> str | None:
    """Translate a tool choice.

    Args:
        choice: None, ``auto``, ``none``, ``required`` or ``any``, a tool's name, or OpenAI's dict.

    Returns:
        The core's choice.

    Raises:
        InvalidRequestError: for another form.
    """
    if isinstance(choice, dict):
        function = choice.get("function", choice)
        choice = function.get("name") if isinstance(function, Mapping) else None
        if choice is None:
            raise InvalidRequestError("tool_choice names no function")
    if choice is not None and not isinstance(choice, str):
        raise InvalidRequestError(f"tool_choice is {choice!r}")
    return "required" if choice == "any" else choice


def keep_first_call(response: ChatResponse) -> None:
    """Leave one tool call in a response, in both places where it stands."""
    calls = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
    dropped = {id(block) for block in calls[1:]}
    message = response.message
    message.blocks = [block for block in message.blocks if id(block) not in dropped]
    if "tool_calls" in message.additional_kwargs:
        message.additional_kwargs["tool_calls"] = message.additional_kwargs["tool_calls"][:1]


def tool_selections(response: ChatResponse) -> list[ToolSelection]:
    """Read the tool calls of a response; incomplete arguments are read as far as they go."""
    return [
        ToolSelection(
            tool_id=block.tool_call_id or "",
            tool_name=block.tool_name,
            tool_kwargs=_arguments(block.tool_kwargs),
        )
        for block in response.message.blocks
        if isinstance(block, ToolCallBlock)
    ]


def _arguments(given: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(given, dict):
        return given
    try:
        parsed: object = parse_partial_json(given)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
