"""The pieces of which answers over HTTP are put together."""

from __future__ import annotations

import gzip
from typing import Any, NamedTuple

from tests.http.raw_server import events, written

SID = "cht000a0001@dx19aa0000"
USAGE = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}
ZERO = dict.fromkeys(USAGE, 0)
DONE = b"[DONE]"
ARGUMENTS = '{"city": "合肥"}'


class Quirk(NamedTuple):
    """An answer of the service, and what it says."""

    response: bytes
    text: str = "好的。"
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str = "stop"
    usage: int | None = 6
    pages: int = 0


def a(delta: Any = None, **more: Any) -> dict[str, Any]:
    """An event of dialect A."""
    choices = [] if delta is None else [{"delta": {"role": "assistant", **delta}, "index": 0}]
    return {"code": 0, "message": "Success", "sid": SID, "choices": choices, **more}


def b(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """An event of dialect B."""
    choice = {"delta": delta, "finish_reason": finish, "index": 0, "logprobs": None}
    choices = [] if delta is None else [choice]
    return {"id": SID, "object": "chat.completion.chunk", "choices": choices, **more}


def called(arguments: Any = ARGUMENTS, name: Any = "weather", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


TEXT_A = [a({"content": "好"}), a({"content": "的。"})]
TEXT_B = [b({"content": "", "role": "assistant"}), b({"content": "好"}), b({"content": "的。"})]
END_A = a({"content": ""}, usage=USAGE)
CALL = (("weather", ARGUMENTS),)
ONE_CALL: dict[str, Any] = {"text": "", "calls": CALL, "finish": "tool_calls"}
FRAGMENTS = [
    b({"tool_calls": [called("", id="c1", index=0)]}),
    b({"tool_calls": [{"index": 0, "function": {"arguments": '{"city": '}}]}),
    b({"tool_calls": [{"index": 0, "function": {"arguments": '"合肥"}'}}]}),
]


def calls_a(value: Any) -> bytes:
    return events(a({"content": "", "tool_calls": value}), END_A, DONE)


def calls_b(*values: Any, finish: str | None = "tool_calls") -> bytes:
    deltas = [b({"content": None, "role": None, "tool_calls": value}) for value in values]
    return events(*deltas, b({"reasoning_content": None}, finish), b(usage=USAGE), DONE)


def message(inner: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sid": SID, "choices": [{"message": {"role": "assistant", **inner}}], **more}


PACKED = gzip.compress(b"".join(b"data: " + written(e) + b"\n\n" for e in (*TEXT_A, END_A, DONE)))
