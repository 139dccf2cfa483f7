r"""Tool calls and their results as text, since the WebSocket has no role for them.

PROTOCOL.md §3 defines no message that returns a tool's result. This library writes one line a
call at the end of the assistant's turn, and one line a result in the user's next turn::

    <tool_call>{"id": "c1", "name": "weather", "arguments": "{\"city\": \"合肥\"}"}</tool_call>
    <tool_result>{"id": "c1", "name": "weather", "status": "success", "content": "晴"}</tool_result>

Each line holds JSON in which ``</`` is written ``<\/``, so that nothing inside can end it:
what was written can be read back without loss. Nothing else can: where such lines may stand, the
tags in other text are guarded (:mod:`iflytek_spark.requests.in_words`).
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError

from iflytek_spark.messages import Message, ToolCall

RESULT_NOTE = "以上是工具返回的结果。请根据它们继续：回答用户的问题，或者在需要时再调用工具。"
"""Follows the results, so that the model knows who speaks."""

UNKNOWN_TOOL = "unknown"
"""The name of a tool whose result alone is left of it."""

_LINE = re.compile(r"^<tool_(call|result)>(.*)</tool_\1>$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool returned.

    Attributes:
        id: the id of the call that it answers.
        name: the tool's name.
        content: the result as text.
        status: whether the tool worked.
    """

    id: str
    name: str
    content: str
    status: Literal["success", "error"] = "success"


Written: TypeAlias = ToolCall | ToolResult
_FORMS: dict[str, TypeAdapter[Any]] = {
    "call": TypeAdapter(ToolCall),
    "result": TypeAdapter(ToolResult),
}


def write_tools(messages: Iterable[Message]) -> Iterator[Message]:
    """Write the tool calls and results of a conversation into its text.

    Args:
        messages: messages, the newest last.

    Yields:
        Messages without tool calls and without the role ``tool``: results that follow each
        other stand in one user message, in their order.

        A result whose call is not in the messages before it, because the history was cut for
        instance, has the name that its message carries, or :data:`UNKNOWN_TOOL`.
    """
    names: dict[str, str] = {}
    results: list[ToolResult] = []
    for message in messages:
        if message.role == "tool":
            results.append(_result(message, names))
            continue
        if results:
            yield Message("user", write_results(results))
            results = []
        names.update((call.id, call.name) for call in message.tool_calls)
        yield _with_calls(message) if message.tool_calls else message
    if results:
        yield Message("user", write_results(results))


def _result(message: Message, names: dict[str, str]) -> ToolResult:
    name = names.get(message.tool_call_id) or message.name or UNKNOWN_TOOL
    status: Literal["success", "error"] = "error" if message.failed else "success"
    return ToolResult(message.tool_call_id, name, message.text, status)


def _with_calls(message: Message) -> Message:
    text = "\n".join(part for part in (message.text, write_calls(message.tool_calls)) if part)
    return Message(message.role, text)


def write_calls(calls: Iterable[ToolCall]) -> str:
    """Write tool calls, a line each, in their order."""
    return "\n".join(
        _line("call", {"id": call.id, "name": call.name, "arguments": call.arguments})
        for call in calls
    )


def write_results(results: Iterable[ToolResult]) -> str:
    """Write tool results, a line each, in their order, with a note for the model."""
    lines = [
        _line(
            "result",
            {
                "id": result.id,
                "name": result.name,
                "status": result.status,
                "content": result.content,
            },
        )
        for result in results
    ]
    return "\n".join((*lines, RESULT_NOTE))


def read_tool_text(text: str) -> list[Written]:
    """Read back what :func:`write_calls` and :func:`write_results` wrote.

    The calls and results come in their order; lines of another form are passed over.
    """
    found: list[Written] = []
    for kind, body in _LINE.findall(text):
        with contextlib.suppress(ValidationError):
            found.append(_FORMS[kind].validate_json(body))
    return found


def _line(kind: str, fields: dict[str, Any]) -> str:
    body = json.dumps(fields, ensure_ascii=False).replace("</", "<\\/")
    return f"<tool_{kind}>{body}</tool_{kind}>"
