"""LangChain's tools in OpenAI's form and in the core's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from iflytek_spark import Tool
from iflytek_spark.adapters import tools_from_openai

AnyTool: TypeAlias = Mapping[str, Any] | type | Callable[..., Any] | BaseTool
AnyChoice: TypeAlias = str | bool | Mapping[str, Any] | None


def to_openai_tools(tools: Sequence[AnyTool], strict: bool | None = None) -> list[dict[str, Any]]:
    """Write tools of any kind that LangChain knows as OpenAI's JSON, which traces show."""
    return [convert_to_openai_tool(tool, strict=strict) for tool in tools]


def to_tools(tools: Sequence[AnyTool]) -> list[Tool]:
    """Translate tools of any kind that LangChain knows.

    Raises:
        InvalidRequestError: for a tool of another provider's own kind.
    """
    return tools_from_openai(to_openai_tools(tools))
