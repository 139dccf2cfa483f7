"""One rate limit for everything that an app sends to a service from this process."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.protocol.steps import Clock

_HEADROOM = 0.98
"""Requests that set out a second apart arrive some ms less apart: at the full rate the service,
which may look at any second, would refuse one in twenty."""


class RateLimit:
    """Gives out turns that are spaced evenly, and loses none that is not used up.

    Even spacing, without a burst, keeps any window of a second within the limit, wherever the
    service lets its seconds begin. It is not safe to use from several threads at once.
    """

    def __init__(self) -> None:
        """Start with the first turn free."""
        self._free = -math.inf

    def reserve(self, now: float, per_second: float) -> float:
        """Take the next turn.

        Args:
            now: seconds since any moment.
            per_second: the limit, more than 0.

        Returns:
            Seconds until the turn comes, 0 when it is now.
        """
        turn = max(self._free, now)
        self._free = turn + 1 / per_second
        return turn - now


class Pacer:
    """A rate limit that threads and event loops may share: taking a turn never waits."""

    def __init__(self, clock: Clock) -> None:
        """Start with the first turn free.

        Args:
            clock: time.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._limit = RateLimit()

    def turn(self, max_qps: float) -> float:
        """Take the next turn of so many in a second, and return the seconds until it comes."""
        with self._lock:
            return self._limit.reserve(self._clock.monotonic(), max_qps * _HEADROOM)


_PACERS: dict[tuple[str, str, Clock], Pacer] = {}
_PACERS_LOCK = threading.Lock()


def turns(app_id: str, url: str, max_qps: float | None, clock: Clock) -> Callable[[], float]:
    """Return what takes the turns of an app at a service.

    The service counts for the app, so that all clients of one app share their turns.

    Args:
        app_id: the app.
        url: the service's address.
        max_qps: requests in a second, or None for no limit.
        clock: time.

    Returns:
        Each call takes a turn, and returns the seconds until it comes.

    Raises:
        InvalidRequestError: for a limit that is not a number above 0.
    """
    if max_qps is None:
        return lambda: 0.0
    if isinstance(max_qps, bool) or not isinstance(max_qps, int | float) or not max_qps > 0:
        raise InvalidRequestError(f"max_qps is {max_qps!r}, not a number above 0")
    with _PACERS_LOCK:
        pacer = _PACERS.setdefault((app_id, url, clock), Pacer(clock))
    return lambda: pacer.turn(max_qps)
