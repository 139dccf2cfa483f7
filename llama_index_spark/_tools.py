"""LlamaIndex's tools and tool choices in OpenAI's form, and its reading of tool calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from llama_index.core.base.llms.types import ChatResponse, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools.types import BaseTool, ToolMetadata

from iflytek_spark import InvalidResponseError, Tool, ToolNotCalledError
from iflytek_spark.adapters import read_arguments, tool_to_openai

Choice: TypeAlias = str | dict[str, Any]


class NoToolCallError(ToolNotCalledError, ValueError):
    """An answer without a tool call where one is expected; LlamaIndex knows it as ValueError."""


class InvalidToolCallError(InvalidResponseError):
    """A call that must not be run; LlamaIndex knows it as ValueError."""


def to_openai_tools(tools: Sequence[BaseTool | dict[str, Any]]) -> list[Any]:
    """Write tools as OpenAI's JSON, which events show.

    Their names stay as they are: LlamaIndex's own ``to_openai_tool`` replaces Chinese
    characters, and the agent would not find the tool again. A dict is OpenAI's JSON already, a
    web search (``{"type": "web_search"}``) among others.
    """
    return [tool if isinstance(tool, dict) else tool_to_openai(_to_tool(tool)) for tool in tools]


def _to_tool(tool: BaseTool) -> Tool:
    about = tool.metadata
    return Tool(about.get_name(), about.description or "", _parameters(about))


def _parameters(about: ToolMetadata) -> dict[str, Any]:
    """Return the schema of a tool's class; LlamaIndex's own form leaves a ``$ref`` of it out."""
    own_form = type(about).get_parameters_dict is not ToolMetadata.get_parameters_dict
    if own_form or about.fn_schema is None:
        return about.get_parameters_dict()
    schema = about.fn_schema.model_json_schema()
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


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
        InvalidToolCallError: for a call that must not be run: its arguments are cut off, no
            object, or break the tool's schema.
    """
    for problem in response.message.additional_kwargs.get("invalid_tool_calls", {}).values():
        raise InvalidToolCallError(problem, hint="ask again, or make the tool's schema simpler")
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
