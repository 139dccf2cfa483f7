"""Writes the body that asks for a chat over HTTP, for both dialects (PROTOCOL-HTTP.md §2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from iflytek_spark.assumptions import TURN_SEPARATOR
from iflytek_spark.messages import ImagePart, Message, Part, TextPart, Tool, ToolCall, WebSearch
from iflytek_spark.requests.build import ChatRequest

_JPEG = b"\xff\xd8\xff"
_FAILED = "Error: "


class ChatForm(NamedTuple):
    """What the two dialects write in different ways.

    Attributes:
        named_user: whether each request names an end user.
        calls_switch: whether tool calls must be asked for as an array.
        thinking_type: whether the thinking switch is ``thinking.type``, not ``enable_thinking``.
        asks_usage: whether the token counts of a stream must be asked for.
    """

    named_user: bool
    calls_switch: bool
    thinking_type: bool
    asks_usage: bool


SPARK_OPEN = ChatForm(named_user=True, calls_switch=True, thinking_type=True, asks_usage=False)
"""``spark-api-open``."""
MAAS = ChatForm(named_user=False, calls_switch=False, thinking_type=False, asks_usage=True)
"""The MaaS hosts; they refuse names of fields that they do not know."""


def encode_chat(request: ChatRequest, uid: str, form: ChatForm, *, streams: bool = True) -> str:
    """Write a checked request.

    Args:
        request: what is asked.
        uid: the end user's id, for a request that names none.
        form: the dialect's own ways.
        streams: whether the answer comes in pieces; all live calls ask for that.
    """
    spec, rules = request.spec, request.rules
    body: dict[str, Any] = {
        "model": spec.domain,
        "messages": [_message(message) for message in _turns(request)],
        **({"stream": True} if streams else {}),
        **{spec.http_keys.get(key, key): value for key, value in request.parameters.items()},
    }
    if form.asks_usage and streams:
        body["stream_options"] = {"include_usage": True}
    if user := request.uid or (uid if form.named_user else ""):
        body["user"] = user
    if tools := [*map(_tool, request.tools), *_search(request)]:
        body["tools"] = tools
    if request.tools and form.calls_switch:
        body["tool_calls_switch"] = True
    if request.tools and rules.tool_choice:
        body["tool_choice"] = rules.tool_choice
    if rules.response_format:
        body["response_format"] = dict(rules.response_format)
    if rules.stop:
        body["stop"] = list(rules.stop)
    return json.dumps(
        {**body, **_thinking(request, form), **request.extra}, ensure_ascii=False, allow_nan=False
    )


def _thinking(request: ChatRequest, form: ChatForm) -> dict[str, Any]:
    if not request.thinking:
        return {}
    if form.thinking_type:
        return {"thinking": {"type": request.thinking}}
    return {} if request.thinking == "auto" else {"enable_thinking": request.thinking == "enabled"}


def _search(request: ChatRequest) -> Iterator[dict[str, Any]]:
    """Yield the web search, which is off only where that is said; functions exclude it on X."""
    spec, search = request.spec, request.web_search
    if not spec.web_search or (request.tools and spec.search_excludes_tools):
        return
    yield {"type": "web_search", "web_search": _switch(search, spec.citations)}


def _switch(search: WebSearch | None, citations: bool) -> dict[str, Any]:
    if search is None:
        return {"enable": False}
    shown = search.citations and citations
    return {"enable": True, "search_mode": search.mode, "show_ref_label": shown}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _turns(request: ChatRequest) -> tuple[Message, ...]:
    """Put the words that are told the model behind the user's newest, or in a turn of their own."""
    words, (*before, newest) = request.rules.instruction, request.messages
    if not words:
        return request.messages
    if newest.role != "user":
        return (*request.messages, Message("user", words))
    if newest.images and isinstance(newest.content, tuple):
        return (*before, replace(newest, content=(*newest.content, TextPart(words))))
    return (*before, replace(newest, content=newest.text + TURN_SEPARATOR + words))


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        failed = message.failed and not message.text.startswith(_FAILED)
        content = _FAILED + message.text if failed else message.text
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": content}
    written: dict[str, Any] = {"role": message.role, "content": _content(message)}
    if message.reasoning:
        written["reasoning_content"] = message.reasoning
    if message.tool_calls:
        written["tool_calls"] = [_call(at, call) for at, call in enumerate(message.tool_calls)]
    return written


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images or isinstance(message.content, str):
        return message.text
    return list(map(_part, message.content))


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        kind = "jpeg" if part.data.startswith(_JPEG) else "png"
        url = f"data:image/{kind};base64,{base64.b64encode(part.data).decode()}"
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "text", "text": part.text if isinstance(part, TextPart) else part.notice}


def _call(index: int, call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"index": index, "id": call.id, "type": "function", "function": function}
