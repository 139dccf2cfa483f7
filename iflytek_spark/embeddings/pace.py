"""Calls at ``max_qps``, where the client has no rate of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.protocol.call import CallContext
from iflytek_spark.rates.limits import Limit
from iflytek_spark.rates.queue import QueuedTurn
from iflytek_spark.rates.rate import account_of
from iflytek_spark.rates.stores import THIS_PROCESS, ProcessStore

_CLOCKS = 16


def paced(context: CallContext, max_qps: float | None, *, maas: bool) -> CallContext:
    """Have calls wait for turns which all clients of an account in this process share.

    Args:
        context: the calls; those of a client with a rate keep to that alone.
        max_qps: requests in a second to this address, or None for no limit.
        maas: whether the MaaS key pays.

    Raises:
        InvalidRequestError: for a limit that is not a number above 0.
    """
    usable = isinstance(max_qps, int | float) and not isinstance(max_qps, bool)
    if max_qps is not None and not (usable and 0 < max_qps < math.inf):
        raise InvalidRequestError(f"max_qps is {max_qps!r}, not a number above 0")
    if max_qps is None or context.turn is not None:
        return context
    keys = context.credentials
    payer = Credentials(maas_api_key=keys.maas_api_key) if maas else keys
    place = f"{account_of(payer)}:{context.url}"
    store, clock = _store(context.clock.monotonic), context.clock.monotonic
    return replace(context, turn=partial(QueuedTurn, store, place, Limit(max_qps), clock))


@lru_cache(_CLOCKS)
def _store(clock: Callable[[], float]) -> ProcessStore:
    """Return what counts by a clock: for all who have no clock of their own, the same."""
    return THIS_PROCESS if clock is time.monotonic else ProcessStore(clock)
