"""The state machine of one exchange, and the collector of its events."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, auto

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from iflytek_spark.assumptions import LENGTH_IS_LIMIT, SEQ_STEP
from iflytek_spark.errors import (
    EmptyResponseError,
    ProtocolError,
    StreamInterruptedError,
)
from iflytek_spark.messages import (
    Citation,
    FinishReason,
    PluginResult,
    Usage,
)
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.protocol.tool_calls import is_readable, make_call
from iflytek_spark.protocol.wire.chat_client import Frame
from iflytek_spark.protocol.wire.error_codes import api_error

_FLAGGED_WHOLE = 10019
"""Sent after the full result: the text may be shown, with a warning (PROTOCOL.md §4)."""


class _Page(TypedDict):
    index: int
    url: str
    title: str


_PAGES = TypeAdapter(list[_Page])


class State(IntEnum):
    """How far an exchange has come."""

    WAITING = auto()
    ANSWERING = auto()
    FINISHED = auto()
    FAILED = auto()


class Signal(IntEnum):
    """What can reach the machine."""

    DELTA = auto()
    LAST = auto()
    ERROR = auto()
    CLOSED = auto()


_W, _A, _F, _X = State
TRANSITIONS: dict[tuple[State, Signal], State] = {
    (_W, Signal.DELTA): _A, (_W, Signal.LAST): _F, (_W, Signal.ERROR): _X, (_W, Signal.CLOSED): _X,
    (_A, Signal.DELTA): _A, (_A, Signal.LAST): _F, (_A, Signal.ERROR): _X, (_A, Signal.CLOSED): _X,
    (_F, Signal.DELTA): _X, (_F, Signal.LAST): _X, (_F, Signal.ERROR): _X, (_F, Signal.CLOSED): _F,
    (_X, Signal.DELTA): _X, (_X, Signal.LAST): _X, (_X, Signal.ERROR): _X, (_X, Signal.CLOSED): _X,
}  # fmt: skip
"""State and signal give the next state; a signal that leads to FAILED raises."""


class ChatProtocol:
    """Reads the frames of one answer and says what they mean.

    It holds the state of one call and is thrown away with it.

    Attributes:
        state: how far the answer has come.
        sid: the session id, empty before the first frame.
    """

    def __init__(
        self, max_tokens: int | None = None, digest: Callable[[], str] = lambda: ""
    ) -> None:
        """Start before the first frame.

        Args:
            max_tokens: the limit of the request: an answer that used all of it is taken to be
                cut by it, since Spark names no finish reason.
            digest: names the answer in the ids of its calls when it has no sid.
        """
        self.state = State.WAITING
        self._max_tokens = max_tokens
        self.sid = ""
        self._seq: int | None = -SEQ_STEP
        self._counted = True
        self._content = False
        self._digest = digest
        self._tool_calls = 0
        self._cut_off = False
        self._anything = False

    def receive(self, frame: Frame) -> tuple[Event, ...]:
        """Take the next frame.

        Args:
            frame: as :func:`~iflytek_spark.protocol.wire.chat_client.decode_frame` gives it.

        Returns:
            The events it stands for; the last one is :class:`Finished` at the answer's end.

        Raises:
            APIError: for an error frame.
            EmptyResponseError: for a whole answer without any content.
            ProtocolError: for a frame out of order, of another answer or after the end.
        """
        foreign = bool(self.sid and frame.sid) and frame.sid != self.sid
        if frame.code:
            return self._refused(frame, foreign)
        if foreign:
            self.state = State.FAILED
            raise ProtocolError("Spark sent a frame of another answer", sid=self.sid)
        self.sid = frame.sid or self.sid
        if self._advance(Signal.LAST if frame.last else Signal.DELTA) is State.FAILED:
            raise ProtocolError("Spark sent a frame after the answer's end", sid=self.sid)
        if frame.has_choices:
            self._check_order(frame.seq)
        events = self._events(frame)
        if frame.last:
            events.append(self._finish(frame.usage))
        return tuple(events)

    def closed(self) -> tuple[Event, ...]:
        """Take note that the connection is closed.

        Returns:
            No event, after the answer's end.

        Raises:
            StreamInterruptedError: when the answer is not whole.
        """
        if self._advance(Signal.CLOSED) is State.FAILED:
            raise StreamInterruptedError(
                "the connection was closed before the answer was whole", sid=self.sid or None
            )
        return ()

    def _advance(self, signal: Signal) -> State:
        self.state = TRANSITIONS[self.state, signal]
        return self.state

    def _refused(self, frame: Frame, foreign: bool) -> tuple[Event, ...]:
        self.sid = frame.sid or self.sid
        whole = self.state is State.ANSWERING and self._content and not foreign
        self._advance(Signal.ERROR)
        if frame.code == _FLAGGED_WHOLE and whole:
            self.state = State.FINISHED
            return (Finished("content_filter", frame.usage, self.sid),)
        raise api_error(frame.code, frame.message, self.sid)

    def _check_order(self, seq: int | None) -> None:
        """Refuse a piece that is repeated, lost or late, once the service counts at all."""
        previous, self._seq = self._seq, seq
        if previous is None or seq is None:
            return
        if self._counted and previous == seq == 0:
            self._counted = False
        elif seq != (previous + SEQ_STEP if self._counted else 0):
            self.state = State.FAILED
            raise ProtocolError(f"Spark sent piece {seq} of the answer out of order", sid=self.sid)

    def _events(self, frame: Frame) -> list[Event]:
        events: list[Event] = []
        for plugin in frame.plugins:
            self._seq = None
            events.append(Citations(_citations(plugin), plugin))
        if frame.reasoning:
            self._anything = True
            events.append(ReasoningDelta(frame.reasoning))
        if frame.content:
            self._content = True
            events.append(ContentDelta(frame.content))
        if frame.function_call:
            self._tool_calls += 1
            answer = self.sid or self._digest()
            call = make_call(answer, self._tool_calls, *frame.function_call)
            self._cut_off = not is_readable(call)
            events.append(ToolCallDelta(call))
        return events

    def _finish(self, usage: Usage | None) -> Finished:
        if not (self._content or self._anything or self._tool_calls):
            self.state = State.FAILED
            raise EmptyResponseError(
                "Spark ended the answer without any content",
                sid=self.sid,
                hint="try again, or ask in other words",
            )
        return Finished(self._finish_reason(usage), usage, self.sid)

    def _finish_reason(self, usage: Usage | None) -> FinishReason:
        limit = self._max_tokens if LENGTH_IS_LIMIT else None
        limited = bool(usage and limit and usage.completion_tokens >= limit)
        if self._tool_calls and not (self._cut_off and limited):
            return "tool_calls"
        return "length" if limited else "stop"


def _citations(plugin: PluginResult) -> tuple[Citation, ...]:
    """Read the pages of a search; another plugin's content is left as it came."""
    try:
        pages = _PAGES.validate_json(plugin.content)
    except ValidationError:
        return ()
    return tuple(Citation(page["index"], page["url"], page["title"]) for page in pages)
