"""Faults on demand: what ``spark.script(...)`` takes.

Each connection takes the next entry of the script; when there is none, or it is None, nothing
goes wrong but for the ``fault`` of a :class:`~iflytek_spark.emulator.Reply`. An entry is one
fault, or a tuple of faults that are applied in their order::

    spark.script(ErrorFrame(10110), None, (Slow(0.05), Cut(after=3)))

``after`` counts messages of the answer, which over HTTP are the events of a stream, ``[DONE]``
among them, or the one body; a number beyond its end means its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from iflytek_spark.emulator.assumptions import CLOSE_CODE, CLOSE_REASON
from iflytek_spark.emulator.handshake_faults import HangHandshake, HtmlPage, RefuseHandshake
from iflytek_spark.emulator.http.faults import BareBytes, BlankLines, SilenceAfterHead
from iflytek_spark.emulator.plan import (
    Close,
    Fault,
    Hang,
    Opcode,
    Plan,
    Reset,
    Send,
    SendBytes,
    SendError,
    SendPart,
    Throttle,
    Wait,
    inserted,
    messages,
    position,
)
from iflytek_spark.protocol.wire.chat_server import encode_error

__all__ = [
    "BareBytes", "BlankLines", "Cut", "ErrorFrame", "ExtraFrame", "Fault", "Fragment",
    "HangHandshake", "HtmlPage", "NoFinal", "Opcode", "RawBytes", "RawFrame", "RefuseHandshake",
    "RepeatFrame", "Replay", "Silence", "SilenceAfterHead", "SkipFrame", "Slow", "Trickle",
]  # fmt: skip

_MOMENT = 0.05
_CLOSE = Close(CLOSE_CODE, CLOSE_REASON)


@dataclass(frozen=True, slots=True)
class ErrorFrame(Fault):
    """Send an error instead of the rest of the answer, then close (§2.3).

    Over HTTP it is what the dialect makes of it: a status, or an event of the stream.

    Attributes:
        code: the error code (§10).
        message: the service's word on it.
        after: messages of the answer that are sent before.
    """

    code: int
    message: str = "InjectedError:(00:00:00.000) on demand"
    after: int = 0

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Replace the rest of the answer."""
        frame = encode_error(sid, self.code, self.message).encode()
        error = SendError(frame, code=self.code, message=self.message, sid=sid)
        return (*plan[: position(plan, self.after)], error, _CLOSE)


@dataclass(frozen=True, slots=True)
class Cut(Fault):
    """End the connection before the answer's end.

    Attributes:
        after: messages that are sent before.
        how: ``reset`` of the TCP connection, a moment later since it can overtake what was
            sent; its end without a close frame (``eof``); or a ``close`` frame.
        part: bytes of the next message's WebSocket frame that are still sent. With a few
            more than ten the cut can fall inside a character.
        code: the close frame's code.
    """

    after: int = 0
    how: Literal["reset", "eof", "close"] = "reset"
    part: int = 0
    code: int = 1011

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Cut the rest off."""
        index = position(plan, self.after)
        following = messages(plan[index:])[:1] if self.part else ()
        reset: Plan = (Wait(_MOMENT), Reset())
        ends: dict[str, Plan] = {"reset": reset, "eof": (), "close": (Close(self.code),)}
        part = tuple(SendPart(message, self.part) for message in following)
        return (*plan[:index], *part, *ends[self.how])


@dataclass(frozen=True, slots=True)
class NoFinal(Fault):
    """Close cleanly, with code 1000, but without the final frame."""

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Leave the last message out."""
        return (*plan[: position(plan, len(messages(plan)) - 1)], _CLOSE)


@dataclass(frozen=True, slots=True)
class Silence(Fault):
    """Send nothing more, and leave the connection open until the client leaves.

    Attributes:
        after: messages that are sent before.
    """

    after: int = 0

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Replace the rest by silence."""
        return (*plan[: position(plan, self.after)], Hang())


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """Wait before each message.

    Attributes:
        seconds: how long.
    """

    seconds: float

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Put the waits in."""
        for count in reversed(range(len(messages(plan)))):
            plan = inserted(plan, count, Wait(self.seconds))
        return plan


@dataclass(frozen=True, slots=True)
class Trickle(Fault):
    """Write the answer a few bytes at a time.

    Attributes:
        size: bytes of one write.
        seconds: the time between two writes.
    """

    size: int = 1
    seconds: float = 0.0

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Throttle the connection from its first message on."""
        return (Throttle(self.size, self.seconds), *plan)


@dataclass(frozen=True, slots=True)
class Fragment(Fault):
    """Send each message in several WebSocket frames, which RFC 6455 §5.4 allows.

    Attributes:
        size: bytes of one WebSocket frame; it may fall inside a character.
    """

    size: int = 7

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Mark the messages."""
        return tuple(
            replace(step, fragment=self.size) if isinstance(step, Send) else step for step in plan
        )


@dataclass(frozen=True, slots=True)
class RawFrame(Fault):
    """Send a message of any payload and kind between two of the answer.

    Attributes:
        payload: need be neither JSON nor UTF-8.
        opcode: its kind.
        after: messages that are sent before.
    """

    payload: bytes | str
    opcode: Opcode = Opcode.TEXT
    after: int = 0

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Insert the message."""
        payload = self.payload.encode() if isinstance(self.payload, str) else self.payload
        return inserted(plan, self.after, Send(payload, self.opcode))


@dataclass(frozen=True, slots=True)
class RawBytes(Fault):
    """Write bytes that need not be a WebSocket frame.

    Attributes:
        data: the bytes.
        after: messages that are sent before.
    """

    data: bytes
    after: int = 0

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Insert the bytes."""
        return inserted(plan, self.after, SendBytes(self.data))


@dataclass(frozen=True, slots=True)
class RepeatFrame(Fault):
    """Send one message twice, so that ``seq`` does not grow.

    Attributes:
        index: which, from 0.
    """

    index: int = 0

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Send it again."""
        after = position(plan, self.index + 1)
        return plan[:after] + plan[after - 1 :]


@dataclass(frozen=True, slots=True)
class SkipFrame(Fault):
    """Lose one message, so that ``seq`` leaps.

    Attributes:
        index: which, from 0.
    """

    index: int = 1

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Leave the message out."""
        after = position(plan, self.index + 1)
        return plan[: after - 1] + plan[after:]


@dataclass(frozen=True, slots=True)
class ExtraFrame(Fault):
    """Send a further message after the final one, before the close frame.

    Attributes:
        payload: the message; the final one again by default.
    """

    payload: str = ""

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Insert the message."""
        sent = messages(plan)
        extra = Send(self.payload.encode()) if self.payload else sent[-1]
        return inserted(plan, len(sent), extra)


@dataclass(frozen=True, slots=True)
class Replay(Fault):
    """Serve a recording instead of an answer, then close.

    Attributes:
        frames: the recorded messages, as JSON texts, sent verbatim; over HTTP whole events.
    """

    frames: tuple[str, ...]

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Replace the answer."""
        return (*(Send(frame.encode(), bare=True) for frame in self.frames), _CLOSE)
