"""The values that the service's half of HTTP reads and writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from iflytek_spark.messages import Citation, FinishReason, Tool, Usage
from iflytek_spark.protocol.wire.values import Delta, FunctionCall, WebSearchSwitch


class HttpCall(NamedTuple):
    """A call that a client sends back in an assistant turn."""

    id: str
    name: str
    arguments: str


class HttpTurn(NamedTuple):
    """One item of ``messages``.

    Attributes:
        role: whatever the client sent as one.
        text: the texts of the content, joined by line ends.
        images: the addresses of its images, https or data.
        parts: whether the content came as an array.
        calls: what an assistant turn has asked for.
        call_id: the call that a tool turn answers, or an empty string.
    """

    role: str
    text: str
    images: tuple[str, ...] = ()
    parts: bool = False
    calls: tuple[HttpCall, ...] = ()
    call_id: str = ""


class ToolChoice(NamedTuple):
    """What ``tool_choice`` asks for.

    Attributes:
        mode: ``auto``, ``none`` or ``required``; whatever the client sent as one.
        name: the one function that must be called, or an empty string.
        is_object: whether it came as an object.
        allowed: the functions that may be called, or None for all.
    """

    mode: str = "auto"
    name: str = ""
    is_object: bool = False
    allowed: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class HttpChatRequest:
    """A chat request of HTTP: its form is right, its values are unchecked (PROTOCOL-HTTP.md §2).

    Attributes:
        model: the model's id.
        turns: the messages.
        fields: the names of all fields that were sent.
        numbers: the sampling parameters that were sent, by their names.
        tools: the functions.
        tool_choice: which of them must be called, or None.
        search: the web search tool, or None when it was not mentioned.
        stream: whether the answer is to be streamed.
        include_usage: whether a stream is to tell its usage, or None.
        thinking: A's ``thinking.type``, or None.
        enable_thinking: B's switch, or None.
        wants_json: whether ``response_format`` asks for a JSON object.
        calls_switch: A's ``tool_calls_switch``.
        keep_alive: whether blank lines keep the connection busy.
        choices: the number of answers, ``n``.
        user: the end user's id, or an empty string.
    """

    model: str
    turns: tuple[HttpTurn, ...]
    fields: frozenset[str] = frozenset()
    numbers: Mapping[str, float] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    search: WebSearchSwitch | None = None
    stream: bool = False
    include_usage: bool | None = None
    thinking: str | None = None
    enable_thinking: bool | None = None
    wants_json: bool = False
    calls_switch: bool = False
    keep_alive: bool = False
    choices: int = 1
    user: str = ""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer, before it is written.

    Attributes:
        sid: the session id.
        created: seconds since 1970.
        model: the model's id.
        deltas: what each chunk carries.
        usage: the token counts.
        reasoning_tokens: those of the reasoning alone.
        finish_reason: why it ends.
        pages: what a web search found.
    """

    sid: str
    created: int
    model: str
    deltas: Sequence[Delta]
    usage: Usage
    reasoning_tokens: int = 0
    finish_reason: FinishReason = "stop"
    pages: tuple[Citation, ...] = ()

    @property
    def content(self) -> str:
        """The whole text."""
        return "".join(delta.content for delta in self.deltas)

    @property
    def reasoning(self) -> str:
        """The whole reasoning."""
        return "".join(delta.reasoning or "" for delta in self.deltas)

    @property
    def calls(self) -> tuple[FunctionCall, ...]:
        """All calls."""
        return tuple(delta.call for delta in self.deltas if delta.call is not None)

    @property
    def texts(self) -> tuple[Delta, ...]:
        """The deltas without the calls."""
        return tuple(delta for delta in self.deltas if delta.call is None)


def written(value: object) -> bytes:
    """Write JSON as the service does."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
