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
    ToolCall,
    Usage,
    Wire,
)
from iflytek_spark.protocol.deviations import Deviation, Deviations
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.protocol.tool_calls import is_readable, make_call
from iflytek_spark.protocol.wire.error_codes import api_error
from iflytek_spark.protocol.wire.frame import CallFragment, Frame
from iflytek_spark.protocol.wire.halves import HalfCharacters

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
        wire: over which wire it comes.
        state: how far the answer has come.
        sid: the session id, empty before the first frame.
        deviations: what is not as documented.
    """

    wire: Wire = "websocket"

    def __init__(
        self,
        max_tokens: int | None = None,
        deviations: Deviations | None = None,
        digest: Callable[[], str] = lambda: "",
    ) -> None:
        """Start before the first frame.

        Args:
            max_tokens: the limit of the request: an answer that used all of it is taken to be
                cut by it, since Spark names no finish reason.
            deviations: where it is noted what is not as documented.
            digest: names the answer in the ids of its calls when it has no sid.
        """
        self.state = State.WAITING
        self._max_tokens = max_tokens
        self.sid = ""
        self.deviations = deviations or Deviations()
        self._next: int | None = 0
        self._regular = True
        self._frame: Frame | None = None
        self._halves = HalfCharacters(self.deviations)
        self._usage: Usage | None = None
        self._content = False
        self._digest = digest
        self._tool_calls = 0
        self._cut_off = False
        self._anything = False
        self._fragments: list[CallFragment] = []
        self._ids: set[str] = set()

    def receive(self, frame: Frame) -> tuple[Event, ...]:
        """Take the next frame.

        Args:
            frame: as :func:`~iflytek_spark.protocol.wire.chat_client.decode_frame` gives it.

        Returns:
            The events it stands for; the last one is :class:`Finished` at the answer's end.

        Raises:
            APIError: for an error frame.
            EmptyResponseError: for a whole answer without any content.
            ProtocolError: for a frame after the end, and with strict deviations for each.
        """
        if frame.code:
            return self._refused(frame)
        if frame.sid != self.sid:
            self._change_sid(frame.sid)
        if self._advance(Signal.LAST if frame.last else Signal.DELTA) is State.FAILED:
            raise ProtocolError("Spark sent a frame after the answer's end", sid=self.sid)
        if frame.has_choices and not self._in_order(frame):
            return ()
        if frame.halves or self._halves.waiting:
            frame = self._halves.join(frame)
        events = self._events(frame)
        if frame.last:
            events.append(self._finish())
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

    def _refused(self, frame: Frame) -> tuple[Event, ...]:
        foreign = bool(self.sid and frame.sid) and frame.sid != self.sid
        self.sid = frame.sid or self.sid
        whole = self.state is State.ANSWERING and self._content and not foreign
        self._advance(Signal.ERROR)
        if frame.code == _FLAGGED_WHOLE and whole:
            self.state = State.FINISHED
            return (self.end("content_filter", frame.usage),)
        raise api_error(frame.code, frame.message, self.sid)

    def end(self, reason: FinishReason, usage: Usage | None) -> Finished:
        """Return the end of an answer that has come so far."""
        return Finished(reason, usage, self.sid, self.deviations.names, wire=self.wire)

    def _change_sid(self, sid: str) -> None:
        """Keep the first id, which the answer's own calls are named by."""
        if not self.sid:
            self.sid = sid
        elif sid:
            self.deviations.add(Deviation.SID_CHANGED)

    def _in_order(self, frame: Frame) -> bool:
        """Look at a piece's number; False for a frame that came twice, byte for byte.

        A connection brings every frame in its order or ends: a number that does not fit is the
        service's own. A plugin's frame may take one.
        """
        expected, seq, before = self._next, frame.seq, self._frame
        self._frame = frame
        self._next = None if seq is None else seq + SEQ_STEP
        if seq == expected or expected is None or seq is None:
            return True
        if self._regular and frame == before and (seq or frame.first):
            self.deviations.add(Deviation.FRAME_REPEATED)
            return False
        self._regular = False
        self.deviations.add(_order(seq, expected))
        return True

    def _events(self, frame: Frame) -> list[Event]:
        events: list[Event] = []
        if frame.usage:
            self._note_usage(frame)
        for plugin in frame.plugins:
            self._next = None
            events.append(Citations(_citations(plugin), plugin))
        if frame.reasoning:
            self._anything = True
            events.append(ReasoningDelta(frame.reasoning))
        if frame.content:
            self._content = True
            events.append(ContentDelta(frame.content))
        if frame.function_call and self._tool_calls:
            self.deviations.add(Deviation.CALL_EXTRA)
        elif frame.function_call:
            events.append(ToolCallDelta(self._call(*frame.function_call)))
        return events

    def _call(self, name: str, arguments: str) -> ToolCall:
        self._tool_calls += 1
        call = make_call(self.sid or self._digest(), self._tool_calls, name, arguments)
        self._cut_off = not is_readable(call)
        return call

    def _note_usage(self, frame: Frame) -> None:
        self._usage = frame.usage
        if not frame.last:
            self.deviations.add(Deviation.USAGE_EARLY)

    def _finish(self) -> Finished:
        if not (self._content or self._anything or self._tool_calls):
            self.state = State.FAILED
            raise EmptyResponseError(
                "Spark ended the answer without any content",
                sid=self.sid,
                hint="try again, or ask in other words",
            )
        if self._usage is None and Deviation.USAGE_UNUSUAL not in self.deviations:
            self.deviations.add(Deviation.USAGE_MISSING)
        return self.end(self._finish_reason(self._usage), self._usage)

    def _finish_reason(self, usage: Usage | None) -> FinishReason:
        limit = self._max_tokens if LENGTH_IS_LIMIT else None
        limited = bool(usage and limit and usage.completion_tokens >= limit)
        if self._tool_calls and not (self._cut_off and limited):
            return "tool_calls"
        return "length" if limited else "stop"


def _order(seq: int, expected: int) -> Deviation:
    """Name what is unusual about a piece's number."""
    if not expected:
        return Deviation.SEQ_START
    if seq > expected:
        return Deviation.SEQ_GAP
    return Deviation.SEQ_REPEATED if seq == expected - SEQ_STEP else Deviation.SEQ_BACK


def _citations(plugin: PluginResult) -> tuple[Citation, ...]:
    """Read the pages of a search; another plugin's content is left as it came."""
    try:
        pages = _PAGES.validate_json(plugin.content)
    except ValidationError:
        return ()
    return tuple(Citation(page["index"], page["url"], page["title"]) for page in pages)
