"""What an account may ask: requests a second and requests at once, for each of its products."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from iflytek_spark.errors import ConfigurationError

Product: TypeAlias = Literal["chat", "embeddings", "rerank", "images"]
"""What the vendor counts apart (PROTOCOL.md §10, 11202 and 11203)."""
PRODUCTS: tuple[Product, ...] = get_args(Product)

_HEADROOM = 0.98
"""Requests that set out a second apart arrive some ms less apart: at the full rate the service,
which may look at any second, would refuse one in twenty."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of one product.

    Attributes:
        per_second: requests in any second, more than 0; None for no limit. Turns are spaced evenly,
            2 % below it.
        at_once: requests under way at once, 1 or more; None for no limit.
    """

    per_second: float | None = None
    at_once: int | None = None

    def __post_init__(self) -> None:
        """Refuse what limits nothing or everything.

        Raises:
            ConfigurationError: for such a value.
        """
        rate, slots = self.per_second, self.at_once
        if rate is not None and not (_is_number(rate) and 0 < rate < math.inf):
            raise ConfigurationError(f"per_second is {rate!r}, not a number above 0")
        if slots is not None and (isinstance(slots, bool) or not isinstance(slots, int)):
            raise ConfigurationError(f"at_once is {slots!r}, not a whole number")
        if slots is not None and slots < 1:
            raise ConfigurationError(f"at_once is {slots}, not 1 or more")

    @property
    def interval(self) -> float:
        """Seconds from one turn to the next; 0 without a limit."""
        return 0.0 if self.per_second is None else 1 / (self.per_second * _HEADROOM)

    @property
    def burst(self) -> int:
        """Turns that :attr:`window` holds at most, however late their requests set out."""
        return 0 if self.per_second is None else math.ceil(self.per_second)

    @property
    def window(self) -> float:
        """Seconds, a second or a little more, in which :attr:`burst` turns are counted."""
        return self.burst * self.interval


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
