"""Who has taken turns of one account's product: pure, the same for a process and for a file.

Redis keeps the same book in a script of its own (:mod:`.redis`); one table of tests holds both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from iflytek_spark.rates.limits import Limit

POLL_SECONDS = 0.05
"""Between two looks when nobody can foresee when a turn will be free."""
LEAD_GROWTH, LEAD_STEP = 1.002, 0.0002
"""How slowly the lead grows with each request; it falls at once."""
LEAD_SHARE = 0.8
"""What is relied on of it."""
_IDLE_SECONDS = 60.0
"""Longer than any window of a limit of more than one request a minute."""


@dataclass(slots=True)
class Ledger:
    """The turns that are taken. Moments are seconds of one clock that all of its users share.

    A request sets out later than its turn comes: a connection must be opened first. A turn
    therefore counts from the moment at which its request was sent, and until then for as long as
    its holder lives. So no second holds more requests than it may, wherever it begins. What every
    request takes at least, to open its connection, costs no time: the next one takes it too.

    Attributes:
        following: the earliest moment of the next turn, by even spacing.
        counted: the turns of the last second: when each was sent, or the end of its holder's word.
        held: the requests under way, and the end of their holders' word.
        lead: seconds that lately passed at least from a turn to the sending of its request.
    """

    following: float = -math.inf
    counted: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    lead: float = 0.0

    def take(self, now: float, ticket: str, limit: Limit, lapse: float) -> float:
        """Take a turn, if one is free.

        Args:
            now: the moment.
            ticket: whose turn it is to be; a name that nobody else has.
            limit: what holds for the product.
            lapse: seconds after which a holder is dead that gives no word.

        Returns:
            0 when the turn is taken, else the seconds after which to ask again.
        """
        self._forget(now, limit)
        if limit.at_once is not None and len(self.held) >= limit.at_once:
            return POLL_SECONDS
        wait = self._spacing(now, limit)
        if wait > 0:
            return wait
        if limit.interval:
            # One who came late by less than an interval keeps nobody back.
            late = now - self.following
            self.following = (self.following if late < limit.interval else now) + limit.interval
            self.counted[ticket] = now + lapse
        if limit.at_once is not None:
            self.held[ticket] = now + lapse
        return 0.0

    def sent(self, moment: float, ticket: str, took: float) -> None:
        """Note when a turn's request was sent, and the seconds from the turn to that."""
        if ticket in self.counted:
            self.counted[ticket] = moment
            self.lead = min(took, self.lead * LEAD_GROWTH + LEAD_STEP)

    def release(self, now: float, ticket: str) -> None:
        """Note that a request has ended, or that its turn is given back unused."""
        self.held.pop(ticket, None)
        if self.counted.get(ticket, now) > now:
            del self.counted[ticket]

    def renew(self, now: float, ticket: str, lapse: float) -> None:
        """Take a holder's word that it lives."""
        if ticket in self.held:
            self.held[ticket] = now + lapse
        if self.counted.get(ticket, now) > now:
            self.counted[ticket] = now + lapse

    def idle(self, now: float) -> bool:
        """Return whether the ledger is like a new one."""
        latest = max(self.counted.values(), default=-math.inf)
        return not self.held and self.following <= now and latest < now - _IDLE_SECONDS

    def _forget(self, now: float, limit: Limit) -> None:
        """Drop what is over, and what dead holders took."""
        if limit.interval and self.following > now + limit.interval * (1 + 1e-6):
            self.following, self.counted, self.held = -math.inf, {}, {}  # of an earlier clock
        start = now - limit.window
        self.counted = {name: moment for name, moment in self.counted.items() if moment > start}
        self.held = {name: end for name, end in self.held.items() if end > now}

    def _spacing(self, now: float, limit: Limit) -> float:
        """Return how long the next turn is away."""
        if not limit.interval:
            return 0.0
        wait = self.following - now
        if len(self.counted) >= limit.burst:
            first = min(self.counted.values())
            late = first + limit.window - self.lead * LEAD_SHARE - now
            late = POLL_SECONDS if first > now else late
            wait = max(wait, late)
        return wait
