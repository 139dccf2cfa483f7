"""One rate limit for everything that an account sends to a service from this process."""

from __future__ import annotations

import bisect
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.protocol.steps import Clock

_HEADROOM = 0.98
"""Requests that set out a second apart arrive some ms less apart: at the full rate the service,
which may look at any second, would refuse one in twenty."""


_LOOK_INTERVAL = 0.5
"""Seconds between two looks of one who waits at the turns that others have given back."""


class Slot(NamedTuple):
    """The time from one turn to the next.

    Attributes:
        start: the turn, in seconds since any moment.
        end: the earliest moment of the next.
    """

    start: float
    end: float


class RateLimit:
    """Gives out turns that are spaced evenly; what was given out may be given back.

    Even spacing, without a burst, keeps any window of a second within the limit, wherever the
    service lets its seconds begin. It is not safe to use from several threads at once.
    """

    def __init__(self) -> None:
        """Start with the first turn free."""
        self._end = -math.inf
        self._free: list[Slot] = []  # given back, in order; all of them before the end

    def reserve(self, now: float, per_second: float) -> Slot:
        """Take the earliest turn that is free.

        Args:
            now: seconds since any moment.
            per_second: the limit, more than 0.

        Returns:
            The turn; it begins now, or later.
        """
        earlier = self._take(now, 1 / per_second, math.inf)
        if earlier is not None:
            return earlier
        start = max(self._end, now)
        self._end = start + 1 / per_second
        return Slot(start, self._end)

    def release(self, slot: Slot) -> None:
        """Give back a turn in which nothing was sent."""
        bisect.insort(self._free, slot)
        while self._free and self._free[-1].end == self._end:
            self._end = self._free.pop().start

    def move_up(self, slot: Slot, now: float) -> Slot:
        """Change a turn for an earlier one that was given back, if there is one."""
        earlier = self._take(now, slot.end - slot.start, slot.start)
        if earlier is None:
            return slot
        self.release(slot)
        return earlier

    def idle(self, now: float) -> bool:
        """Return whether the limit is like a new one."""
        return self._end <= now

    def _take(self, now: float, width: float, before: float) -> Slot | None:
        """Take a turn that was given back, lies ahead, and is long enough."""
        del self._free[: bisect.bisect_left(self._free, now, key=lambda slot: slot.start)]
        for place, slot in enumerate(self._free):
            if slot.start >= before:
                break
            if slot.end - slot.start >= width * (1 - 1e-6):
                return self._free.pop(place)
        return None


@dataclass(frozen=True, slots=True)
class _Queue:
    """Whose turns, and where to."""

    api_key: str
    url: str
    clock: Clock


_LIMITS: dict[_Queue, RateLimit] = {}
_LOCK = threading.Lock()
"""Threads and event loops share the limits; it is held for some microseconds, never in a wait."""


class ReservedTurn:
    """A place in the queue; see :class:`~iflytek_spark.protocol.steps.Turn`.

    Attributes:
        slot: the turn as it is now.
    """

    def __init__(self, queue: _Queue, per_second: float) -> None:
        """Join the queue."""
        self._clock = queue.clock
        with _LOCK:
            now = self._clock.monotonic()
            self._limit = _limit(queue)
            self.slot = self._limit.reserve(now, per_second)

    def wait(self) -> float:
        """Return the seconds after which to look again; the turn moves up when others leave."""
        with _LOCK:
            now = self._clock.monotonic()
            if self.slot.start > now:
                self.slot = self._limit.move_up(self.slot, now)
            return min(max(self.slot.start - now, 0.0), _LOOK_INTERVAL)

    def release(self) -> None:
        """Leave the queue without having sent anything."""
        with _LOCK:
            self._limit.release(self.slot)


def _limit(queue: _Queue) -> RateLimit:
    """Find a limit; a new one takes the place of those that are like new, which say nothing."""
    if queue not in _LIMITS:
        for idle in [key for key, limit in _LIMITS.items() if limit.idle(key.clock.monotonic())]:
            del _LIMITS[idle]
        _LIMITS[queue] = RateLimit()
    return _LIMITS[queue]


def turns(
    api_key: str, url: str, max_qps: float | None, clock: Clock
) -> Callable[[], ReservedTurn] | None:
    """Return what takes the turns of an account at a service.

    The service counts for the account, so that all of its clients share their turns. The
    account is known by its API key, which the signature covers; it does not cover the app's id,
    which anybody who may name one can invent.

    Args:
        api_key: whose turns.
        url: the service's address.
        max_qps: requests in a second, or None for no limit.
        clock: time.

    Returns:
        Each call takes a turn; None when there is no limit.

    Raises:
        InvalidRequestError: for a limit that is not a number above 0.
    """
    if max_qps is None:
        return None
    usable = isinstance(max_qps, int | float) and not isinstance(max_qps, bool)
    if not usable or not 0 < max_qps < math.inf:
        raise InvalidRequestError(f"max_qps is {max_qps!r}, not a number above 0")
    per_second = max_qps * _HEADROOM
    return lambda: ReservedTurn(_Queue(api_key, url, clock), per_second)
