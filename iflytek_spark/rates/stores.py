"""Where turns are counted: what every store can do, and the one of this process."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

from iflytek_spark.rates.ledger import Ledger
from iflytek_spark.rates.limits import Limit


class RateStore(Protocol):
    """Counts the turns of accounts. It may be shared by threads and event loops.

    A place is the text by which all of its users know one product of one account.
    """

    def take(self, place: str, ticket: str, limit: Limit) -> float:
        """Take a turn, if one is free.

        Args:
            place: which product of which account.
            ticket: a name that no other turn has.
            limit: what holds there.

        Returns:
            0 when the turn is taken, else the seconds after which to ask again.

        Raises:
            RateStoreError: when the turns cannot be counted.
        """

    async def atake(self, place: str, ticket: str, limit: Limit) -> float:
        """Take a turn without keeping the event loop; see :meth:`take`."""

    def sent(self, place: str, ticket: str) -> None:
        """Note that the turn's request has been sent. It returns at once."""

    def release(self, place: str, ticket: str) -> None:
        """Note that the request has ended, or was never sent. It returns at once."""


class ProcessStore:
    """Counts in the memory of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty; ``clock`` gives seconds since any moment."""
        self._clock = clock
        self._lock = threading.Lock()
        self._ledgers: dict[str, Ledger] = {}
        self._unsent: dict[str, float] = {}

    def take(self, place: str, ticket: str, limit: Limit) -> float:
        """Take a turn; see :meth:`RateStore.take`."""
        with self._lock:
            now = self._clock()
            wait = self._ledger(place, now).take(now, ticket, limit, math.inf)
            if not wait:
                self._unsent[ticket] = now
            return wait

    async def atake(self, place: str, ticket: str, limit: Limit) -> float:
        """Take a turn; it takes some microseconds."""
        return self.take(place, ticket, limit)

    def sent(self, place: str, ticket: str) -> None:
        """Note that a request has been sent."""
        with self._lock:
            now = self._clock()
            took = now - self._unsent.pop(ticket, now)
            self._ledger(place, now).sent(now, ticket, took)

    def release(self, place: str, ticket: str) -> None:
        """Note that a request has ended."""
        with self._lock:
            now = self._clock()
            self._unsent.pop(ticket, None)
            self._ledger(place, now).release(now, ticket)

    def __reduce__(self) -> tuple[Callable[[], ProcessStore], tuple[()]]:
        """Leave the turns behind: another process counts in its own memory."""
        return _of_this_process, ()

    def _ledger(self, place: str, now: float) -> Ledger:
        """Find a ledger; a new one takes the place of those that are like new."""
        if place not in self._ledgers:
            for idle in [name for name, ledger in self._ledgers.items() if ledger.idle(now)]:
                del self._ledgers[idle]
            self._ledgers[place] = Ledger()
        return self._ledgers[place]


THIS_PROCESS = ProcessStore()
"""What counts where no other store was named."""


def _of_this_process() -> ProcessStore:
    return THIS_PROCESS
