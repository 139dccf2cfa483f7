"""From OpenAI's request to the core's messages and options, and from its response to OpenAI's."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Literal

from iflytek_spark import (
    ChatOptions,
    ChatResponse,
    Citation,
    ImagePart,
    Message,
    ModelSpec,
    TextPart,
    Tool,
    WebSearch,
)
from iflytek_spark.adapters import (
    call_to_openai,
    calls_from_openai,
    messages_of,
    schema_format,
    usage_to_openai,
)
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.gateway.openai import responses
from iflytek_spark.gateway.openai.requests import (
    AnyMessage,
    AssistantMessage,
    ChatParameters,
    FunctionMessage,
    FunctionTool,
    ImageContent,
    NamedToolChoice,
    SchemaFormat,
    TextContent,
    ToolMessage,
    UserMessage,
)

_UID_LENGTH = 32
_NEUTRAL = {"top_p": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
"""What clients send for "leave it as it is"; models without the parameter do not get it."""


def to_messages(messages: Sequence[AnyMessage]) -> list[Message]:
    """Translate a conversation."""
    return [translated for message in messages for translated in _translate(message)]


def _translate(message: AnyMessage) -> Iterator[Message]:
    sent = message.model_dump()
    name = message.name or ""
    match message:
        case UserMessage():
            yield Message("user", _content(message.content), name=name)
        case AssistantMessage():
            blocks = [sent["content"], message.refusal]
            yield from messages_of("assistant", blocks, calls=calls_from_openai(sent), name=name)
        case ToolMessage():
            yield from messages_of(
                "tool", sent["content"], tool_call_id=message.tool_call_id, name=name
            )
        case FunctionMessage():
            yield Message("tool", message.content or "", name=name)
        case _:
            yield Message("system", _content(message.content), name=name)


def _content(
    content: str | Sequence[TextContent | ImageContent],
) -> str | tuple[TextPart | ImagePart, ...]:
    return content if isinstance(content, str) else tuple(_part(part) for part in content)


def _part(part: TextContent | ImageContent) -> TextPart | ImagePart:
    return (
        TextPart(part.text) if isinstance(part, TextContent) else ImagePart(url=part.image_url.url)
    )


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
