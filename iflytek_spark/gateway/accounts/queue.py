"""Requests that wait for an account's turns: each of the gateway's keys in turn."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
import uuid
from collections import deque

from iflytek_spark.errors import RateStoreError
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.rates import Limit, RateStore

_LOG = logging.getLogger("iflytek_spark.gateway")
_UNCOUNTED_SECONDS = 5.0
"""How long requests wait for a Redis that cannot be reached: it may be starting."""
_RETRY_SECONDS = 0.2
_random = random.random
_JITTER = 0.1
"""Of a wait, at most: so that no worker is always a little before the others."""


class SetAsideError(Exception):
    """The account was set aside while a request waited for its turn."""


class FairQueue:
    """The requests of this process for one product of one account.

    Callers take turns, whoever has asked how much: one who asks once is not behind all that another
    has asked before. A task takes turns of the store while anybody waits, and ends then.

    Attributes:
        waiting: how many requests wait.
    """

    def __init__(
        self, store: RateStore, place: str, limit: Limit, *, max_wait: float, max_waiting: int
    ) -> None:
        """Set up for the turns that a store counts at a place."""
        self._store = store
        self._place = place
        self._limit = limit
        self._max_wait = max_wait
        self._max_waiting = max_waiting
        self._callers: dict[str, deque[asyncio.Future[str]]] = {}
        self._changed = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._due = 0.0
        self.waiting = 0

    def expected_wait(self) -> float:
        """Return the seconds that a further request would wait, as far as is known here."""
        return max(self._due - time.monotonic(), 0.0) + self.waiting * self._limit.interval

    async def turn(self, caller: str) -> str:
        """Wait for a turn, and return its ticket, which has to be released.

        Raises:
            GatewayError: when too many wait, or for too long, or turns cannot be counted.
            SetAsideError: when the account is set aside meanwhile.
        """
        if self.waiting >= self._max_waiting:
            raise self._full(f"{self.waiting} requests wait for Spark")
        place, ticket = self._join(caller), ""
        try:
            async with asyncio.timeout(self._max_wait):
                ticket = await place
        except TimeoutError:
            raise self._full(f"no turn at Spark came in {self._max_wait:g} s") from None
        finally:
            self._leave(caller, place)
            if not ticket and place.done() and not place.cancelled() and not place.exception():
                self.release(place.result())  # it came as its caller left
        return ticket

    def refuse(self, error: Exception) -> None:
        """Let all who wait fail."""
        for places in self._callers.values():
            for place in places:
                if not place.done():
                    place.set_exception(error)

    def sent(self, ticket: str) -> None:
        """Note that a turn's request has been sent."""
        self._store.sent(self._place, ticket)

    def release(self, ticket: str) -> None:
        """Note that a turn's request has ended."""
        self._store.release(self._place, ticket)
        self._changed.set()

    def _full(self, reason: str) -> GatewayError:
        seconds = max(math.ceil(self.expected_wait() - self._limit.interval), 1)
        return GatewayError(
            ErrorRow.QUEUE_TIMEOUT,
            f"{reason}: ask again later, or fewer at once",
            headers={"retry-after": str(seconds)},
        )

    def _join(self, caller: str) -> asyncio.Future[str]:
        place: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._callers.setdefault(caller, deque()).append(place)
        self.waiting += 1
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return place

    def _leave(self, caller: str, place: asyncio.Future[str]) -> None:
        """Take a request out."""
        self.waiting -= 1
        places = self._callers.get(caller)
        if places and place in places:
            places.remove(place)
            if not places:
                del self._callers[caller]
        if not self._callers:
            self._changed.set()

    async def _serve(self) -> None:
        """Take turns of the store for those who wait."""
        try:
            while self._callers:
                ticket = await self._take()
                if ticket and not self._hand_on(ticket):
                    self._store.release(self._place, ticket)
        finally:
            self._serving = None

    def _hand_on(self, ticket: str) -> bool:
        """Give a turn to the next caller's oldest request; that caller goes to the end."""
        while self._callers:
            caller = next(iter(self._callers))
            places = self._callers.pop(caller)
            place = places.popleft()
            if places:
                self._callers[caller] = places
            if not place.done():
                place.set_result(ticket)
                return True
        return False

    async def _take(self) -> str:
        """Take a turn, as soon as one is free; an empty text when nobody waits any more."""
        ticket, uncounted = uuid.uuid4().hex, time.monotonic() + _UNCOUNTED_SECONDS
        while self._callers:
            self._changed.clear()
            try:
                wait = await self._store.atake(self._place, ticket, self._limit)
            except RateStoreError as error:
                wait = _RETRY_SECONDS
                if time.monotonic() > uncounted:
                    self._refuse_uncounted(error)
            else:
                uncounted = time.monotonic() + _UNCOUNTED_SECONDS
                self._due = time.monotonic() + (wait or self._limit.interval)
                if not wait:
                    return ticket
            await self._pause(wait * (1 + _JITTER * _random()))
        return ""

    def _refuse_uncounted(self, error: RateStoreError) -> None:
        _LOG.error("turns at Spark cannot be counted, so requests are refused: %s", error)
        message = "the gateway cannot count its turns at Spark: try again later"
        row = ErrorRow.LIMITS_UNAVAILABLE
        self.refuse(GatewayError(row, message, headers={"retry-after": "1"}))

    async def _pause(self, seconds: float) -> None:
        """Wait, but no longer than until a turn is given back, or nobody waits any more."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
