"""Counts the requests that each caller has under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

Release = Callable[[], Awaitable[None]]
"""Releases a slot; it is called once."""


class ConcurrencySlots(Protocol):
    """As many slots for each caller as it may have requests under way."""

    async def acquire(self, caller: str, limit: int) -> Release | None:
        """Acquire a slot.

        Args:
            caller: whose.
            limit: how many it has in all.

        Returns:
            What releases it, or None when all of the caller's are in use.

        Raises:
            RedisError: when they cannot be counted.
        """

    async def aclose(self) -> None:
        """End what goes on in the background."""


class MemorySlots:
    """Slots that are counted in this process."""

    def __init__(self) -> None:
        """Start with none in use."""
        self._used: Counter[str] = Counter()

    async def acquire(self, caller: str, limit: int) -> Release | None:
        """Acquire a slot, unless all of the caller's are in use."""
        if self._used[caller] >= limit:
            return None
        self._used[caller] += 1

        async def release() -> None:
            self._used[caller] -= 1
            if not self._used[caller]:
                del self._used[caller]

        return release

    async def aclose(self) -> None:
        """Do nothing."""
