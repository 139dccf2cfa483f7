"""The bookkeeping of a rate limit. It counts; waiting is done elsewhere."""

from __future__ import annotations

import math


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
