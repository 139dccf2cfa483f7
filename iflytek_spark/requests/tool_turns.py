"""Keeps a conversation's tool turns as they are where the dialect has such a role.

A service that knows calls and results by their ids refuses a result without its call, and a call
without its result. Histories are cut anywhere, and an agent may be stopped amid its work: such
turns become lines of text, as on the WebSocket (:mod:`iflytek_spark.requests.tool_text`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iflytek_spark.errors import InvalidResponseError
from iflytek_spark.messages import Message, ToolCall
from iflytek_spark.requests.tool_arguments import read_arguments
from iflytek_spark.requests.tool_text import write_tools


def whole_tool_turns(messages: Iterable[Message]) -> Iterator[Message]:
    """Yield the messages, with calls and results in text where one is without the other."""
    waiting: list[Message] = []
    for message in messages:
        if waiting and message.role != "tool":
            yield from _written(waiting)
            waiting = []
        if message.role == "tool" or message.tool_calls:
            waiting.append(message)
        else:
            yield message
    yield from _written(waiting)


def _written(turns: list[Message]) -> Iterator[Message]:
    return iter(turns) if not turns or _is_whole(turns) else write_tools(turns)


def _is_whole(turns: list[Message]) -> bool:
    asked, *answers = turns
    ids = [call.id for call in asked.tool_calls]
    given = [answer.tool_call_id for answer in answers]
    readable_calls = all(map(_readable, asked.tool_calls))
    return (
        readable_calls and all(ids) and len(set(ids)) == len(ids) and sorted(ids) == sorted(given)
    )


def _readable(call: ToolCall) -> bool:
    try:
        read_arguments(call.arguments)
    except InvalidResponseError:
        return False
    return True
