"""A team's day in short: see :mod:`benchmarks.team_day`, which lives through a whole one."""

from __future__ import annotations

import pytest

from benchmarks.team_day import live
from tests._support.redis_program import needs_redis

RATE = 10


@pytest.mark.exhaustive
@needs_redis
@pytest.mark.timeout(400)
@pytest.mark.slow("two workers, three accounts and a Redis, of which one each fails")
def test_nothing_that_goes_wrong_in_a_day_is_the_callers() -> None:
    report = live(requests=300, rate=RATE)
    assert report.statuses == {"200": 300}
    assert max(report.busiest) <= RATE
    assert min(report.asked) > 20
    quietest, median = report.fairness()
    assert quietest <= 1.5 * median
