"""How patient a call is."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.timeouts import Timeouts

PATIENCE = Timeouts(connect=1, response=2, idle=3, total=100)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Timeouts()),
        (PATIENCE, PATIENCE),
        (5, Timeouts(connect=5, response=5, idle=5, total=5)),
        (30.0, Timeouts(connect=10, response=30, idle=30, total=30)),
        (3600, Timeouts(total=3600)),
    ],
)
def test_one_number_bounds_the_whole_call(
    given: Timeouts | float | None, expected: Timeouts
) -> None:
    assert Timeouts.of(given) == expected


@pytest.mark.parametrize("name", ["connect", "response", "idle", "total"])
@pytest.mark.parametrize("value", [0, -1, True, "5", None, float("nan")])
def test_a_time_out_is_a_positive_number(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Timeouts(**{name: value})
