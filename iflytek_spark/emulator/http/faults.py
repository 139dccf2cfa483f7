"""What can go wrong over HTTP alone; part of :mod:`~iflytek_spark.emulator.faults`."""

from __future__ import annotations

from dataclasses import dataclass

from iflytek_spark.emulator.plan import Fault, Hang, Plan, Send, Wait, position

_NOTHING = Send(b"", bare=True)
"""Begins a response without a byte of its body."""


@dataclass(frozen=True, slots=True)
class BlankLines(Fault):
    """Send lines that hold no event, as keep-alives do.

    Attributes:
        count: how many.
        seconds: the time before each.
        after: messages of the answer that are sent before.
        line: what stands on each line; ``:`` begins a comment.
    """

    count: int = 1
    seconds: float = 0.0
    after: int = 0
    line: str = ""

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Insert the lines."""
        index = position(plan, self.after)
        line = Send(f"{self.line}\n".encode(), bare=True)
        lines = ((Wait(self.seconds), line) if self.seconds else (line,)) * self.count
        return (*plan[:index], *lines, *plan[index:])


@dataclass(frozen=True, slots=True)
class SilenceAfterHead(Fault):
    """Send status and headers, and then nothing until the client leaves."""

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Replace the answer."""
        return (_NOTHING, Hang())


@dataclass(frozen=True, slots=True)
class BareBytes(Fault):
    """Send bytes inside the body that need not be an event.

    Attributes:
        data: the bytes.
        after: messages of the answer that are sent before.
    """

    data: bytes
    after: int = 0

    def answer(self, plan: Plan, sid: str) -> Plan:
        """Insert the bytes."""
        index = position(plan, self.after)
        return (*plan[:index], Send(self.data, bare=True), *plan[index:])
