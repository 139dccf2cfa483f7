"""From a request for a response to the core's messages and chat's parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from iflytek_spark import Message
from iflytek_spark.adapters import is_web_search, messages_of
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.requests import ChatParameters
from iflytek_spark.gateway.responses.requests import (
    AllowedTools,
    FunctionCallItem,
    FunctionCallOutputItem,
    Item,
    MessageItem,
    ResponsesRequest,
    ResponsesTool,
    TextSchema,
    ToolName,
)

FIELDS: Mapping[str, str] = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning",
    "thinking": "reasoning",
    "web_search": "tools",
    "web_search_options": "tools",
}
"""What is called otherwise than in chat completions."""


def to_messages(instructions: str | None, items: Sequence[Item]) -> list[Message]:
    """Translate a conversation."""
    found = [Message("system", instructions)] if instructions else []
    for assistant, turn in groupby(items, _is_assistants):
        translate = _answer if assistant else _others
        found += translate(turn)
    return found


def _is_assistants(item: Item) -> bool:
    if isinstance(item, MessageItem):
        return item.role == "assistant"
    return not isinstance(item, FunctionCallOutputItem)


def _answer(items: Iterator[Item]) -> Iterator[Message]:
    """Put the items of an answer, its calls too, into one message."""
    blocks: list[object] = []
    for item in items:
        if isinstance(item, MessageItem):
            blocks.append(_content(item))
        elif isinstance(item, FunctionCallItem):
            blocks.append(item.model_dump())
    if blocks:
        yield from messages_of("assistant", blocks)


def _others(items: Iterator[Item]) -> Iterator[Message]:
    for item in items:
        if isinstance(item, MessageItem):
            yield from messages_of("user" if item.role == "user" else "system", _content(item))
        elif isinstance(item, FunctionCallOutputItem):
            yield from messages_of("tool", item.model_dump()["output"], tool_call_id=item.call_id)


def _content(item: MessageItem) -> object:
    return item.model_dump()["content"]


def to_parameters(request: ResponsesRequest) -> ChatParameters:
    """Translate what a request sets beside its conversation.

    Raises:
        GatewayError: for a tool that only OpenAI has.
    """
    offered = _allowed(request.tools or [], request.tool_choice)
    searches = [tool for tool in offered if is_web_search(tool.model_dump())]
    parameters = {
        "model": request.model,
        "stream": request.stream,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_completion_tokens": request.max_output_tokens,
        "tools": [_function(tool) for tool in offered if tool not in searches],
        "tool_choice": _choice(request.tool_choice),
        "parallel_tool_calls": request.parallel_tool_calls,
        "response_format": _format(request),
        "web_search_options": _search(searches),
        "reasoning_effort": request.reasoning.effort if request.reasoning else None,
        "user": request.user,
    }
    return ChatParameters.model_validate(parameters)


def _allowed(tools: Sequence[ResponsesTool], choice: object) -> list[ResponsesTool]:
    if not isinstance(choice, AllowedTools):
        return list(tools)
    names = {tool.name for tool in choice.tools}
    return [tool for tool in tools if tool.name in names]


def _function(tool: ResponsesTool) -> object:
    if tool.type != "function" or not tool.name:
        raise GatewayError(
            ErrorRow.INVALID_VALUE,
            f"a tool of type {tool.type!r} is OpenAI's own, or has no name: Spark knows functions "
            "and web_search",
            param="tools",
        )
    names = ("name", "description", "parameters")
    return {"type": "function", "function": tool.model_dump(include={*names})}


def _choice(choice: str | ToolName | AllowedTools | None) -> object:
    if isinstance(choice, ToolName):
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode if isinstance(choice, AllowedTools) else choice


def _format(request: ResponsesRequest) -> object:
    wanted = request.text.format if request.text else None
    if not isinstance(wanted, TextSchema):
        return wanted
    schema = {"name": wanted.name, "schema": wanted.json_schema}
    return {"type": "json_schema", "json_schema": schema}


def _search(tools: Sequence[ResponsesTool]) -> object:
    return {"search_context_size": tools[-1].search_context_size} if tools else None
