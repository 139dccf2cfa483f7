"""The clock of the emulator's batches."""

from __future__ import annotations

import time


class BatchClock:
    """A clock that may run faster than time."""

    def __init__(self, speed: float) -> None:
        """Start now."""
        self._speed = speed
        self._start = time.time()
        self._began = time.monotonic()

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self._start + (time.monotonic() - self._began) * self._speed

    def real(self, seconds: float) -> float:
        """Return how long so many of its seconds take."""
        return seconds / self._speed
