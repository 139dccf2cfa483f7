"""The state machine of an answer over HTTP: calls in fragments, an end told in many ways."""

from __future__ import annotations

from dataclasses import replace

from iflytek_spark.errors import EmptyResponseError, InternalServerError, ProtocolError
from iflytek_spark.messages import FinishReason, ToolCall, Usage
from iflytek_spark.protocol.chat import ChatProtocol, Signal, State
from iflytek_spark.protocol.deviations import Deviation
from iflytek_spark.protocol.events import Event, Finished, ToolCallDelta
from iflytek_spark.protocol.tool_calls import is_own_id, is_readable, make_call
from iflytek_spark.protocol.wire.frame import CallFragment, Frame

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
}
_FAILED = ("abort", "error")
_NO_ARGUMENTS = ("", "{}", "null")


class ChunkProtocol(ChatProtocol):
    """Reads the frames of one answer over HTTP (PROTOCOL-HTTP.md §1, §5)."""

    wire = "http"
    _reason = ""
    _ending = False

    def closed(self) -> tuple[Event, ...]:
        """Take note that the body has ended, which is the answer's end where it was whole.

        Raises:
            StreamInterruptedError: when the answer is not whole.
        """
        if self.state is State.ANSWERING and (self._reason or self._ending):
            self._advance(Signal.LAST)
            self.deviations.add(Deviation.DONE_MISSING)
            return (*self._whole_calls(), self._finish())
        return super().closed()

    def _events(self, frame: Frame) -> list[Event]:
        if frame.calls:
            self._fragments += frame.calls
        if frame.finish:
            self._note_reason(frame.finish)
        self._ending = self._ending or frame.ending
        events = super()._events(frame)
        if self._fragments and (frame.last or frame.finish):
            events += self._whole_calls()
        return events

    def _note_reason(self, reason: str) -> None:
        if reason in _FAILED:
            self.state = State.FAILED
            raise InternalServerError(
                f"Spark's engine ended the answer amid it ({reason})", sid=self.sid or None
            )
        if reason not in _REASONS:
            self.deviations.add(Deviation.FINISH_UNUSUAL)
        self._reason = _REASONS.get(reason, "stop")

    def _note_usage(self, frame: Frame) -> None:
        self._usage = frame.usage

    def _whole_calls(self) -> list[Event]:
        fragments, self._fragments = self._fragments, []
        calls = _joined(fragments)
        distinct = [call for at, call in enumerate(calls) if not (call.id and call in calls[:at])]
        if len(distinct) < len(calls):
            self.deviations.add(Deviation.CALL_REPEATED)
        made = [call for each in distinct if (call := self._made(each))]
        before = self._tool_calls - len(made)
        return [ToolCallDelta(call, before + at) for at, call in enumerate(made)]

    def _made(self, fragment: CallFragment) -> ToolCall | None:
        if not fragment.name:
            if fragment.arguments.strip() not in _NO_ARGUMENTS:
                raise ProtocolError(
                    "Spark sent a function call without the function's name", sid=self.sid or None
                )
            self.deviations.add(Deviation.CALL_EMPTY)
            return None
        self._tool_calls += 1
        answer = self.sid or self._digest()
        call = make_call(answer, self._tool_calls, fragment.name, fragment.arguments or "{}")
        if fragment.id in self._ids:
            self.deviations.add(Deviation.CALL_REPEATED)
        elif is_own_id(fragment.id):
            call = replace(call, id=fragment.id)
        if fragment.id:  # dialect A's object may have none
            self._ids.add(fragment.id)
        self._cut_off = self._cut_off or not is_readable(call)
        return call

    def _finish(self) -> Finished:
        if self._reason == "length" and not (self._content or self._anything or self._tool_calls):
            self.state = State.FAILED
            raise EmptyResponseError(
                "max_tokens was used up before there was any answer",
                sid=self.sid or None,
                hint="raise max_tokens, which the model's reasoning counts against too",
                retryable=False,
            )
        return super()._finish()

    def _finish_reason(self, usage: Usage | None) -> FinishReason:
        if not self._reason:
            return super()._finish_reason(usage)
        if self._tool_calls:
            return "length" if self._cut_off and self._reason == "length" else "tool_calls"
        if self._reason == "tool_calls":
            return "stop"
        return _REASONS[self._reason]


def _joined(fragments: list[CallFragment]) -> list[CallFragment]:
    """Join fragments: by index, and where there is none to the call that came last."""
    calls: list[CallFragment] = []
    for fragment in fragments:
        at = _place(calls, fragment)
        if at is None:
            calls.append(fragment)
            continue
        begun = calls[at]
        calls[at] = begun._replace(
            id=begun.id or fragment.id,
            name=begun.name or fragment.name,
            arguments=begun.arguments + fragment.arguments,
        )
    return calls


def _place(calls: list[CallFragment], fragment: CallFragment) -> int | None:
    """Return the call that a fragment belongs to; None for the beginning of a further one."""
    places = [at for at, call in enumerate(calls) if call.number == fragment.number]
    if not places and fragment.number is None and calls and not (fragment.name or fragment.id):
        places = [len(calls) - 1]
    if not places:
        return None
    begun = calls[places[-1]]
    if fragment.id and begun.id and fragment.id != begun.id:
        return None
    if not (fragment.name and begun.name):
        return places[-1]
    if fragment.id and fragment.id == begun.id:  # in each fragment, or the whole call twice
        return None if _complete(begun) and _complete(fragment) else places[-1]
    return None if fragment.number is None or _complete(begun) else places[-1]


def _complete(call: CallFragment) -> bool:
    return call.arguments.strip() != "" and is_readable(ToolCall("", call.name, call.arguments))
