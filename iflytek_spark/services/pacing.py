"""One rate limit for everything that an app sends to a service from this process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.protocol.ratelimit import RateLimit
from iflytek_spark.protocol.steps import Clock

_HEADROOM = 0.98
"""Requests that set out a second apart arrive some ms less apart: at the full rate the service,
which may look at any second, would refuse one in twenty."""


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
        """Take the next turn.

        Args:
            max_qps: requests in a second.

        Returns:
            Seconds until the turn comes.
        """
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
