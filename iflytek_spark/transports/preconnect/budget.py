"""How many connections all pools of a process may open ahead of calls together."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol

MAX_PRECONNECTED = 64
"""Connections opened ahead in one process: each takes a file, of which there are often 1,024."""


class Holder(Protocol):
    """What holds connections, or is about to."""

    held: int


class Budget:
    """A number of connections, shared by whatever holds some; one that is forgotten holds none."""

    def __init__(self, limit: int = MAX_PRECONNECTED) -> None:
        """Start with nothing held."""
        self._limit = limit
        self.reset()

    def reset(self) -> None:
        """Start anew, in a process that was forked off."""
        self._lock = threading.Lock()
        self._holders: weakref.WeakSet[Holder] = weakref.WeakSet()

    def grant(self, holder: Holder, wanted: int) -> int:
        """Let a holder have as many connections as it wants, or as are left.

        Args:
            holder: its ``held`` grows by the result; it takes off what it lets go of.
            wanted: connections, 0 or more.

        Returns:
            How many it may open.
        """
        if not wanted:
            return 0
        with self._lock:
            self._holders.add(holder)
            left = self._limit - sum(known.held for known in self._holders)
            granted = max(min(wanted, left), 0)
            holder.held += granted
        return granted


PROCESS_BUDGET = Budget()
"""The one budget of the process."""
