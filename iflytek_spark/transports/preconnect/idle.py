"""Which connections to open ahead of calls, to hand out and to drop; the pools do as it says."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from iflytek_spark.protocol.wire.signing import ALLOWED_SKEW
from iflytek_spark.transports.preconnect.budget import PROCESS_BUDGET, Budget

IDLE_LIMIT = 60.0
"""Seconds without a request after which the service drops a connection (PROTOCOL.md §2.4)."""

IDLE_MARGIN = 10.0
"""Seconds by which a connection is dropped here earlier: a request needs time to arrive, and the
service may have begun to count before us."""

SIGNATURE_MARGIN = 30.0
"""Seconds by which a connection is dropped before its signature is too old (PROTOCOL.md §2.1)."""

KEEP_SECONDS = min(IDLE_LIMIT - IDLE_MARGIN, ALLOWED_SKEW - SIGNATURE_MARGIN)
"""The age up to which a connection that was opened ahead may be used."""

QUIET_SECONDS = 60.0
"""Without a call for so long, nothing more is opened until the next one."""

_T = TypeVar("_T")


@dataclass(slots=True)
class _Address(Generic[_T]):
    """What is known of one address: when it was called, and what is open and when signed."""

    note_use: float | None = None
    opening: int = 0
    ready: deque[tuple[float, _T]] = field(default_factory=deque)


class IdleConnections(Generic[_T]):
    """The connections that one client has opened ahead, by address.

    Moments are in seconds of the wall clock, which goes on while a machine sleeps. Should it be
    set back, connections from the future are dropped like old ones.

    Attributes:
        held: connections that are open, or being opened.
    """

    def __init__(self, size: int, budget: Budget = PROCESS_BUDGET) -> None:
        """Start empty.

        Args:
            size: how many connections to keep for each address in use, 1 or more.
            budget: what all who open connections ahead share.
        """
        self._size = size
        self._budget = budget
        self.held = 0
        self._addresses: dict[str, _Address[_T]] = {}

    @property
    def ready(self) -> int:
        """How many connections are open."""
        return sum(len(known.ready) for known in self._addresses.values())

    def note_use(self, address: str, now: float) -> None:
        """Note a call: its address is in use from here on."""
        self._known(address).note_use = now

    def take(self, address: str) -> _T | None:
        """Hand out the oldest connection to an address, or None; ask :meth:`expired` before."""
        ready = self._known(address).ready
        taken = ready.popleft()[1] if ready else None
        self._count()
        return taken

    def age(self, address: str, now: float) -> float:
        """Return for how many seconds the connection has waited that :meth:`take` would give."""
        ready = self._known(address).ready
        return now - ready[0][0] if ready else 0.0

    def start(self, now: float) -> list[str]:
        """Begin to open what is missing.

        Args:
            now: the moment.

        Returns:
            An address for each connection to open, as far as the budget allows. Report each with
            :meth:`opened` or :meth:`failed`.
        """
        missing: list[str] = []
        for address, known in self._addresses.items():
            if known.note_use is not None and 0 <= now - known.note_use < QUIET_SECONDS:
                wanted = max(self._size - len(known.ready) - known.opening, 0)
                count = self._budget.grant(self, wanted)
                known.opening += count
                missing += [address] * count
        return missing

    def opened(self, address: str, connection: _T, signed: float) -> None:
        """Take in a connection.

        Args:
            address: where it leads.
            connection: anything that stands for it.
            signed: when its URL was signed, before it was opened.
        """
        known = self._known(address)
        known.opening -= 1
        known.ready.append((signed, connection))
        self._count()

    def failed(self, address: str) -> None:
        """Note that opening failed: nothing more is opened until the next call shows why."""
        known = self._known(address)
        known.opening -= 1
        known.note_use = None
        self._count()

    def expired(self, now: float) -> list[_T]:
        """Give up the connections that are too old to be used, for the caller to close."""
        old: list[_T] = []
        for known in self._addresses.values():
            entries, known.ready = known.ready, deque()
            for signed, connection in entries:
                if 0 <= now - signed < KEEP_SECONDS:
                    known.ready.append((signed, connection))
                else:
                    old.append(connection)
        self._count()
        return old

    def discard(self, address: str) -> list[_T]:
        """Give up all connections to an address: one of them was found dead."""
        known = self._known(address)
        given_up = [connection for _, connection in known.ready]
        known.ready.clear()
        self._count()
        return given_up

    def drain(self) -> list[_T]:
        """Give up all connections."""
        return [connection for address in self._addresses for connection in self.discard(address)]

    def _count(self) -> None:
        self.held = sum(len(known.ready) + known.opening for known in self._addresses.values())

    def _known(self, address: str) -> _Address[_T]:
        return self._addresses.setdefault(address, _Address())
