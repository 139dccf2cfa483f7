"""What a row of the matrix is: a fault, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass

from iflytek_spark import Timeouts
from iflytek_spark.emulator import Fault
from iflytek_spark.emulator.plan import Plan, Throttle, inserted
from tests.contract.sockets import patience
from tests.reliability.columns import Kind
from tests.reliability.recording import RECORDED

RETRIED, ONCE = True, False
PATIENT = patience()
SHORT = 0.05
"""Seconds of a time-out that is to run out; nothing that must come in time depends on it."""


@dataclass(frozen=True)
class Case:
    """What happens on each connection of a call, and what must come of it.

    Attributes:
        faults: what the emulator does.
        error: the core's exception, or None for the whole answer.
        retried: whether the call is tried again.
        begun: whether a part of the answer comes before.
        timeout: the time-outs of the call.
    """

    faults: tuple[Fault, ...] = ()
    error: Kind | None = None
    retried: bool = False
    timeout: Timeouts = PATIENT
    begun: bool = False

    @property
    def limit(self) -> float:
        """Seconds after which the call must have ended."""
        return self.timeout.total if self.timeout == PATIENT else 2 * SHORT

    @property
    def mends(self) -> bool:
        """Whether a second try that nothing strikes has time for the whole answer."""
        return self.retried and bool(self.faults) and self.timeout == PATIENT


@dataclass(frozen=True)
class Row:
    """A fault on a chat's WebSocket and on a signed POST; None where it cannot be.

    Attributes:
        group: the table that the row stands in.
        name: the fault.
        chat: on a chat.
        post: on a signed POST.
        site: where the call goes, see ``sites``.
        heavy: whether it takes so long that one surface of each column must do.
        http: on a chat over HTTP, where that is another.
    """

    group: str
    name: str
    chat: Case | None
    post: Case | None = None
    site: str = "emulator"
    heavy: bool = False
    http: Case | None = None


@dataclass(frozen=True, slots=True)
class Slowly(Fault):
    """Write a byte now and then from one message on: several within a time-out, as they come
    when it is of seconds."""

    after: int

    def answer(self, plan: Plan, sid: str) -> Plan:
        return inserted(plan, self.after, Throttle(1, SHORT / 5))


def on_chat(
    error: Kind | None, retried: bool, *more: Fault, begun: bool = False, **seconds: float
) -> Case:
    return Case((RECORDED, *more), error, retried, patience(**seconds), begun)


def on_post(error: Kind | None, retried: bool, *given: Fault, **seconds: float) -> Case:
    return Case(given, error, retried, patience(**seconds))


def everywhere(group: str, name: str, case: Case, site: str = "emulator") -> Row:
    """A fault that is the same for a chat and for a signed POST."""
    return Row(group, name, case, case, site)
