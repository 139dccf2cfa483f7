"""From a request for a message to the core's messages and chat's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iflytek_spark import Message
from iflytek_spark.adapters import is_web_search, messages_of
from iflytek_spark.gateway.anthropic.requests import (
    CountTokensRequest,
    MessagesRequest,
    MessagesTool,
    SystemText,
    ToolChoice,
)
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.requests import ChatParameters

FIELDS: Mapping[str, str] = {
    "max_completion_tokens": "max_tokens",
    "stop": "stop_sequences",
    "user": "metadata",
    "response_format": "output_config",
    "web_search_options": "tools",
}
"""What is called otherwise than in chat completions."""

_CHOICES: Mapping[str, str] = {"auto": "auto", "any": "required", "none": "none"}
_THINKING: Mapping[str, str] = {
    "enabled": "enabled",
    "adaptive": "auto",
    "disabled": "disabled",
}


def to_messages(request: CountTokensRequest) -> list[Message]:
    """Translate a conversation; the core reads the blocks of any provider."""
    found = [Message("system", text)] if (text := _system(request.system)) else []
    for message in request.messages:
        found += messages_of(message.role, message.model_dump()["content"])
    return found


def _system(system: str | Sequence[SystemText] | None) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    return "\n".join(part.text for part in system if part.text)


def to_parameters(request: MessagesRequest) -> ChatParameters:
    """Translate what a request sets beside its conversation.

    Raises:
        GatewayError: for a tool that only Anthropic has.
    """
    searches, functions = split_tools(request.tools or [])
    parameters = {
        "model": request.model,
        "stream": request.stream,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "stop": request.stop_sequences,
        "tools": functions,
        "tool_choice": _choice(request.tool_choice),
        "response_format": _format(request),
        "web_search_options": {} if searches else None,
        "thinking": {"type": _THINKING[request.thinking.type]} if request.thinking else None,
        "user": request.metadata.user_id if request.metadata else None,
    }
    return ChatParameters.model_validate(parameters)


def split_tools(tools: Sequence[MessagesTool]) -> tuple[bool, list[object]]:
    """Return whether the web is searched, and the functions in OpenAI's form.

    Raises:
        GatewayError: for a tool that only Anthropic has.
    """
    searches = [tool for tool in tools if is_web_search(tool.model_dump())]
    return bool(searches), [_function(tool) for tool in tools if tool not in searches]


def _function(tool: MessagesTool) -> object:
    if tool.type not in (None, "custom") or tool.input_schema is None:
        raise GatewayError(
            ErrorRow.INVALID_VALUE,
            f"tools: {tool.name!r} of type {tool.type!r} is Anthropic's own, or has no "
            "input_schema: Spark knows tools with one, and web_search",
            param="tools",
        )
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.input_schema,
    }
    return {"type": "function", "function": function}


def _choice(choice: ToolChoice | None) -> object:
    if choice is None or choice.type != "tool":
        return choice and _CHOICES[choice.type]
    if choice.name is None:
        message = "tool_choice: of type tool it needs the name of one"
        raise GatewayError(ErrorRow.INVALID_VALUE, message, param="tool_choice")
    return {"type": "function", "function": {"name": choice.name}}


def _format(request: MessagesRequest) -> object:
    within = request.output_config.format if request.output_config else None
    wanted = within or request.output_format
    if wanted is None:
        return None
    named = {"name": "answer", "schema": wanted.json_schema}
    return {"type": "json_schema", "json_schema": named}


def unused(request: CountTokensRequest) -> list[str]:
    """Return the fields that say something, and go nowhere."""
    effort = request.output_config is not None and request.output_config.effort is not None
    return ["output_config"] if effort else []
