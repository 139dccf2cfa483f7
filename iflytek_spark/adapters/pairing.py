"""Calls and results without ids, which Ollama and OpenAI's first functions know none of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from iflytek_spark.messages import Message, ToolCall


def pair_calls(messages: Iterable[Message]) -> Iterator[Message]:
    """Give ids to calls without one, and to results without one the id of their call.

    Args:
        messages: a conversation, the newest last.

    Yields:
        The messages. A result without an id answers the oldest open call of its name, or where
        it has no name, or that of no open call, the oldest of all; none where no call is open.
    """
    waiting: list[ToolCall] = []
    for at, message in enumerate(messages):
        if message.tool_calls:
            calls = tuple(_with_id(call, at, n) for n, call in enumerate(message.tool_calls))
            waiting.extend(calls)
            yield replace(message, tool_calls=calls)
        elif message.role == "tool":
            answer = _answering(message, waiting)
            waiting = [call for call in waiting if call.id != answer.tool_call_id]
            yield answer
        else:
            yield message


def _with_id(call: ToolCall, message: int, number: int) -> ToolCall:
    return call if call.id else replace(call, id=f"call_{message}_{number}")


def _answering(message: Message, waiting: list[ToolCall]) -> Message:
    if message.tool_call_id or not waiting:
        return message
    named = [call for call in waiting if call.name == message.name]
    return replace(message, tool_call_id=(named or waiting)[0].id)
