"""Those of this process who wait for a turn: first come, first served."""

from __future__ import annotations

import itertools
import threading
import time
import uuid
from collections.abc import Callable
from weakref import WeakKeyDictionary

from iflytek_spark.rates.ledger import POLL_SECONDS
from iflytek_spark.rates.limits import Limit
from iflytek_spark.rates.stores import RateStore

_LOOK_SECONDS = 0.5
"""Between two looks of one who waits, since others may leave."""
_LATE_SECONDS = 0.25
"""Who does not look for so long after his moment lets others pass."""

_LOCK = threading.Lock()
"""It is held for some microseconds, never in a wait."""


class QueuedTurn:
    """A place in the queue of an account's product; a :class:`~iflytek_spark.protocol.steps.Turn`.

    Threads and event loops stand in one queue.
    """

    def __init__(
        self,
        store: RateStore,
        place: str,
        limit: Limit,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Join the queue for a turn that a store counts; ``clock`` is for the waits here."""
        self._store = store
        self._place = place
        self._limit = limit
        self._ticket = uuid.uuid4().hex
        self._clock = clock
        self._taken = False
        with _LOCK:
            self._queue = _QUEUES.setdefault(store, {}).setdefault(place, _Queue())
            self._queue.join(self._ticket, clock())

    def ask(self) -> float:
        """Take the turn if it has come; return the seconds after which to ask again, or 0."""
        wait = self._before_others()
        if wait is None:
            wait = self._noted(self._store.take(self._place, self._ticket, self._limit))
        return wait

    async def aask(self) -> float:
        """Take the turn if it has come, without keeping the event loop; see :meth:`ask`."""
        wait = self._before_others()
        if wait is None:
            asked = self._store.atake(self._place, self._ticket, self._limit)
            wait = self._noted(await asked)
        return wait

    def sent(self) -> None:
        """Note that the request has been sent: the turn counts from now."""
        self._store.sent(self._place, self._ticket)

    def release(self) -> None:
        """Leave: the request has ended, or is not sent."""
        with _LOCK:
            self._queue.leave(self._ticket)
            self._forget_queue()
        if self._taken:
            self._taken = False
            self._store.release(self._place, self._ticket)

    def _before_others(self) -> float | None:
        """Return how long others are before this one, or None."""
        with _LOCK:
            return self._queue.wait(self._ticket, self._limit.interval, self._clock())

    def _noted(self, wait: float) -> float:
        with _LOCK:
            self._queue.note(self._ticket, wait, self._limit.interval, self._clock())
            self._taken = not wait
            self._forget_queue()
        return wait

    def _forget_queue(self) -> None:
        queues = _QUEUES[self._store]
        if self._queue.empty and queues.get(self._place) is self._queue:
            del queues[self._place]


class _Queue:
    """Tickets in their order, with the moment at which each looks next."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: dict[str, tuple[int, float]] = {}
        self._due = 0.0

    @property
    def empty(self) -> bool:
        return not self._waiting

    def join(self, ticket: str, now: float) -> None:
        self._waiting[ticket] = next(self._numbers), now

    def leave(self, ticket: str) -> None:
        self._waiting.pop(ticket, None)

    def wait(self, ticket: str, interval: float, now: float) -> float | None:
        """Return the seconds until a ticket looks again, or None when it is the first."""
        if ticket not in self._waiting:
            self.join(ticket, now)
        first, first_number = self._first(now)
        if first == ticket:
            self._waiting[ticket] = first_number, now
            return None
        number = self._waiting[ticket][0]
        due = self._due + (number - first_number) * interval
        seconds = min(max(due - now, POLL_SECONDS), _LOOK_SECONDS)
        self._waiting[ticket] = number, now + seconds
        return seconds

    def note(self, ticket: str, wait: float, interval: float, now: float) -> None:
        """Take note of what the store said to the first: 0 for a turn, or when to ask again."""
        if wait:
            self._due = now + wait
            if ticket in self._waiting:
                self._waiting[ticket] = self._waiting[ticket][0], self._due
        else:
            self._due = max(self._due, now - interval) + interval
            self.leave(ticket)

    def _first(self, now: float) -> tuple[str, int]:
        """Return the first; who is late goes to the end."""
        while True:
            ticket, (number, look) = next(iter(self._waiting.items()))
            if look + _LATE_SECONDS >= now:
                return ticket, number
            del self._waiting[ticket]
            self._waiting[ticket] = next(self._numbers), now


_QUEUES: WeakKeyDictionary[RateStore, dict[str, _Queue]] = WeakKeyDictionary()
