"""From OpenAI's request to the core's messages and options, and from its response to OpenAI's."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from iflytek_spark import (
    ChatOptions,
    ChatResponse,
    Citation,
    Message,
    ModelSpec,
    Tool,
    WebSearch,
)
from iflytek_spark.adapters import (
    call_to_openai,
    calls_from_openai,
    messages_of,
    pair_calls,
    schema_format,
    usage_to_openai,
)
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.gateway.openai import responses
from iflytek_spark.gateway.openai.history import (
    AnyMessage,
    AssistantMessage,
    ToolMessage,
    UserMessage,
)
from iflytek_spark.gateway.openai.requests import (
    ChatParameters,
    FunctionTool,
    NamedToolChoice,
    SchemaFormat,
)

_UID_LENGTH = 32
_PLAIN = {"role", "content", "name"}
_NEUTRAL = {"top_p": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
"""What clients send for "leave it as it is"; models without the parameter do not get it."""


def to_messages(messages: Sequence[AnyMessage]) -> list[Message]:
    """Translate a conversation."""
    return [*pair_calls(one for message in messages for one in _translate(message))]


def _translate(message: AnyMessage) -> Iterator[Message]:
    name, sent = message.name or "", _sent(message)
    content = sent.get("content")
    match message:
        case UserMessage():
            images = [_image(image) for image in message.images or ()]
            yield from messages_of("user", [content, images] if images else content, name=name)
        case AssistantMessage():
            blocks = [content, message.refusal] if message.refusal else content
            yield from messages_of("assistant", blocks, calls=calls_from_openai(sent), name=name)
        case ToolMessage(tool_call_id=call_id):
            own = "" if call_id is None else str(call_id)
            name = name or message.tool_name or ""
            result = json.dumps(content, ensure_ascii=False) if _is_value(content) else content
            yield from messages_of("tool", result, tool_call_id=own, name=name)
        case _:
            yield from messages_of("system", content, name=name)


def _sent(message: AnyMessage) -> Mapping[str, object]:
    """Return what a message holds; most hold a text alone."""
    if isinstance(message.content, str) and message.model_fields_set <= _PLAIN:
        return {"content": message.content}
    return message.model_dump(exclude_none=True)


def _image(sent: str) -> dict[str, str]:
    """Write an image of Ollama's, which is base64 without a type, or an address."""
    return {"type": "image", "url" if ":" in sent else "base64": sent}


def _is_value(content: object) -> bool:
    """Return whether a tool's result is an object or a number rather than texts and parts."""
    return content is not None and not isinstance(content, str | list)


def to_options(request: ChatParameters, spec: ModelSpec) -> ChatOptions:
    """Translate what a request to a model sets; None means not set.

    Raises:
        InvalidRequestError: for two limits that differ.
    """
    options = ChatOptions(
        temperature=request.temperature,
        top_k=request.top_k,
        max_tokens=_max_tokens(request),
        stop=request.stop,
        tools=[_tool(tool) for tool in request.tools or ()],
        tool_choice=_choice(request.tool_choice),
        response_format=_format(request),
        web_search=_web_search(request),
        thinking=_thinking(request),
        uid=_uid(request.user),
    )
    for name in ("top_p", "presence_penalty", "frequency_penalty"):
        value = getattr(request, name)
        if getattr(spec, name) is not None or value != _NEUTRAL[name]:
            options[name] = value
    return options


def _max_tokens(request: ChatParameters) -> int | None:
    limits = {request.max_tokens, request.max_completion_tokens} - {None}
    if len(limits) > 1:
        raise InvalidRequestError(
            f"max_tokens is {request.max_tokens} and max_completion_tokens is "
            f"{request.max_completion_tokens}",
            hint="send one of them",
            param="max_completion_tokens",
        )
    return next(iter(limits), None)


def _tool(tool: FunctionTool) -> Tool:
    function = tool.function
    return Tool(function.name, function.description or "", function.parameters or {})


def _choice(choice: str | NamedToolChoice | None) -> str | None:
    return choice.function.name if isinstance(choice, NamedToolChoice) else choice


def _format(request: ChatParameters) -> dict[str, object] | None:
    wanted = request.response_format
    if wanted is None:
        return None
    if isinstance(wanted, SchemaFormat):
        return {**schema_format(wanted.json_schema.name, wanted.json_schema.json_schema)}
    return {"type": wanted.type}


def _web_search(request: ChatParameters) -> bool | WebSearch:
    wanted = request.web_search_options
    if wanted is None:
        return False
    return WebSearch("deep" if wanted.search_context_size == "high" else "normal")


def _thinking(request: ChatParameters) -> Literal["enabled", "disabled", "auto"] | None:
    if request.thinking is not None:
        return request.thinking.type
    if request.reasoning_effort is None:
        return None
    return "disabled" if request.reasoning_effort in ("none", "minimal") else "enabled"


def _uid(user: str | None) -> str | None:
    """Spark takes at most 32 characters (PROTOCOL.md §2); a longer id is sent as its hash."""
    if not user or len(user) <= _UID_LENGTH:
        return user or None
    return hashlib.sha256(user.encode()).hexdigest()[:_UID_LENGTH]


def completion_id() -> str:
    """Return a new id of a response."""
    return f"chatcmpl-{uuid.uuid4().hex}"


def to_completion(model: str, response: ChatResponse) -> responses.ChatCompletion:
    """Translate a whole response, under the name of the model that the caller used."""
    message: responses.ResponseMessage = {
        "role": "assistant",
        "content": response.text or (None if response.tool_calls else ""),
        "refusal": None,
    }
    if response.reasoning:
        message["reasoning_content"] = response.reasoning
    if response.citations:
        message["annotations"] = to_annotations(response.citations, len(response.text))
    if response.tool_calls:
        message["tool_calls"] = [call_to_openai(call) for call in response.tool_calls]
    choice: responses.Choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": response.finish_reason,
    }
    return {
        "id": completion_id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [choice],
        "usage": usage_to_openai(response.usage) if response.usage else None,
        "sid": response.sid,
    }


def to_annotations(citations: Sequence[Citation], characters: int) -> list[responses.Annotation]:
    """Translate the pages that were found.

    Spark does not say which words each stands for, so it stands for all ``characters`` so far.
    """
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": citation.url,
                "title": citation.title,
                "start_index": 0,
                "end_index": characters,
            },
        }
        for citation in citations
    ]
