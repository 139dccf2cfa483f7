"""OpenAI's shapes of tools, tool choices, tool calls and token counts, and the core's values.

Every framework knows these shapes, and traces show them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import JSONObject, Tool, ToolCall, ToolChoice, Usage, WebSearch
from iflytek_spark.requests.tool_arguments import normal_arguments


class OpenAIFunction(TypedDict):
    """A function that the model may ask for; ``parameters`` is a JSON schema."""

    name: str
    description: NotRequired[str]
    parameters: NotRequired[JSONObject]


class OpenAITool(TypedDict):
    """A tool of a request."""

    type: Literal["function"]
    function: OpenAIFunction


class OpenAICalledFunction(TypedDict):
    """The function of a call; ``arguments`` is a JSON text as the model wrote it."""

    name: str
    arguments: str


class OpenAIToolCall(TypedDict):
    """A tool call of an answer."""

    id: str
    type: Literal["function"]
    function: OpenAICalledFunction


class OpenAIUsage(TypedDict):
    """Token counts."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class OpenAISchema(TypedDict):
    """A JSON schema with a name."""

    name: str
    schema: JSONObject


class OpenAISchemaFormat(TypedDict):
    """The ``response_format`` of an answer that is to fit a JSON schema."""

    type: Literal["json_schema"]
    json_schema: OpenAISchema


def tool_from_openai(tool: object) -> Tool:
    """Read a tool.

    Args:
        tool: as :class:`OpenAITool`, or flat, as OpenAI's Responses take it: ``{"type":
            "function", "name": …, "parameters": …}``; a Tool is returned as it is.

    Returns:
        The core's tool.

    Raises:
        InvalidRequestError: for anything else, another provider's own tool for instance.
    """
    if isinstance(tool, Tool):
        return tool
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if isinstance(tool, Mapping) and function is None and tool.get("type") == "function":
        function = tool
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        named = tool.get("type") if isinstance(tool, Mapping) else type(tool).__name__
        raise InvalidRequestError(
            f"a tool of type {named!r} is not a function",
            hint="pass OpenAI's JSON; web search is an option of its own: web_search=True",
            param="tools",
        )
    description, parameters = function.get("description"), function.get("parameters")
    return Tool(function["name"], description or "", parameters or {})


def tools_from_openai(tools: Iterable[object] | None) -> list[Tool]:
    """Read the functions among the tools of a call; None is none. See :func:`tool_from_openai`."""
    return [tool_from_openai(tool) for tool in tools or () if not is_web_search(tool)]


def web_search_from_openai(tools: Iterable[object] | None) -> WebSearch | None:
    """Read the web search among the tools of a call, which is an option of Spark's.

    Args:
        tools: the tools; None is none. ``{"type": "web_search"}`` counts, and the dated and
            older names of OpenAI, Anthropic and Google for it.

    Returns:
        How to search; whole pages are read where ``search_context_size`` is ``high``. None
        when there is no web search.
    """
    found = [tool for tool in tools or () if isinstance(tool, Mapping) and is_web_search(tool)]
    if not found:
        return None
    deep = any(tool.get("search_context_size") == "high" for tool in found)
    return WebSearch("deep" if deep else "normal")


def is_web_search(tool: object) -> bool:
    """Tell whether a tool is a vendor's web search; see :func:`web_search_from_openai`."""
    if not isinstance(tool, Mapping):
        return False
    if not tool.get("type"):
        return len(tool) == 1 and next(iter(tool)) in _SEARCHES_BY_KEY
    return re.fullmatch(_SEARCH, str(tool["type"])) is not None


_SEARCH = r"web_search(_preview)?(_\d{4}_?\d{2}_?\d{2})?"
_SEARCHES_BY_KEY = ("google_search", "google_search_retrieval", "web_search")


def tool_to_openai(tool: Tool) -> OpenAITool:
    """Write a tool."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def choice_from_openai(choice: object) -> ToolChoice | None:
    """Read a tool choice.

    Args:
        choice: None, ``auto``, ``none``, ``required`` or ``any`` or True, False for none, a
            tool's name, or a dict of OpenAI's or Anthropic's form.

    Returns:
        ``auto``, ``none``, ``required``, a tool's name, or None.

    Raises:
        InvalidRequestError: for another form.
    """
    if isinstance(choice, Mapping):
        return _choice_of(choice) if choice else None
    if choice is True or choice in ("any", "required"):
        return "required"
    if choice is False:
        return "none"
    if choice is None or isinstance(choice, str):
        return choice
    raise InvalidRequestError(f"tool_choice is {choice!r}", param="tool_choice")


def _choice_of(choice: Mapping[str, object]) -> ToolChoice | None:
    function = choice.get("function", choice)
    name = function.get("name") if isinstance(function, Mapping) else None
    if not name and choice.get("type") in ("auto", "none", "any", "required"):
        name = choice["type"]
    if not isinstance(name, str):
        raise InvalidRequestError(
            f"tool_choice {dict(choice)!r} names no function", param="tool_choice"
        )
    return choice_from_openai(name)


def call_to_openai(call: ToolCall) -> OpenAIToolCall:
    """Write a tool call."""
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def calls_from_openai(message: Mapping[str, object]) -> list[ToolCall]:
    """Read the calls of an assistant's message, or of what an adapter keeps of one.

    Args:
        message: with ``tool_calls``, or with the older ``function_call``; both may be missing,
            and their items may be objects of OpenAI's client in place of dicts, custom calls, or
            flat, as LangChain writes them.

    Returns:
        The calls; what is no call is passed over.
    """
    given = message.get("tool_calls")
    found = [_call_of(call, _function_of(call)) for call in _items(given)]
    if not found and message.get(_ONE_CALL):
        found = [_call_of({}, message[_ONE_CALL])]
    return [call for call in found if call.name]


_ONE_CALL = "function_call"
"""Where a call stood before OpenAI knew several."""


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _function_of(call: object) -> object:
    """Return what names the function: within the call, or the call itself where it is flat."""
    return _field(call, "function") or _field(call, "custom") or call


def _call_of(call: object, function: object) -> ToolCall:
    given = (_field(function, name) for name in ("arguments", "args", "input"))
    arguments = next((value for value in given if value is not None), None)
    call_id = _field(call, "id")
    return ToolCall(
        "" if call_id is None else str(call_id),
        str(_field(function, "name") or ""),
        normal_arguments(arguments),
    )


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def usage_to_openai(usage: Usage) -> OpenAIUsage:
    """Write token counts."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }


def schema_format(name: str, schema: JSONObject) -> OpenAISchemaFormat:
    """Write the ``response_format`` that asks for JSON of a schema."""
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}
