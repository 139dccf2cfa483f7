"""Counts the requests that each caller has under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

Release = Callable[[], Awaitable[None]]
"""Gives a lease back; it is called once."""


class LeaseBook(Protocol):
    """Lends each caller as many leases as it may have requests under way."""

    async def take(self, caller: str) -> Release | None:
        """Lend one.

        Args:
            caller: who asks.

        Returns:
            What gives it back, or None when the caller has all that it may have.

        Raises:
            RedisError: when the book cannot be reached.
        """

    async def aclose(self) -> None:
        """End what goes on in the background."""


class MemoryLeases:
    """A book of one process."""

    def __init__(self, most: int) -> None:
        """Set up.

        Args:
            most: the leases of each caller.
        """
        self._most = most
        self._lent: Counter[str] = Counter()

    async def take(self, caller: str) -> Release | None:
        """Lend one, unless the caller has all."""
        if self._lent[caller] >= self._most:
            return None
        self._lent[caller] += 1

        async def release() -> None:
            self._lent[caller] -= 1
            if not self._lent[caller]:
                del self._lent[caller]

        return release

    async def aclose(self) -> None:
        """Do nothing."""
