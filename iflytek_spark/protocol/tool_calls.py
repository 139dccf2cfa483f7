"""Makes the tool calls of an answer: their arguments read, their ids fit for any service."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from iflytek_spark.errors import InvalidResponseError
from iflytek_spark.messages import Message, ToolCall
from iflytek_spark.requests.tool_arguments import normal_arguments, read_arguments

_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_MAX_ID = 40
"""Characters; OpenAI takes no longer id when a history is handed on to it."""


def make_call(answer: str, number: int, name: str, arguments: object) -> ToolCall:
    """Make a call of an answer.

    Args:
        answer: what tells the answer from others: its sid, or see :func:`conversation_digest`.
        number: which call of the answer it is, from 1.
        name: the tool's name.
        arguments: as the model wrote them.

    Returns:
        The call; its id holds letters, digits, ``_`` and ``-`` only.
    """
    suffix = "" if number == 1 else f"_{number}"
    own = _OTHER.sub("_", answer)[-(_MAX_ID - len("call_") - len(suffix)) :]
    return ToolCall(f"call_{own}{suffix}", name, normal_arguments(arguments))


def is_own_id(given: str) -> bool:
    """Whether the service's own id of a call fits any service."""
    return 0 < len(given) <= _MAX_ID and _OTHER.search(given) is None


def is_readable(call: ToolCall) -> bool:
    """Whether the arguments of a call are an object, so that it may be run."""
    try:
        read_arguments(call.arguments)
    except InvalidResponseError:
        return False
    return True


def conversation_digest(messages: Iterable[Message]) -> str:
    """Name the answer to a conversation where the service sends no sid.

    A conversation grows, so that no two of its answers have the same name.
    """
    seen = hashlib.sha256()
    for message in messages:
        seen.update(f"{message.role}\0{message.text}\0".encode())
    return seen.hexdigest()[:24]
