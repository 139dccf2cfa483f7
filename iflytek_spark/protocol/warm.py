"""Which connections to open ahead of calls, to hand out and to drop; the pools do as it says."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from iflytek_spark.protocol.signing import ALLOWED_SKEW

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
class _Shelf(Generic[_T]):
    """What is known of one address: when it was called, and what is open and when signed."""

    called: float | None = None
    opening: int = 0
    ready: deque[tuple[float, _T]] = field(default_factory=deque)


class WarmBook(Generic[_T]):
    """The connections that one client has opened ahead, by address.

    Moments are in seconds of the wall clock, which goes on while a machine sleeps. Should it be
    set back, connections from the future are dropped like old ones.
    """

    def __init__(self, size: int) -> None:
        """Start empty.

        Args:
            size: how many connections to keep for each address in use, 1 or more.
        """
        self._size = size
        self._shelves: dict[str, _Shelf[_T]] = {}

    @property
    def ready(self) -> int:
        """How many connections are open."""
        return sum(len(shelf.ready) for shelf in self._shelves.values())

    def called(self, address: str, now: float) -> None:
        """Note a call: its address is in use from here on."""
        self._shelf(address).called = now

    def take(self, address: str) -> _T | None:
        """Hand out the oldest connection to an address, or None; ask :meth:`expired` before."""
        ready = self._shelf(address).ready
        return ready.popleft()[1] if ready else None

    def start(self, now: float) -> list[str]:
        """Begin to open what is missing.

        Args:
            now: the moment.

        Returns:
            An address for each connection to open. Report each with :meth:`opened` or
            :meth:`failed`.
        """
        missing: list[str] = []
        for address, shelf in self._shelves.items():
            if shelf.called is not None and 0 <= now - shelf.called < QUIET_SECONDS:
                count = max(self._size - len(shelf.ready) - shelf.opening, 0)
                shelf.opening += count
                missing += [address] * count
        return missing

    def opened(self, address: str, connection: _T, signed: float) -> None:
        """Take in a connection.

        Args:
            address: where it leads.
            connection: anything that stands for it.
            signed: when its URL was signed, before it was opened.
        """
        shelf = self._shelf(address)
        shelf.opening -= 1
        shelf.ready.append((signed, connection))

    def failed(self, address: str) -> None:
        """Note that opening failed: nothing more is opened until the next call shows why."""
        shelf = self._shelf(address)
        shelf.opening -= 1
        shelf.called = None

    def expired(self, now: float) -> list[_T]:
        """Give up the connections that are too old to be used, for the caller to close."""
        old: list[_T] = []
        for shelf in self._shelves.values():
            entries, shelf.ready = shelf.ready, deque()
            for signed, connection in entries:
                if 0 <= now - signed < KEEP_SECONDS:
                    shelf.ready.append((signed, connection))
                else:
                    old.append(connection)
        return old

    def lost(self, address: str) -> list[_T]:
        """Give up all connections to an address: one of them was found dead."""
        shelf = self._shelf(address)
        given_up = [connection for _, connection in shelf.ready]
        shelf.ready.clear()
        return given_up

    def drain(self) -> list[_T]:
        """Give up all connections."""
        return [connection for address in self._shelves for connection in self.lost(address)]

    def _shelf(self, address: str) -> _Shelf[_T]:
        return self._shelves.setdefault(address, _Shelf())
