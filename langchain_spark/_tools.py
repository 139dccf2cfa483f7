"""LangChain's tools and tool choices in the core's form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.utils.function_calling import convert_to_openai_tool

from iflytek_spark import Tool
from iflytek_spark.errors import InvalidRequestError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

AnyTool: TypeAlias = "Mapping[str, Any] | type | Callable[..., Any] | BaseTool"
AnyChoice: TypeAlias = str | bool | Mapping[str, Any] | None

_REQUIRED = ("any", "required")


def to_openai_tools(tools: Sequence[AnyTool], strict: bool | None = None) -> list[dict[str, Any]]:
    """Write tools of any kind that LangChain knows as OpenAI's JSON, which traces show."""
    return [convert_to_openai_tool(tool, strict=strict) for tool in tools]


def to_tools(tools: Sequence[AnyTool]) -> list[Tool]:
    """Translate tools of any kind that LangChain knows.

    Raises:
        InvalidRequestError: for a tool of another provider's own kind.
    """
    return [_to_tool(tool) for tool in to_openai_tools(tools)]


def _to_tool(tool: Mapping[str, Any]) -> Tool:
    function = tool.get("function")
    if not isinstance(function, Mapping):
        raise InvalidRequestError(
            f"a tool of type {tool.get('type')!r} is not a function",
            hint="web search is an option of its own: ChatSpark(web_search=True)",
        )
    return Tool(function["name"], function.get("description", ""), function.get("parameters") or {})


def to_choice(choice: AnyChoice) -> str | None:
    """Translate a tool choice.

    Args:
        choice: None, ``auto``, ``none``, ``any`` or ``required`` or True, False, a tool's name,
            or a dict of OpenAI's or Anthropic's form.

    Returns:
        ``auto``, ``none``, ``required``, a tool's name, or None.

    Raises:
        InvalidRequestError: for another form.
    """
    if isinstance(choice, Mapping):
        function = choice.get("function", choice)
        name = function.get("name") if isinstance(function, Mapping) else None
        return to_choice(name or choice.get("type"))
    if choice is True or choice in _REQUIRED:
        return "required"
    if choice is False:
        return "none"
    if choice is None or isinstance(choice, str):
        return choice
    raise InvalidRequestError(f"tool_choice is {choice!r}")
