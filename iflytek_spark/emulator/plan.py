"""What the emulator is about to do on a connection, as values that faults can rearrange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias


class Opcode(IntEnum):
    """Kinds of WebSocket frames (RFC 6455 §5.2)."""

    TEXT = 1
    BINARY = 2
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the handshake with a plain HTTP response."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """Send one message.

    Attributes:
        payload: its payload.
        opcode: its kind.
        fragment: bytes of each WebSocket frame that it is sent in, 0 for a single one.
        bare: whether a stream of events sends it without what makes an event of it.
    """

    payload: bytes
    opcode: Opcode = Opcode.TEXT
    fragment: int = 0
    bare: bool = False


@dataclass(frozen=True, slots=True)
class SendError(Send):
    """Send an error of the service.

    Its payload is a frame of the WebSocket; HTTP writes it in its dialect's own form.

    Attributes:
        code: the error code.
        message: the service's word on it.
        sid: the session id.
    """

    code: int = 0
    message: str = ""
    sid: str = ""


@dataclass(frozen=True, slots=True)
class SendPart:
    """Send the first bytes of a message's WebSocket frame, header included."""

    message: Send
    size: int


@dataclass(frozen=True, slots=True)
class SendBytes:
    """Send bytes that need not be a WebSocket frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Throttle:
    """From here on, write ``size`` bytes at a time with ``seconds`` between."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """Send a close frame, then wait for the client's."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the TCP connection."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Do nothing until the client leaves."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Note that the request is answered, as far as the account is concerned."""

    end: Callable[[], None]


Step: TypeAlias = Send | SendPart | SendBytes | Throttle | Wait | Close | Reset | Hang | Finish
Plan: TypeAlias = tuple[Step, ...]
"""The steps of an answer. When they are done, the TCP connection is closed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Base of every fault; by itself it changes nothing."""

    def handshake(self) -> Refuse | Hang | None:
        """Return what happens instead of the handshake, or None."""
        return None

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Return what is done instead of ``plan``.

        Args:
            plan: the steps of the answer, the last one a close.
            sid: the session id.
        """
        return plan


def position(plan: Plan, frames: int) -> int:
    """Return the index in ``plan`` that stands after its first ``frames`` messages."""
    ends = [index for index, step in enumerate(plan, 1) if isinstance(step, Send)]
    return 0 if frames <= 0 else ends[min(frames, len(ends)) - 1] if ends else 0


def messages(plan: Plan) -> tuple[Send, ...]:
    """Return the messages of ``plan``, in order."""
    return tuple(step for step in plan if isinstance(step, Send))


def inserted(plan: Plan, frames: int, step: Step) -> Plan:
    """Return ``plan`` with a step put in after its first ``frames`` messages."""
    index = position(plan, frames)
    return (*plan[:index], step, *plan[index:])
