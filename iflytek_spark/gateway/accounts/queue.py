"""Requests that wait for a turn of any account: each of the gateway's keys in turn."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from iflytek_spark.errors import RateStoreError
from iflytek_spark.gateway.accounts.turns import Turns
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError

_LOG = logging.getLogger("iflytek_spark.gateway")
_UNCOUNTED_SECONDS = 5.0
"""How long requests wait for a Redis that cannot be reached: it may be starting."""
_RETRY_SECONDS = 0.2
_random = random.random
_JITTER = 0.1
"""Of a wait, at most: so that no worker is always a little before the others."""

Taken: TypeAlias = tuple[Turns, str]
"""Whose turn came, and its ticket, which has to be released."""


class SetAsideError(Exception):
    """No account is left that a request may wait for."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A request that waits, and whose turns it may take now."""

    turn: asyncio.Future[Taken]
    fit: Callable[[], Sequence[Turns]]


class FairQueue:
    """The requests of this process for one product.

    Callers take turns, whoever has asked how much: one who asks once is not behind all that another
    has asked before. For each account that is waited for, a task takes its turns; it ends when
    nobody waits.

    Attributes:
        waiting: how many requests wait.
    """

    def __init__(
        self, *, max_wait: float, max_waiting: int, on_change: Callable[[int], object]
    ) -> None:
        """Set up, for requests that wait so many seconds, and so many of them; counts them."""
        self.waiting = 0
        self._on_change = on_change
        self._max_wait = max_wait
        self._max_waiting = max_waiting
        self._callers: dict[str, deque[_Place]] = {}
        self._changed: dict[Turns, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def turn(self, caller: str, fit: Callable[[], Sequence[Turns]]) -> Taken:
        """Wait for a turn.

        Args:
            caller: who asks.
            fit: returns whose turns may be taken, the least busy first.

        Raises:
            GatewayError: when too many wait, or for too long, or turns cannot be counted.
            SetAsideError: when there is no account to wait for.
        """
        if not self.waiting and (taken := await self._at_once(fit())):
            return taken
        if self.waiting >= self._max_waiting:
            raise self._full(f"{self.waiting} requests wait for Spark", fit())
        place = _Place(asyncio.get_running_loop().create_future(), fit)
        self._join(caller, place)
        taken = None
        try:
            async with asyncio.timeout(self._max_wait):
                taken = await place.turn
        except TimeoutError:
            reason = f"no turn at Spark came in {self._max_wait:g} s"
            raise self._full(reason, fit()) from None
        finally:
            self._leave(caller, place)
            came = place.turn.done() and not place.turn.cancelled() and not place.turn.exception()
            if came and not taken:  # as its caller left
                turns, ticket = place.turn.result()
                turns.release(ticket)
        return taken

    def look(self, turns: Turns | None = None) -> None:
        """Look again: a turn was given back, or, for None, there are fewer accounts, or others."""
        for event in [self._changed[turns]] if turns in self._changed else ():
            event.set()
        for place in () if turns else list(self._places()):
            if fit := place.fit():
                self._begin(fit)
            else:
                self._fail(place, SetAsideError())

    async def _at_once(self, fit: Sequence[Turns]) -> Taken | None:
        """Take a turn that is free now, while nobody waits."""
        for turns in fit:
            ticket = uuid.uuid4().hex
            try:
                if not await turns.take(ticket):
                    return turns, ticket
            except RateStoreError:
                return None
            if self.waiting:
                return None
        return None

    def _full(self, reason: str, fit: Sequence[Turns]) -> GatewayError:
        rate = sum(1 / turns.interval for turns in fit if turns.interval)
        seconds = math.ceil(max(self.waiting, 1) / rate) if rate else 1
        return GatewayError(
            ErrorRow.QUEUE_TIMEOUT,
            f"{reason}: ask again later, or fewer at once",
            headers={"retry-after": str(max(seconds, 1))},
        )

    def _places(self) -> Iterator[_Place]:
        for places in self._callers.values():
            yield from places

    def _join(self, caller: str, place: _Place) -> None:
        fit = place.fit()
        if not fit:
            raise SetAsideError
        self._callers.setdefault(caller, deque()).append(place)
        self.waiting += 1
        self._on_change(self.waiting)
        self._begin(fit)

    def _begin(self, fit: Sequence[Turns]) -> None:
        """Take turns of those that nobody has waited for."""
        for turns in fit:
            if turns not in self._changed:
                self._changed[turns] = asyncio.Event()
                task = asyncio.create_task(self._serve(turns))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _leave(self, caller: str, place: _Place) -> None:
        self.waiting -= 1
        self._on_change(self.waiting)
        places = self._callers.get(caller)
        if places and place in places:
            places.remove(place)
            if not places:
                del self._callers[caller]
        if not self._callers:
            for event in self._changed.values():
                event.set()

    def _fail(self, place: _Place, error: Exception) -> None:
        if not place.turn.done():
            place.turn.set_exception(error)

    async def _serve(self, turns: Turns) -> None:
        """Take turns of an account for those who wait for it."""
        try:
            while self._is_wanted(turns):
                ticket = await self._take(turns)
                if ticket and not self._hand_on(turns, ticket):
                    turns.release(ticket)
        finally:
            del self._changed[turns]

    def _is_wanted(self, turns: Turns) -> bool:
        return any(turns in place.fit() for place in self._places() if not place.turn.done())

    def _hand_on(self, turns: Turns, ticket: str) -> bool:
        """Give a turn to the next caller whom it serves; that caller goes to the end."""
        for caller, places in self._callers.items():
            for place in places:
                if not place.turn.done() and turns in place.fit():
                    place.turn.set_result((turns, ticket))
                    places.remove(place)
                    del self._callers[caller]
                    if places:
                        self._callers[caller] = places
                    return True
        return False

    async def _take(self, turns: Turns) -> str:
        """Take a turn, as soon as one is free; an empty text when nobody waits for it any more."""
        ticket, uncounted = uuid.uuid4().hex, time.monotonic() + _UNCOUNTED_SECONDS
        while self._is_wanted(turns):
            self._changed[turns].clear()
            try:
                wait = await turns.take(ticket)
            except RateStoreError as error:
                wait = _RETRY_SECONDS
                if time.monotonic() > uncounted:
                    self._refuse_uncounted(error)
            else:
                uncounted = time.monotonic() + _UNCOUNTED_SECONDS
                if not wait:
                    return ticket
            await self._pause(self._changed[turns], wait * (1 + _JITTER * _random()))
        return ""

    def _refuse_uncounted(self, error: RateStoreError) -> None:
        _LOG.error("turns at Spark cannot be counted, so requests are refused: %s", error)
        message = "the gateway cannot count its turns at Spark: try again later"
        row = ErrorRow.LIMITS_UNAVAILABLE
        for place in self._places():
            self._fail(place, GatewayError(row, message, headers={"retry-after": "1"}))

    @staticmethod
    async def _pause(changed: asyncio.Event, seconds: float) -> None:
        """Wait, but no longer than until a turn is given back, or nobody waits any more."""
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return
