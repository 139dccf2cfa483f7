"""The rate of an account, which clients take as ``rate=``: limits, and where turns are counted."""

from __future__ import annotations

import hashlib
from typing import Protocol, runtime_checkable

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.steps import Turn
from iflytek_spark.rates.limits import Limit, Product
from iflytek_spark.rates.queue import QueuedTurn
from iflytek_spark.rates.stores import THIS_PROCESS, RateStore

_DIGITS = 16
"""Of a key's hash: enough to tell accounts apart."""


@runtime_checkable
class Turns(Protocol):
    """What a client takes as ``rate=``: a place in a queue for each request that it sends."""

    def turn(self, product: Product, account: str) -> Turn | None:
        """Join the queue of a product.

        Args:
            product: what is asked for.
            account: whose turn; a text that tells accounts apart, and is no secret.

        Returns:
            A place in the queue, or None where there is no limit.
        """


class Rate:
    """Limits for each product, kept by all clients that use the same store.

    For instance for one process, for all of this machine, and for all that share a Redis::

        rate = Rate(chat=Limit(2), embeddings=Limit(2, at_once=2))
        rate = Rate(MachineStore("/run/user/1000/spark.sqlite"), chat=Limit(2))
        rate = Rate(RedisStore("redis://localhost:6379"), chat=Limit(20, at_once=50))
        client = SparkClient(rate=rate)

    Within a process turns come in the order in which they were asked for; between processes whoever
    asks first when one is free has it. Accounts are told apart by their keys.
    """

    def __init__(
        self,
        store: RateStore = THIS_PROCESS,
        *,
        chat: Limit | None = None,
        embeddings: Limit | None = None,
        rerank: Limit | None = None,
        images: Limit | None = None,
    ) -> None:
        """Set up; a product without a limit is not kept back.

        Args:
            store: where turns are counted; by default in this process, for all rates of it.
            chat: the limit of chats.
            embeddings: of requests for vectors.
            rerank: of requests for ranks.
            images: of requests that make images.
        """
        self.store = store
        limits = {"chat": chat, "embeddings": embeddings, "rerank": rerank, "images": images}
        self._limits = {name: limit for name, limit in limits.items() if limit}

    def turn(self, product: Product, account: str) -> Turn | None:
        """Join the queue of a product; see :meth:`Turns.turn`."""
        limit = self._limits.get(product)
        return None if limit is None else QueuedTurn(self.store, f"{account}:{product}", limit)

    def limit(self, product: Product) -> Limit | None:
        """Return the limit of a product, or None where there is none."""
        return self._limits.get(product)

    def __deepcopy__(self, memo: object) -> Rate:
        """Return this object: a copy of a model keeps the same rate."""
        return self


def account_of(credentials: Credentials) -> str:
    """Return the text by which the turns of an account are counted; it shows no key.

    The account is known by its key, which the signature covers; it does not cover the app's id,
    which anybody who may name one can invent.
    """
    known = credentials
    key = known.api_key or known.api_password or known.maas_api_key
    return hashlib.sha256(key.encode()).hexdigest()[:_DIGITS]
