"""The turns of one account's product, as the gateway takes them."""

from __future__ import annotations

import time

from iflytek_spark.rates import Limit, RateStore


class Turns:
    """What may be asked by an account of one product; without a limit everything, at once.

    Attributes:
        account: the account's name.
        in_flight: requests under way.
        sent: requests that it was asked.
    """

    def __init__(self, account: str, store: RateStore, place: str, limit: Limit | None) -> None:
        """Set up for turns that a store counts at a place."""
        self.account = account
        self.in_flight = 0
        self.sent = 0
        self._store = store
        self._place = place
        self._limit = limit
        self._due = 0.0

    @property
    def interval(self) -> float:
        """Seconds from one turn to the next; 0 without a limit."""
        return self._limit.interval if self._limit else 0.0

    @property
    def load(self) -> tuple[float, int, int]:
        """How busy the account is; the least is asked first."""
        return max(self._due - time.monotonic(), 0.0), self.in_flight, self.sent

    async def take(self, ticket: str) -> float:
        """Take a turn; return 0, or the seconds after which to ask again.

        Raises:
            RateStoreError: when turns cannot be counted.
        """
        wait = 0.0
        if self._limit is not None:
            wait = await self._store.atake(self._place, ticket, self._limit)
            self._due = time.monotonic() + (wait or self._limit.interval)
        if not wait:
            self.in_flight += 1
        return wait

    def note_sent(self, ticket: str) -> None:
        """Note that a turn's request has been sent."""
        self.sent += 1
        if self._limit is not None:
            self._store.sent(self._place, ticket)

    def release(self, ticket: str) -> None:
        """Note that a turn's request has ended, or is not sent."""
        self.in_flight -= 1
        if self._limit is not None:
            self._store.release(self._place, ticket)
