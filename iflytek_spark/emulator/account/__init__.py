"""The account that an emulator serves: what it may ask, and when it asked (PROTOCOL.md §10)."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Self

from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.checks import refused
from iflytek_spark.emulator.plan import Finish, Plan, Send
from iflytek_spark.rates.limits import Limit, Product


class Account:
    """Counts requests, and refuses those that are too many or that the account has no right to.

    Attributes:
        withdrawn: the products that it may not use now.
    """

    def __init__(self, limits: Mapping[Product, Limit]) -> None:
        """Set up with limits; a product without one may be asked as often as one likes."""
        self.withdrawn: frozenset[Product] = frozenset()
        self._limits = limits
        self._times: defaultdict[Product, list[float]] = defaultdict(list)
        self._under_way: Counter[Product] = Counter()

    def times(self, product: Product) -> tuple[float, ...]:
        """Return when each request for a product came, refused ones too, in seconds."""
        return tuple(self._times[product])

    def request(self, product: Product) -> AccountRequest:
        """Note a request; it is under way from its check to the end of the block."""
        self._times[product].append(time.monotonic())
        return AccountRequest(self, product)

    def begin(self, product: Product) -> None:
        """Count one more under way.

        Raises:
            RequestRefusedError: for one too many, or without a right.
        """
        limit = self._limits.get(product, Limit())
        if product in self.withdrawn:
            raise refused(assumptions.NO_RIGHT)
        if limit.per_second is not None and _last_second(self._times[product]) > limit.burst:
            raise refused(assumptions.TOO_FAST)
        if limit.at_once is not None and self._under_way[product] >= limit.at_once:
            raise refused(assumptions.TOO_MANY)
        self._under_way[product] += 1

    def end(self, product: Product) -> None:
        """Count one less under way."""
        self._under_way[product] -= 1


class AccountRequest:
    """One request, as the account is charged for it."""

    def __init__(self, account: Account, product: Product) -> None:
        """Set up; nothing is checked yet."""
        self._account = account
        self._product: Product = product
        self._under_way = False

    def check(self) -> None:
        """Begin, or raise a RequestRefusedError; see :meth:`Account.begin`."""
        self._account.begin(self._product)
        self._under_way = True

    def end(self) -> None:
        """End; twice does nothing."""
        if self._under_way:
            self._under_way = False
            self._account.end(self._product)

    def ending(self, plan: Plan) -> Plan:
        """End before the last message goes out: who has it may ask again."""
        sends = [index for index, step in enumerate(plan) if isinstance(step, Send)]
        last = sends[-1] if sends else len(plan)
        return (*plan[:last], Finish(self.end), *plan[last:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.end()


def _last_second(times: Sequence[float]) -> int:
    """Count the moments of the second before the newest, and that."""
    count = 0
    for moment in reversed(times):
        if moment <= times[-1] - 1:
            break
        count += 1
    return count
