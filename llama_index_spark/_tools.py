"""LlamaIndex's tools and tool choices in OpenAI's form, and its reading of tool calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from llama_index.core.base.llms.types import ChatResponse, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools.types import BaseTool

from iflytek_spark import InvalidResponseError, Tool, ToolNotCalledError
from iflytek_spark.adapters import OpenAITool, read_arguments, tool_to_openai

Choice: TypeAlias = str | dict[str, Any]


class NoToolCallError(ToolNotCalledError, ValueError):
    """An answer without a tool call where one is expected; LlamaIndex knows it as ValueError."""


class InvalidToolCallError(InvalidResponseError):
    """A call whose arguments are cut off or no object; LlamaIndex knows it as ValueError."""


def to_openai_tools(tools: Sequence[BaseTool]) -> list[OpenAITool]:
    """Write tools as OpenAI's JSON, which events show.

    Their names stay as they are: LlamaIndex's own ``to_openai_tool`` replaces Chinese
    characters, and the agent would not find the tool again.
    """
    return [tool_to_openai(_to_tool(tool)) for tool in tools]


def _to_tool(tool: BaseTool) -> Tool:
    about = tool.metadata
    return Tool(about.get_name(), about.description, about.get_parameters_dict())


def resolve_choice(choice: Choice | None, required: bool) -> Choice:
    """Apply LlamaIndex's rules: an explicit choice wins, a name means that function."""
    if choice is None:
        return "required" if required else "auto"
    if isinstance(choice, dict) or choice in ("none", "auto", "required"):
        return choice
    return {"type": "function", "function": {"name": choice}}


def keep_first_call(response: ChatResponse) -> None:
    """Leave one tool call in a response, in both places where it stands."""
    calls = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
    dropped = {id(block) for block in calls[1:]}
    message = response.message
    message.blocks = [block for block in message.blocks if id(block) not in dropped]
    if "tool_calls" in message.additional_kwargs:
        message.additional_kwargs["tool_calls"] = message.additional_kwargs["tool_calls"][:1]


def tool_selections(response: ChatResponse) -> list[ToolSelection]:
    """Read the tool calls of a response.

    Raises:
        InvalidToolCallError: for arguments that are not an object: such a call is never run.
    """
    return [
        ToolSelection(
            tool_id=block.tool_call_id or "",
            tool_name=block.tool_name,
            tool_kwargs=_arguments(block),
        )
        for block in response.message.blocks
        if isinstance(block, ToolCallBlock)
    ]


def _arguments(block: ToolCallBlock) -> dict[str, Any]:
    try:
        return read_arguments(block.tool_kwargs)
    except InvalidResponseError as error:
        raise InvalidToolCallError(
            f"the model's call of {block.tool_name!r} was not run: {error.message}",
            hint="raise max_tokens if finish_reason is length, or ask again",
        ) from error
