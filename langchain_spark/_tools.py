"""LangChain's tools in OpenAI's form and in the core's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.tools import BaseTool, create_schema_from_function
from langchain_core.tools import Tool as OneTextTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel
from pydantic.v1 import BaseModel as BaseModelV1

from iflytek_spark import Tool
from iflytek_spark.adapters import is_web_search, tools_from_openai

AnyTool: TypeAlias = Mapping[str, Any] | type | Callable[..., Any] | BaseTool
AnyChoice: TypeAlias = str | bool | Mapping[str, Any] | None


def to_openai_tools(tools: Sequence[AnyTool], strict: bool | None = None) -> list[dict[str, Any]]:
    """Write tools of any kind that LangChain knows as OpenAI's JSON, which traces show."""
    return [_to_openai_tool(tool, strict) for tool in tools]


def to_tools(tools: Sequence[AnyTool]) -> list[Tool]:
    """Translate tools of any kind that LangChain knows; a web search among them is no function.

    Raises:
        InvalidRequestError: for a tool of another provider's own kind.
    """
    return tools_from_openai(to_openai_tools(tools))


def own_schema(tool: AnyTool) -> dict[str, Any] | None:
    """Return the JSON schema that a class or a tool has of itself, or None.

    LangChain's own conversion puts references in their place, and where a class contains itself it
    leaves ``{}``, which allows everything.
    """
    if isinstance(tool, BaseTool):
        schema = None if _takes_one_text(tool) else tool.tool_call_schema
        return schema if isinstance(schema, dict) else _schema_of(schema)
    if isinstance(tool, Mapping):
        return None
    if isinstance(tool, type):
        return _schema_of(tool)
    name = getattr(tool, "__name__", "")
    return _schema_of(
        create_schema_from_function(name, tool, parse_docstring=True, include_injected=False)
    )


def _schema_of(model: type | None) -> dict[str, Any] | None:
    if model is not None and issubclass(model, BaseModel):
        return model.model_json_schema()
    return model.schema() if model is not None and issubclass(model, BaseModelV1) else None


def _takes_one_text(tool: BaseTool) -> bool:
    return isinstance(tool, OneTextTool) and not tool.args_schema


def _to_openai_tool(tool: AnyTool, strict: bool | None) -> dict[str, Any]:
    if isinstance(tool, Mapping) and is_web_search(tool):
        return {**tool}
    schema = own_schema(tool)
    if schema is None or '"$ref"' not in json.dumps(schema, default=str):
        return convert_to_openai_tool(tool, strict=strict)
    if isinstance(tool, BaseTool):  # whose schema may be a server's, too large to be put in place
        function = {"name": tool.name, "description": tool.description}
    else:
        function = convert_to_openai_tool(tool)["function"]
    parameters = {key: value for key, value in schema.items() if key not in _ABOUT_FUNCTION}
    strictness = {} if strict is None else {"strict": strict}
    return {"type": "function", "function": {**function, "parameters": parameters, **strictness}}


_ABOUT_FUNCTION = ("title", "description")
