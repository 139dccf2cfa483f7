"""What a service does, and what a caller must then see: one table for every pair of the two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from iflytek_spark import errors
from iflytek_spark.messages import Citation, PluginResult, ToolCall
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from tests._support.frames import (
    CALL_ID,
    SID,
    USAGE,
    answer,
    error,
    function_call,
    last,
    piece,
    search,
)

NOW = 1736150400.0
"""The time of both sides, in seconds since 1970."""

NOW_AS_DATE = "Mon, 06 Jan 2025 08:00:00 GMT"


@dataclass(frozen=True)
class Recording:
    """One connection: frames, and then its end.

    A connection ends ``closed`` by the service, ``lost`` without a close frame, ``reset``, or
    goes ``silent``.
    """

    frames: tuple[str | bytes, ...]
    end: Literal["closed", "lost", "reset", "silent"] = "closed"


@dataclass(frozen=True)
class Refusal:
    """One connection that is refused with an HTTP response."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NoHandshake:
    """One connection on which the service never answers the handshake."""


Connection: TypeAlias = Recording | Refusal | NoHandshake
Dialect: TypeAlias = Literal["websocket", "A", "B"]
"""How it is spoken: A and B are the dialects of HTTP, whose frames are the data of events."""


@dataclass(frozen=True)
class Case:
    """A call and its outcome: the events, and then the end or an error with its attributes."""

    name: str
    connections: tuple[Connection, ...]
    events: tuple[Event, ...] = ()
    error: type[errors.SparkError] | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    model: str = "4.0Ultra"
    options: Mapping[str, Any] = field(default_factory=dict)
    max_retries: int = 2
    wire: Dialect = "websocket"

    @property
    def id(self) -> str:
        return f"{self.wire}: {self.name}"


def record(*frames: str | bytes, end: Any = "closed") -> Recording:
    return Recording(frames, end)


def refuse(status: int, message: str, **headers: str) -> Refusal:
    """A refusal in the form of the service's front door (PROTOCOL.md §2.1)."""
    return Refusal(status, json.dumps({"message": message}), {"Date": NOW_AS_DATE, **headers})


STOPPED = Finished("stop", USAGE, SID)
CUT = Finished("stop", None, SID, stop="END")
HELLO = record(*answer("您", "好", "！", ""))
HELLO_EVENTS = (ContentDelta("您"), ContentDelta("好"), ContentDelta("！"), STOPPED)
BEGINNING = HELLO.frames[:2]
BEGUN = HELLO_EVENTS[:2]
BUSY = record(error(10110, "ServiceIsBusyError:Engine Busy"))
PAGES = '[{"index": 1, "url": "https://example.com", "title": "晴"}]'
WRONG_DATE = (
    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC "
    "Authentication"
)

ANSWERS = [
    Case(
        "a frame that the service left out",
        (record(*(raw for raw in HELLO.frames if raw is not HELLO.frames[1])),),
        (BEGUN[0], HELLO_EVENTS[2], Finished("stop", USAGE, SID, ("seq_gap",))),
    ),
    Case("pieces", (HELLO,), HELLO_EVENTS),
    Case("one frame", (record(last(0, "好")),), (ContentDelta("好"), STOPPED)),
    Case("the end is lost", (record(*HELLO.frames, end="lost"),), HELLO_EVENTS),
    Case("silence after the end", (record(*HELLO.frames, end="silent"),), HELLO_EVENTS),
    Case("a frame after the end", (record(*HELLO.frames, piece(9, "?")),), HELLO_EVENTS),
    Case(
        "thoughts",
        (record(piece(0, reasoning_content="想"), last(1, "答")),),
        (ReasoningDelta("想"), ContentDelta("答"), STOPPED),
        model="x2",
        options={"thinking": "enabled"},
    ),
    Case(
        "a tool call",
        (record(function_call("天气", '{"城市":"合肥"}')),),
        (
            ToolCallDelta(ToolCall(CALL_ID, "天气", '{"城市":"合肥"}')),
            Finished("tool_calls", USAGE, SID),
        ),
    ),
    Case(
        "a search",
        (record(search(PAGES), *answer("晴", "天")),),
        (
            Citations(
                (Citation(1, "https://example.com", "晴"),), PluginResult("ifly_search", PAGES)
            ),
            ContentDelta("晴"),
            ContentDelta("天"),
            STOPPED,
        ),
        options={"web_search": True},
    ),
    Case(
        "a stop string over two frames",
        (record(*answer("今天E", "ND晴", "，", ""), end="silent"),),
        (ContentDelta("今天"), CUT),
        options={"stop": "END"},
    ),
    Case(
        "as long as allowed",
        (HELLO,),
        (*HELLO_EVENTS[:3], Finished("length", USAGE, SID)),
        options={"max_tokens": 169},
    ),
    Case(
        "a warning after the text",
        (record(*BEGINNING, error(10019, "suspected")),),
        (*BEGUN, Finished("content_filter", None, SID)),
    ),
    Case(
        "a large frame", (record(last(0, "字" * 100_000)),), (ContentDelta("字" * 100_000), STOPPED)
    ),
    Case("busy, then an answer", (BUSY, HELLO), HELLO_EVENTS),
    Case("refused, then an answer", (refuse(503, "busy"), HELLO), HELLO_EVENTS),
    Case("closed twice, then an answer", (record(), record(end="reset"), HELLO), HELLO_EVENTS),
    Case("silent, then an answer", (record(end="silent"), HELLO), HELLO_EVENTS),
    Case("no handshake, then an answer", (NoHandshake(), HELLO), HELLO_EVENTS),
]

FAILURES = [
    Case(
        "the quota is used up",
        (record(error(11200, "AppIdNoAuthError:(1) tokens.total")),),
        error=errors.PermissionDeniedError,
        attributes={"code": 11200, "sid": SID, "retryable": False},
    ),
    Case("always busy", (BUSY,) * 3, (), errors.InternalServerError, {"code": 10110}),
    Case("no further try", (BUSY,), (), errors.InternalServerError, max_retries=0),
    Case(
        "stopped by moderation",
        (record(*BEGINNING, error(10014, "audit")),),
        BEGUN,
        errors.ContentFilterError,
        {"code": 10014, "sid": SID},
    ),
    Case(
        "busy in the middle", (record(*BEGINNING, *BUSY.frames),), BEGUN, errors.InternalServerError
    ),
    Case("closed early", (record(*BEGINNING),), BEGUN, errors.StreamInterruptedError, {"sid": SID}),
    Case("lost", (record(*BEGINNING, end="lost"),), BEGUN, errors.StreamInterruptedError),
    Case("reset", (record(*BEGINNING, end="reset"),), BEGUN, errors.StreamInterruptedError),
    Case(
        "silent in the middle",
        (record(*BEGINNING, end="silent"),),
        BEGUN,
        errors.APITimeoutError,
        {"stage": "idle"},
    ),
    Case(
        "silent from the start",
        (record(end="silent"),),
        error=errors.APITimeoutError,
        attributes={"stage": "response", "retryable": True},
        max_retries=0,
    ),
    Case(
        "no handshake",
        (NoHandshake(),),
        error=errors.APITimeoutError,
        attributes={"stage": "connect"},
        max_retries=0,
    ),
    Case("empty answers", (record(last(0)),) * 3, (), errors.EmptyResponseError, {"sid": SID}),
    Case("garbage", (record(b"<html>"),), (), errors.ProtocolError),
    Case(
        "invalid UTF-8",
        (record(*BEGINNING, b'{"header":"\xff"}'),),
        BEGUN,
        errors.ProtocolError,
    ),
    Case(
        "a frame twice, and no end",
        (record(*BEGINNING, BEGINNING[1]),),
        BEGUN,
        errors.StreamInterruptedError,
    ),
    Case(
        "a wrong secret",
        (refuse(401, "HMAC signature does not match"),),
        error=errors.AuthenticationError,
        attributes={"status": 401, "retryable": False},
    ),
    Case(
        "a wrong clock",
        (refuse(403, WRONG_DATE, Date="Mon, 06 Jan 2025 07:50:00 GMT"),),
        error=errors.ClockSkewError,
        attributes={"status": 403, "skew": 600.0},
    ),
    Case(
        "an address that is not allowed",
        (refuse(403, "Your IP address is not allowed"),),
        error=errors.PermissionDeniedError,
        attributes={"status": 403},
    ),
    Case("a wrong path", (Refusal(404, "404 page not found"),), (), errors.NotFoundError),
    Case("not upgraded", (Refusal(200, "<html>"),), (), errors.BadRequestError, {"status": 200}),
    Case(
        "too many",
        (refuse(429, "slow down", **{"Retry-After": "700"}),),
        error=errors.RateLimitError,
        attributes={"status": 429, "retry_after": 700.0, "retryable": True},
    ),
    Case(
        "gateway errors", (refuse(502, "bad"),) * 3, (), errors.InternalServerError, {"status": 502}
    ),
]

CASES = [*ANSWERS, *FAILURES]
