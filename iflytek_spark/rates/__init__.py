"""One rate for an account: in a process, on a machine, or on several that share a Redis.

What clients and adapters take as ``rate=``::

    from iflytek_spark.rates import Limit, Rate, RedisStore

    rate = Rate(RedisStore("redis://localhost:6379"), chat=Limit(2), embeddings=Limit(2))
    client = SparkClient(rate=rate)

Workers do not make an account faster: they share its turns.
"""

from __future__ import annotations

from iflytek_spark.protocol.steps import Turn
from iflytek_spark.rates.limits import PRODUCTS, Limit, Product
from iflytek_spark.rates.machine import MachineStore
from iflytek_spark.rates.rate import Rate, Turns, account_of
from iflytek_spark.rates.redis import RedisStore
from iflytek_spark.rates.stores import THIS_PROCESS, ProcessStore, RateStore

__all__ = [
    "PRODUCTS",
    "THIS_PROCESS",
    "Limit",
    "MachineStore",
    "ProcessStore",
    "Product",
    "Rate",
    "RateStore",
    "RedisStore",
    "Turn",
    "Turns",
    "account_of",
]
